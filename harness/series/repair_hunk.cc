// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/repair_hunk.h"

#include <algorithm>

namespace rogate::series {
namespace {

using patch::LineKind;

constexpr size_t kMaxPieces = 8;     ///< received lines that one line may have been broken into
constexpr size_t kMaxStates = 2000;  ///< after one received line; more means that nothing is known
constexpr int kWrap = 4;             ///< cost of a line break that is none
constexpr int kOdd = 6;              ///< of a reading that is possible but strange
constexpr int kDamaged = 1;          ///< of a line that is not as the base has it
constexpr int kStray = 20;           ///< of text behind the hunk that belongs to nothing

/// Where the reading stands after some received lines, and how it came there.
struct State {
    size_t old_lines;  ///< of the hunk, read so far
    size_t new_lines;
    int cost;
    size_t from_line;   ///< the received line the last step began with
    size_t from_state;  ///< its state there
    char step;          ///< a LineKind, '@' for a continued header, '\\' for a missing newline
    size_t ways;        ///< how many readings cost the same; 2 = several
};

/// Shortest paths over (received line, old lines, new lines): each step makes one logical line of one or more.
class Reader {
public:
    explicit Reader(const HunkQuestion& question)
        : q_(question), count_(question.part.last - question.part.first), layers_(count_ + 1)
    {
        bare_.reserve(count_);
        for (size_t i = 0; i < count_; ++i) {
            bare_.push_back(bare(raw(i)));
        }
    }

    std::optional<HunkReading> read();

private:
    [[nodiscard]] std::string_view raw(size_t i) const { return q_.lines[q_.part.first + i].text; }
    [[nodiscard]] bool in_base(size_t old_line) const { return q_.position + old_line < q_.base->lines.size(); }
    [[nodiscard]] int break_cost(size_t i) const;
    [[nodiscard]] int rest_cost(size_t i) const;
    void add(size_t layer, const State& state);
    void step_from(size_t i, size_t state);
    void step_known(size_t i, const State& at, size_t index);
    void step_prefixed(size_t i, const State& at, size_t index);
    void step_joined(size_t i, const State& at, size_t index, LineKind kind, int cost);
    void begin();
    [[nodiscard]] std::optional<HunkReading> best() const;
    [[nodiscard]] HunkReading trace(size_t layer, size_t index) const;
    [[nodiscard]] LogicalLine logical(const State& state, size_t end) const;

    const HunkQuestion& q_;
    size_t count_;
    std::vector<std::vector<State>> layers_;
    std::vector<std::string> bare_;
};

/// Of a line break behind line `i`: it is likelier none when the next word would not have fitted.
int Reader::break_cost(size_t i) const
{
    const std::string_view next = raw(i + 1);
    const size_t word = std::min(next.find(' ', next.find_first_not_of(' ')), next.size());
    const bool full = raw(i).size() + 1 + word > q_.width;
    const bool looks_whole = !next.empty() && (next[0] == ' ' || next[0] == '+' || next[0] == '-');
    return kWrap + (full ? 0 : kOdd) + (looks_whole ? 1 : 0);
}

void Reader::add(size_t layer, const State& state)
{
    if (layer > count_) {
        return;
    }
    auto& states = layers_[layer];
    const auto same = std::find_if(states.begin(), states.end(), [&](const State& other) {
        return other.old_lines == state.old_lines && other.new_lines == state.new_lines;
    });
    if (same == states.end()) {
        if (states.size() < kMaxStates) {
            states.push_back(state);
        }
    } else if (state.cost < same->cost) {
        *same = state;
    } else if (state.cost == same->cost) {
        same->ways = 2;
    }
}

/// With a base, a line of the old side must be the base's next one, white space apart.
void Reader::step_known(size_t i, const State& at, size_t index)
{
    if (at.old_lines >= q_.part.header.old_count || !in_base(at.old_lines)) {
        return;
    }
    const std::string& want = q_.base->bare[q_.position + at.old_lines];
    const std::string& line = q_.base->lines[q_.position + at.old_lines];
    std::string seen;
    int cost = 0;
    for (size_t count = 1; count <= kMaxPieces && i + count <= count_; ++count) {
        seen += bare_[i + count - 1];
        cost += count > 1 ? break_cost(i + count - 2) : 0;
        const bool quoted = seen.starts_with(">From");
        const std::string_view context = std::string_view(seen).substr(quoted ? 1 : 0);
        if (context == want && at.new_lines < q_.part.header.new_count) {
            const bool clean = count == 1 && raw(i).starts_with(' ') && raw(i).substr(1) == line;
            const bool odd = !seen.empty() && (raw(i)[0] == '+' || raw(i)[0] == '-');
            add(i + count, {at.old_lines + 1, at.new_lines + 1, at.cost + cost + (clean ? 0 : kDamaged) + (odd ? kOdd : 0), i,
                            index, ' ', at.ways});
        }
        if (raw(i).starts_with('-') && std::string_view(seen).substr(1) == want) {
            const bool clean = count == 1 && raw(i).substr(1) == line;
            add(i + count, {at.old_lines + 1, at.new_lines, at.cost + cost + (clean ? 0 : kDamaged), i, index, '-', at.ways});
        }
        if (seen.size() > want.size() + 1) {
            break;
        }
    }
}

/// A line of `kind` made of the received one and perhaps of some more.
void Reader::step_joined(size_t i, const State& at, size_t index, LineKind kind, int cost)
{
    const size_t old_lines = at.old_lines + (kind == LineKind::added ? 0 : 1);
    const size_t new_lines = at.new_lines + (kind == LineKind::removed ? 0 : 1);
    if (old_lines > q_.part.header.old_count || new_lines > q_.part.header.new_count) {
        return;
    }
    for (size_t count = 1; count <= kMaxPieces && i + count <= count_; ++count) {
        if (count > 1) {
            if (raw(i + count - 1).empty() || raw(i + count - 2).empty() || (q_.lost_column && !q_.base)) {
                return;
            }
            cost += break_cost(i + count - 2);
        }
        add(i + count, {old_lines, new_lines, at.cost + cost, i, index, static_cast<char>(kind), at.ways});
    }
}

void Reader::step_prefixed(size_t i, const State& at, size_t index)
{
    const char first = raw(i).empty() ? '\0' : raw(i)[0];
    if (first == '+') {
        step_joined(i, at, index, LineKind::added, 0);
    }
    if (q_.base) {
        return;
    }
    if (first == '-') {
        step_joined(i, at, index, LineKind::removed, 0);
    } else if (first == ' ' || first == '\0' || (q_.lost_column && first != '+' && first != '\\')) {
        step_joined(i, at, index, LineKind::context, first == ' ' ? 0 : kDamaged);
    }
}

void Reader::step_from(size_t i, size_t index)
{
    const State at = layers_[i][index];
    if (raw(i).starts_with("\\ ") && at.old_lines + at.new_lines > 0) {
        add(i + 1, {at.old_lines, at.new_lines, at.cost, i, index, '\\', at.ways});
        return;
    }
    if (q_.base) {
        step_known(i, at, index);
    }
    step_prefixed(i, at, index);
}

/// The header may go on in the first received lines: its end names the function, which can be long.
void Reader::begin()
{
    int cost = 0;
    for (size_t i = 0; i <= std::min(count_, size_t{3}); ++i) {
        add(i, {0, 0, cost, 0, 0, '@', 1});
        if (q_.part.section.empty() || q_.lost_column || i == count_ || raw(i).empty()) {
            return;
        }
        const char first = raw(i)[0];
        cost += kWrap + (first == ' ' || first == '+' || first == '-' ? kOdd : 0);
    }
}

LogicalLine Reader::logical(const State& state, size_t end) const
{
    LogicalLine line;
    line.kind = static_cast<LineKind>(state.step);
    line.first = q_.part.first + state.from_line;
    line.count = end - state.from_line;
    if (q_.base && line.kind != LineKind::added) {
        const size_t in_base = q_.position + state.old_lines - 1;
        line.text = q_.base->lines[in_base];
        line.from_base = true;
        line.no_newline = in_base + 1 == q_.base->lines.size() && !q_.base->ended;
        return line;
    }
    line.text = join(q_.lines, line.first, line.count, q_.delete_space);
    const bool prefixed = line.kind != LineKind::context || (line.text.starts_with(' ') && !q_.lost_column);
    line.text.erase(0, prefixed ? 1 : 0);
    return line;
}

HunkReading Reader::trace(size_t layer, size_t index) const
{
    HunkReading reading;
    reading.position = q_.position;
    reading.cost = layers_[layer][index].cost;
    bool no_newline = false;
    for (;;) {
        const State& state = layers_[layer][index];
        if (state.ways > 1 && layers_[state.from_line][state.from_state].ways < 2) {
            reading.ambiguous = true;
            reading.doubt = q_.part.first + state.from_line;
        }
        if (state.step == '@') {
            reading.header_lines = layer;
            break;
        }
        if (state.step == '\\') {
            no_newline = true;
        } else {
            reading.lines.push_back(logical(state, layer));
            reading.lines.back().no_newline = reading.lines.back().no_newline || no_newline;
            no_newline = false;
        }
        layer = state.from_line;
        index = state.from_state;
    }
    std::reverse(reading.lines.begin(), reading.lines.end());
    return reading;
}

/// What it costs that the hunk ends before line `i`; -1 when it cannot. Only a text's last hunk may be followed by
/// something else: an end of the mail, before which empty lines may stand.
int Reader::rest_cost(size_t i) const
{
    if (i == count_ || !q_.part.last_of_text) {
        return i == count_ ? 0 : -1;
    }
    if (!ends_diff(raw(i))) {
        return -1;
    }
    while (i < count_ && without_trail(raw(i)).empty()) {
        ++i;
    }
    return i == count_ || ends_diff(raw(i)) ? 0 : kStray;
}

std::optional<HunkReading> Reader::best() const
{
    size_t best_layer = 0;
    const State* best = nullptr;
    size_t best_index = 0;
    int best_cost = 0;
    for (size_t i = 0; i <= count_; ++i) {
        const int rest = rest_cost(i);
        for (size_t s = 0; rest >= 0 && s < layers_[i].size(); ++s) {
            const State& state = layers_[i][s];
            const int cost = state.cost + rest;
            const bool whole =
                state.old_lines == q_.part.header.old_count && state.new_lines == q_.part.header.new_count;
            // Of two ends at the same cost the later: it takes the mark of a missing newline along.
            if (whole && (!best || cost <= best_cost)) {
                best = &state;
                best_cost = cost;
                best_layer = i;
                best_index = s;
            }
        }
    }
    return best ? std::optional(trace(best_layer, best_index)) : std::nullopt;
}

std::optional<HunkReading> Reader::read()
{
    begin();
    for (size_t i = 0; i < count_; ++i) {
        for (size_t s = 0; s < layers_[i].size(); ++s) {
            step_from(i, s);
        }
    }
    return best();
}

}  // namespace

BaseFile::BaseFile(std::string_view text)
{
    ended = text.empty() || text.ends_with('\n');
    for (RawLine& line : raw_lines(text)) {
        bare.push_back(rogate::series::bare(line.text));
        lines.push_back(std::move(line.text));
    }
}

std::optional<HunkReading> read_hunk(const HunkQuestion& question)
{
    return Reader(question).read();
}

}  // namespace rogate::series
