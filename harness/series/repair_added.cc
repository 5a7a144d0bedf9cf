// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/repair_added.h"

#include <algorithm>
#include <numeric>

#include "git/object_id.h"
#include "series/repair_slots.h"

namespace rogate::series {
namespace {

using patch::LineKind;

constexpr size_t kTries = 4000;      ///< ways to take the added lines of a file that are compared with its stated blob
constexpr size_t kWildTries = 200;   ///< the same for a damage that nothing in the mail speaks for
constexpr size_t kRare = 20;         ///< a form this much rarer than another is no doubt

using Counts = std::map<std::string, size_t>;

/// The keys, commonest first; `clear` when the first one leaves no doubt.
std::vector<std::string> by_count(const Counts& counts, bool& clear)
{
    std::vector<std::pair<size_t, std::string>> order;
    for (const auto& [text, count] : counts) {
        order.emplace_back(count, text);
    }
    std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    clear = order.size() == 1 || (order.size() > 1 && order[0].first >= kRare * order[1].first);
    std::vector<std::string> keys;
    for (auto& [count, text] : order) {
        keys.push_back(std::move(text));
    }
    return keys;
}

void add_choice(Slot& slot, const std::string& choice)
{
    if (std::find(slot.choices.begin(), slot.choices.end(), choice) == slot.choices.end()) {
        slot.choices.push_back(choice);
    }
}

/// What the base's file says of how its authors indent, align and end lines.
class Habits {
public:
    Habits(const BaseFile& base, const TabDamage& damage)
    {
        for (const std::string& line : base.lines) {
            const std::string_view body = without_trail(line);
            if (line.ends_with('\r')) {
                ++crs_;
            }
            const std::string_view spaces = std::string_view(line).substr(body.size(), line.find_last_not_of('\r') + 1 - body.size());
            if (body.empty()) {
                ++blank_ends_[line];
                continue;
            }
            ++ends_[std::string(spaces)];
            ++ends_of_[bare(line)][std::string(spaces)];
            const std::string_view indent = indent_of(body);
            ++indents_[indent_key(damaged(indent, damage), body.substr(indent.size()))][std::string(indent)];
            each_gap(body, indent.size(), [&](size_t at, size_t length) {
                const std::string gap(body.substr(at, length));
                tabbed_ = tabbed_ || gap.find('\t') != std::string::npos;
                ++gaps_[around(body, at, length)][gap];
            });
        }
        cr_ = crs_ * 2 > base.lines.size();
    }

    /// Lines of a comment, which begin with a star, are indented by a blank more than others.
    static std::string indent_key(const std::string& indent, std::string_view text)
    {
        return indent + (text.starts_with("*") ? "*" : "");
    }

    /// Calls `found` with place and length of each run of blanks behind `from`.
    template <class Found>
    static void each_gap(std::string_view text, size_t from, Found found)
    {
        for (size_t at = text.find_first_of(" \t", from); at != std::string_view::npos;
             at = text.find_first_of(" \t", at)) {
            const size_t end = std::min(text.find_first_not_of(" \t", at), text.size());
            found(at, end - at);
            at = end;
        }
    }

    /// The words on both sides of a gap.
    static std::string around(std::string_view text, size_t at, size_t length)
    {
        const size_t begin = text.find_last_of(" \t", at == 0 ? 0 : at - 1);
        const size_t left = begin == std::string_view::npos || at == 0 ? 0 : begin + 1;
        const size_t right = std::min(text.find_first_of(" \t\r", at + length), text.size());
        return std::string(text.substr(left, at - left)) + '\n' + std::string(text.substr(at + length, right - at - length));
    }

    [[nodiscard]] const Counts& indents(const std::string& received) const { return find(indents_, received); }
    [[nodiscard]] const Counts& gaps(const std::string& words) const { return find(gaps_, words); }
    [[nodiscard]] const Counts& blank_ends() const { return blank_ends_; }
    [[nodiscard]] const Counts& ends() const { return ends_; }
    [[nodiscard]] const Counts& ends_of(const std::string& text) const { return find(ends_of_, text); }
    [[nodiscard]] bool has_inner_tabs() const { return tabbed_; }
    [[nodiscard]] bool has_crs() const { return cr_; }

private:
    static const Counts& find(const std::map<std::string, Counts>& all, const std::string& key)
    {
        static const Counts kNone;
        const auto at = all.find(key);
        return at == all.end() ? kNone : at->second;
    }

    std::map<std::string, Counts> indents_;
    std::map<std::string, Counts> gaps_;
    Counts blank_ends_;
    Counts ends_;                            ///< blanks at the end of lines with text
    std::map<std::string, Counts> ends_of_;  ///< the same by the text
    size_t crs_ = 0;
    bool tabbed_ = false;
    bool cr_ = false;
};

/// Keeps the columns behind open brackets up to date; a statement's end closes all.
void follow_brackets(std::vector<size_t>& open, const std::string& text)
{
    const std::string line = damaged(text, {TabDamage::Kind::stops, 8, 0});
    for (size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '(') {
            open.push_back(i + 1);
        } else if (line[i] == ')' && !open.empty()) {
            open.pop_back();
        }
    }
    if (without_trail(line).ends_with(";") || without_trail(line).ends_with("{")) {
        open.clear();
    }
}

/// Turns the received added lines of a file into lines with slots.
class Builder {
public:
    Builder(const std::vector<RawLine>& lines, const ReadFile& file, const Damage& damage, bool delete_space, bool shared)
        : lines_(lines), file_(file), damage_(damage), delete_space_(delete_space), shared_(shared),
          habits_(file.base ? *file.base : BaseFile(""), damage.tabs)
    {
        for (const HunkReading& reading : file.readings) {
            open_.clear();
            for (const LogicalLine& line : reading.lines) {
                if (line.kind == LineKind::context) {
                    follow_brackets(open_, line.text);
                } else if (line.kind == LineKind::added) {
                    added_.push_back(build(reading, line));
                    follow_brackets(open_, render(added_.back(), slots_.all(), std::vector<size_t>(slots_.all().size(), 0)));
                }
            }
        }
    }

    [[nodiscard]] const std::vector<SlottedLine>& added() const { return added_; }
    [[nodiscard]] const std::vector<Slot>& slots() const { return slots_.all(); }

private:
    SlottedLine build(const HunkReading& reading, const LogicalLine& line);
    void put(SlottedLine& out, const std::string& name, const Slot& slot);
    void put_indent(SlottedLine& out, const HunkReading& reading, const std::string& indent, std::string_view text);
    void near_indents(Slot& slot, const HunkReading& reading, const std::string& key) const;
    void add_mixed(Slot& slot, size_t count) const;
    void put_text(SlottedLine& out, std::string_view text, size_t column);
    void put_gap(SlottedLine& out, std::string_view text, size_t at, size_t length, size_t column);
    void put_join(SlottedLine& out, std::string_view head, std::string_view next);
    void put_trail(SlottedLine& out, const HunkReading& reading, std::string_view text);

    const std::vector<RawLine>& lines_;
    const ReadFile& file_;
    const Damage& damage_;
    bool delete_space_;
    bool shared_;  ///< equal questions of different lines get one answer
    Habits habits_;
    Slots slots_;
    std::vector<size_t> open_;  ///< columns behind the brackets that are open before the line
    std::vector<SlottedLine> added_;
};

void Builder::put(SlottedLine& out, const std::string& name, const Slot& slot)
{
    if (slot.choices.size() == 1) {
        out.pieces.back() += slot.choices[0];
        return;
    }
    out.slots.push_back(slots_.get(shared_ ? name : std::to_string(added_.size()) + " " + name, slot));
    out.pieces.emplace_back();
}

/// Where a tab became one blank, each of `count` may have been one: those first that come near the last open bracket.
void Builder::add_mixed(Slot& slot, size_t count) const
{
    const auto target = static_cast<ptrdiff_t>(open_.empty() ? 16 : open_.back());
    std::vector<size_t> tabs(std::min<size_t>(count, 16));
    std::iota(tabs.begin(), tabs.end(), 1);
    const auto away = [&](size_t n) {
        return std::abs(static_cast<ptrdiff_t>(n * 7 + count) - target);
    };
    std::stable_sort(tabs.begin(), tabs.end(), [&](size_t a, size_t b) { return away(a) < away(b); });
    for (const size_t n : tabs) {
        add_choice(slot, std::string(n, '\t') + std::string(count - n, ' '));
    }
}

/// Lines that the hunk removes are the likeliest models of those that it adds, then its context.
void Builder::near_indents(Slot& slot, const HunkReading& reading, const std::string& key) const
{
    for (const LineKind kind : {LineKind::removed, LineKind::context}) {
        for (const LogicalLine& line : reading.lines) {
            const std::string indent(indent_of(line.text));
            if (line.kind == kind && Habits::indent_key(damaged(indent, damage_.tabs), std::string_view(line.text).substr(indent.size())) == key) {
                add_choice(slot, indent);
            }
        }
    }
}

void Builder::put_indent(SlottedLine& out, const HunkReading& reading, const std::string& indent, std::string_view text)
{
    Slot slot;
    const bool could_be = damage_.tabs.kind == TabDamage::Kind::fixed || indent.size() + damage_.tabs.column >= damage_.tabs.width;
    if (damage_.tabs.kind != TabDamage::Kind::none && !indent.empty() && could_be &&
        indent.find('\t') == std::string::npos) {
        if (!open_.empty()) {  // below what follows the last open bracket
            const std::string aligned = std::string(open_.back() / 8, '\t') + std::string(open_.back() % 8, ' ');
            if (damaged(aligned, damage_.tabs) == indent) {
                add_choice(slot, aligned);
            }
        }
        if (!shared_) {
            near_indents(slot, reading, Habits::indent_key(indent, text));
        }
        for (const std::string& known : by_count(habits_.indents(Habits::indent_key(indent, text)), slot.sure)) {
            add_choice(slot, known);
        }
        if (damage_.tabs.kind == TabDamage::Kind::fixed && damage_.tabs.width == 1) {
            add_mixed(slot, indent.size());
        }
        add_choice(slot, undamaged_indent(indent, damage_.tabs));
    }
    add_choice(slot, indent);
    // What is aligned is so by the line before it, which other lines do not share.
    const std::string first = slot.choices.front();
    put(out, "indent " + Habits::indent_key(indent, text) + "\n" + first, slot);
}

/// A run of blanks inside a line.
void Builder::put_gap(SlottedLine& out, std::string_view text, size_t at, size_t length, size_t column)
{
    const std::string gap(text.substr(at, length));
    Slot slot;
    if (damage_.tabs.kind != TabDamage::Kind::none && gap.find('\t') == std::string::npos) {
        const std::string words = Habits::around(text, at, length);
        slot.choices = by_count(habits_.gaps(words), slot.sure);
        const bool at_stop = damage_.tabs.kind == TabDamage::Kind::stops && (column + at + length) % damage_.tabs.width == 0;
        const bool even = damage_.tabs.kind == TabDamage::Kind::fixed && length % damage_.tabs.width == 0;
        if (slot.choices.empty() && (at_stop || even) && (length > 1 || habits_.has_inner_tabs() || text.substr(at + length).starts_with("/*"))) {
            const size_t start = column + at;
            const size_t tabs = even ? length / damage_.tabs.width
                                     : (start + length) / damage_.tabs.width - start / damage_.tabs.width;
            // In a file that aligns with tabs, several blanks up to a stop were tabs; a single one was hardly ever.
            const bool likely = habits_.has_inner_tabs() && length > 1 && !(even && damage_.tabs.width == 1);
            slot.choices = {gap};
            slot.choices.insert(likely ? slot.choices.begin() : slot.choices.end(), std::string(tabs, '\t'));
            slot.sure = !likely;
        }
    }
    add_choice(slot, gap);
    put(out, "gap " + Habits::around(text, at, length) + "\n" + gap, slot);
}

void Builder::put_text(SlottedLine& out, std::string_view text, size_t column)
{
    size_t done = 0;
    Habits::each_gap(text, 0, [&](size_t at, size_t length) {
        out.pieces.back() += text.substr(done, at - done);
        done = at + length;
        if (at + length < text.size()) {
            put_gap(out, text, at, length, column);
        } else {
            out.pieces.back() += text.substr(at, length);
        }
    });
    out.pieces.back() += text.substr(done);
}

/// Where a mailer broke the line. One that keeps the blank has lost nothing; one that drops it drops all there are, and
/// several there are in strings and before comments.
void Builder::put_join(SlottedLine& out, std::string_view head, std::string_view next)
{
    Slot slot;
    if (head.ends_with(' ')) {
        if (delete_space_) {
            out.pieces.back().pop_back();
        }
        slot.choices = {"", " "};
    } else {
        const auto quotes = std::count(head.begin(), head.end(), '"');
        const bool in_string = quotes % 2 != 0 && (head.find("  ", 1 + indent_of(head.substr(1)).size()) != std::string_view::npos ||
                                                     head.ends_with('.') || head.ends_with(':'));
        slot.sure = !in_string && !next.starts_with("/*") && !next.starts_with("//") && !next.starts_with("\\");
        slot.choices = {" ", "", "  ", "\t"};
    }
    put(out, "join " + std::string(head) + "\n" + std::string(next), slot);
}

/// What was at the line's end, if it was stripped: what a removed line of the same text has there, or, in an empty
/// line, what the file's empty lines have.
void Builder::put_trail(SlottedLine& out, const HunkReading& reading, std::string_view text)
{
    Slot slot;
    const std::string cr = damage_.crs_lost && habits_.has_crs() ? "\r" : "";
    if (damage_.trails_lost && without_trail(text).size() == text.size()) {
        const std::string seen = bare(text);
        for (const LogicalLine& line : reading.lines) {
            if (line.kind == LineKind::removed && !seen.empty() && bare(line.text) == seen) {
                const std::string_view body = without_trail(line.text);
                std::string trail = line.text.substr(body.size());
                trail.erase(std::remove(trail.begin(), trail.end(), '\r'), trail.end());
                add_choice(slot, trail + cr);
            }
        }
        bool clear = true;
        for (const std::string& end : by_count(habits_.ends_of(seen), clear)) {
            add_choice(slot, end + cr);
        }
        slot.sure = slot.choices.size() <= 1;
        add_choice(slot, cr);
        for (const std::string& end : by_count(habits_.ends(), clear)) {
            add_choice(slot, end + cr);
        }
        if (seen.empty()) {
            for (const std::string& end : by_count(habits_.blank_ends(), clear)) {
                add_choice(slot, end);
            }
            for (const LogicalLine& line : reading.lines) {
                add_choice(slot, std::string(indent_of(line.text)) + cr);
            }
        }
    } else {
        slot.choices = {cr};
    }
    // Equal lines share an answer; so do all empty ones.
    put(out, "trail " + bare(text), slot);
}

SlottedLine Builder::build(const HunkReading& reading, const LogicalLine& line)
{
    SlottedLine out;
    std::string_view text = std::string_view(lines_[line.first].text).substr(1);
    if (damage_.crs_lost || line.count > 1) {
        text = text.substr(0, text.find_last_not_of('\r') + 1);
    }
    const std::string indent(indent_of(text).size() == text.size() ? std::string_view() : indent_of(text));
    put_indent(out, reading, indent, text.substr(indent.size()));
    const size_t column = damage_.tabs.column;
    put_text(out, text.substr(indent.size()), column + indent.size());
    std::string_view last = text;
    for (size_t i = line.first + 1; i < line.first + line.count; ++i) {
        std::string_view next = lines_[i].text;
        next = next.substr(0, next.find_last_not_of('\r') + 1);
        put_join(out, last, next);
        put_text(out, next, 0);
        last = next;
    }
    put_trail(out, reading, last);
    return out;
}

/// The git id of a text of which its index line names the beginning.
bool is_blob(const std::string& text, const std::string& id)
{
    return id.size() >= 7 && git::hash_blob(text).hex().starts_with(id.substr(0, 40));
}

std::string old_text(const BaseFile& base)
{
    std::string text;
    for (const std::string& line : base.lines) {
        text += line + "\n";
    }
    if (!base.ended) {
        text.pop_back();
    }
    return text;
}

AddedLines taken(const std::vector<RawLine>& lines, const ReadFile& file, const Builder& builder,
                 const std::vector<size_t>& chosen)
{
    AddedLines all;
    for (size_t h = 0; h < file.readings.size(); ++h) {
        for (size_t l = 0; l < file.readings[h].lines.size(); ++l) {
            const LogicalLine& line = file.readings[h].lines[l];
            if (line.kind != LineKind::added) {
                continue;
            }
            const SlottedLine& slotted = builder.added()[all.lines.size()];
            AddedLine one{h, l, render(slotted, builder.slots(), chosen), false, true, false};
            one.changed = line.count > 1 || "+" + one.text != lines[line.first].text;
            for (const size_t slot : slotted.slots) {
                one.sure = one.sure && builder.slots()[slot].sure;
            }
            all.lines.push_back(std::move(one));
        }
    }
    return all;
}

}  // namespace

std::string new_text(const ReadFile& file, const std::vector<std::string>& added)
{
    std::string text;
    size_t done = 0;
    size_t next_added = 0;
    const auto put = [&](const std::string& line, bool ended) { text += ended ? line + "\n" : line; };
    const auto copy_to = [&](size_t end) {
        for (; file.base && done < std::min(end, file.base->lines.size()); ++done) {
            put(file.base->lines[done], done + 1 < file.base->lines.size() || file.base->ended);
        }
    };
    for (const HunkReading& reading : file.readings) {
        copy_to(reading.position);
        for (const LogicalLine& line : reading.lines) {
            done += line.kind != LineKind::added ? 1 : 0;
            if (line.kind == LineKind::added) {
                put(added[next_added++], !line.no_newline);
            } else if (line.kind == LineKind::context) {
                put(line.text, !line.no_newline);
            }
        }
    }
    copy_to(std::string::npos);
    return text;
}

AddedLines work_out_added(const std::vector<RawLine>& lines, const ReadFile& file, const Damage& damage,
                          bool delete_space)
{
    const patch::FilePatch& change = file.part.change;
    const bool created = change.kind == patch::ChangeKind::created;
    const bool checkable = change.new_blob.size() >= 7 && change.kind != patch::ChangeKind::removed &&
                           (created || (file.base && is_blob(old_text(*file.base), change.old_blob)));
    const auto attempt = [&](const Damage& as, size_t tries, bool shared = true) -> std::optional<AddedLines> {
        const Builder builder(lines, file, as, delete_space, shared);
        const auto good = [&](const std::vector<size_t>& chosen) {
            std::vector<std::string> texts;
            for (const SlottedLine& line : builder.added()) {
                texts.push_back(render(line, builder.slots(), chosen));
            }
            return is_blob(new_text(file, texts), change.new_blob);
        };
        const auto chosen = search_choices(builder.slots(), tries, good);
        return chosen ? std::optional(taken(lines, file, builder, *chosen)) : std::nullopt;
    };
    std::optional<AddedLines> found = checkable ? attempt(damage, kTries) : std::nullopt;
    if (checkable && !found) {
        found = attempt(damage, kTries, false);
    }
    for (const TabDamage& tabs : tab_damages()) {
        if (checkable && !found && !(tabs == damage.tabs)) {
            found = attempt({tabs, true, damage.crs_lost}, kWildTries);
        }
    }
    if (found) {
        found->proven = true;
        for (AddedLine& line : found->lines) {
            line.proven = true;
        }
    } else {
        const Builder builder(lines, file, damage, delete_space, true);
        found = taken(lines, file, builder, std::vector<size_t>(builder.slots().size(), 0));
    }
    found->checked = checkable;
    return *std::move(found);
}

}  // namespace rogate::series
