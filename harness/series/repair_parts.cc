// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/repair_parts.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>

#include <fmt/format.h>

#include "patch/parse.h"
#include "patch/path.h"

namespace rogate::series {
namespace {

constexpr size_t kMaxContinued = 4;  ///< lines that one header line may have been broken into, less one

constexpr std::array<std::string_view, 16> kGitWords{
    "old mode ",         "new mode ",  "deleted file mode ", "new file mode ", "copy from ", "copy to ", "rename from ",
    "rename to ",        "rename old ", "rename new ",       "similarity index ", "dissimilarity index ", "index ",
    "GIT binary patch",  "--- ",       "+++ "};

bool take(std::string_view& rest, std::string_view word)
{
    if (!rest.starts_with(word)) {
        return false;
    }
    rest.remove_prefix(word.size());
    return true;
}

bool take_number(std::string_view& rest, size_t& value)
{
    const auto [end, err] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (err != std::errc() || value > 1'000'000'000) {
        return false;
    }
    rest.remove_prefix(static_cast<size_t>(end - rest.data()));
    return true;
}

bool take_range(std::string_view& rest, size_t& start, size_t& count)
{
    count = 1;
    return take_number(rest, start) && (!take(rest, ",") || take_number(rest, count)) && (count == 0 || start > 0);
}

bool read_hunk_header(std::string_view line, HunkPart& part)
{
    return take(line, "@@ -") && take_range(line, part.header.old_start, part.header.old_count) && take(line, " +") &&
           take_range(line, part.header.new_start, part.header.new_count) && take(line, " @@") &&
           (part.section = line, true);
}

/// The reader of headers: walks over the received lines.
class Finder {
public:
    Finder(const std::vector<RawLine>& lines, const MendOptions& options, std::vector<Repair>& repairs)
        : lines_(lines), options_(options), repairs_(repairs)
    {
    }

    Result<Parts> find();

private:
    [[nodiscard]] std::string_view text(size_t at) const
    {
        return at < lines_.size() ? std::string_view(lines_[at].text) : std::string_view();
    }
    [[nodiscard]] bool is_hunk(size_t at) const
    {
        HunkPart ignored;
        return text(at).starts_with("@@ -") && read_hunk_header(text(at), ignored);
    }
    [[nodiscard]] bool is_git_word(size_t at) const
    {
        return std::any_of(kGitWords.begin(), kGitWords.end(), [&](auto word) { return text(at).starts_with(word); });
    }
    [[nodiscard]] size_t find_ahead(size_t at, std::string_view word) const;
    [[nodiscard]] bool begins_file(size_t at) const;
    std::string take_joined(const std::function<bool(size_t)>& is_next);
    Result<void> read_git(FilePart& file);
    Result<void> read_plain(FilePart& file);
    Result<void> identify(FilePart& file, const std::string& header, const HunkPart* first, unsigned strip);
    Result<void> read_hunks(FilePart& file);
    [[nodiscard]] size_t exact_end(const HunkPart& part) const;
    [[nodiscard]] unsigned choose_strip(const std::string& minus, const std::string& plus, const HunkPart* first) const;

    const std::vector<RawLine>& lines_;
    const MendOptions& options_;
    std::vector<Repair>& repairs_;
    size_t at_ = 0;
};

/// The first of the lines behind `at` that begins with `word`, if only continuations of `at` lie between; else 0.
size_t Finder::find_ahead(size_t at, std::string_view word) const
{
    for (size_t i = at + 1; i <= at + kMaxContinued && i < lines_.size(); ++i) {
        if (text(i).starts_with(word)) {
            return i;
        }
        if (text(i).empty() || text(i).starts_with("--- ") || text(i).starts_with("@@ -")) {
            return 0;
        }
    }
    return 0;
}

bool Finder::begins_file(size_t at) const
{
    const std::string_view line = text(at);
    if (line.starts_with("diff --git ")) {
        return true;
    }
    if (line.starts_with("diff -") || line.starts_with("Index: ")) {
        for (size_t i = at + 1; i <= at + kMaxContinued + 2; ++i) {
            if (text(i).starts_with("--- ")) {
                return begins_file(i);
            }
        }
        return false;
    }
    if (!line.starts_with("--- ")) {
        return false;
    }
    const size_t plus = find_ahead(at, "+++ ");
    const size_t hunk = plus ? find_ahead(plus, "@@ -") : 0;
    return hunk && is_hunk(hunk);
}

/// The line here with its continuations, up to one for which `is_next` holds.
std::string Finder::take_joined(const std::function<bool(size_t)>& is_next)
{
    const size_t first = at_++;
    while (at_ < lines_.size() && at_ - first <= kMaxContinued && !text(at_).empty() && !is_next(at_)) {
        ++at_;
    }
    if (at_ - first > 1) {
        repairs_.push_back({lines_[first].number, fmt::format("a header wrapped into {} lines joined", at_ - first),
                            Certainty::sure});
    }
    return std::string(without_trail(join(lines_, first, at_ - first, options_.delete_space)));
}

Result<void> Finder::read_git(FilePart& file)
{
    const auto next = [&](size_t at) { return is_git_word(at) || is_hunk(at) || begins_file(at); };
    const auto next_of_names = [&](size_t at) { return next(at) || text(at).starts_with("Binary files "); };
    file.header.push_back(take_joined(next_of_names));
    while (at_ < lines_.size() && is_git_word(at_) && !(text(at_).starts_with("--- ") && !find_ahead(at_, "+++ "))) {
        if (text(at_).starts_with("GIT binary patch")) {
            return at_line(ErrorKind::conflict, lines_[at_], "a binary change cannot be imported");
        }
        file.header.push_back(take_joined(next_of_names));
    }
    if (text(at_).starts_with("Binary files ")) {
        return at_line(ErrorKind::conflict, lines_[at_], "a binary change cannot be imported");
    }
    std::string header;
    for (const std::string& line : file.header) {
        header += line + "\n";
    }
    HunkPart first;
    const bool hunks = is_hunk(at_) && read_hunk_header(text(at_), first);
    return identify(file, header, hunks ? &first : nullptr, 1);
}

/// The folders before the names of a plain diff: those without which the base has the file; else the tree's name when
/// both sides have another, as `diff -r old new` writes.
unsigned Finder::choose_strip(const std::string& minus, const std::string& plus, const HunkPart* first) const
{
    if (options_.strip >= 0) {
        return static_cast<unsigned>(options_.strip);
    }
    for (unsigned strip = 0; options_.base && strip <= 4; ++strip) {
        FilePart file;
        if (const_cast<Finder*>(this)->identify(file, minus + "\n" + plus + "\n", first, strip) &&
            options_.base->contains(file.change.old_path)) {
            return strip;
        }
    }
    const auto folder = [](const std::string& line) { return line.substr(4, line.find('/') - 4); };
    const bool null = minus.starts_with("--- /dev/null") || plus.starts_with("+++ /dev/null");
    const bool flat = minus.find('/') == std::string::npos || plus.find('/') == std::string::npos;
    return !null && (flat || folder(minus) == folder(plus)) ? 0 : 1;
}

Result<void> Finder::read_plain(FilePart& file)
{
    while (at_ < lines_.size() && !text(at_).starts_with("--- ")) {
        if (text(at_).starts_with("diff -")) {
            take_joined([&](size_t at) { return text(at).starts_with("--- ") || text(at).starts_with("Index: "); });
        } else {
            ++at_;
        }
    }
    const RawLine& begin = lines_[std::min(at_, lines_.size() - 1)];
    std::string minus = take_joined([&](size_t at) { return text(at).starts_with("+++ "); });
    std::string plus = take_joined([&](size_t at) { return is_hunk(at); });
    HunkPart first;
    if (!read_hunk_header(text(at_), first)) {
        return at_line(ErrorKind::corrupt, begin, "no hunk follows the names of the files");
    }
    for (std::string* line : {&minus, &plus}) {
        // diff puts a tab before the time stamp: where it has become blanks, other tabs have, too.
        file.tabs_lost = file.tabs_lost || line->find("  ") != std::string::npos;
    }
    if (auto identified = identify(file, minus + "\n" + plus + "\n", &first, choose_strip(minus, plus, &first)); !identified) {
        return identified;
    }
    const patch::FilePatch& change = file.change;
    file.header.push_back(fmt::format("diff --git a/{} b/{}", change.old_path.empty() ? change.new_path : change.old_path,
                                      change.path()));
    if (change.kind == patch::ChangeKind::created) {
        file.header.emplace_back("new file mode 100644");
    } else if (change.kind == patch::ChangeKind::removed) {
        file.header.emplace_back("deleted file mode 100644");
    }
    file.header.push_back(change.kind == patch::ChangeKind::created ? "--- /dev/null" : "--- a/" + change.old_path);
    file.header.push_back(change.kind == patch::ChangeKind::removed ? "+++ /dev/null" : "+++ b/" + change.new_path);
    return {};
}

/// Lets the diff parser say what the header means; a hunk is made up for it, of the kind that the header asks for.
Result<void> Finder::identify(FilePart& file, const std::string& header, const HunkPart* first, unsigned strip)
{
    std::string diff = header;
    if (first) {
        const bool created = first->header.old_start == 0 && first->header.old_count == 0;
        const bool removed = first->header.new_start == 0 && first->header.new_count == 0;
        diff += created ? "@@ -0,0 +1 @@\n+a\n" : removed ? "@@ -1 +0,0 @@\n-a\n" : "@@ -1 +1 @@\n-a\n+b\n";
    }
    auto changes = patch::parse_diff(std::make_shared<const std::string>(std::move(diff)), {.strip = strip});
    const RawLine& where = lines_[std::min(file.first_line, lines_.size() - 1)];
    if (!changes) {
        const std::string& text = changes.error().text;
        return at_line(ErrorKind::corrupt, where, text.substr(std::min(text.find(": ") + 2, text.size())));
    }
    if (changes->size() != 1) {
        return at_line(ErrorKind::corrupt, where, "the names of the files cannot be read");
    }
    file.change = std::move(changes->front());
    file.change.hunks.clear();
    return {};
}

/// One beyond the hunk's last line when it can be read as it stands and something else follows; else 0.
size_t Finder::exact_end(const HunkPart& part) const
{
    size_t old_lines = part.header.old_count;
    size_t new_lines = part.header.new_count;
    size_t at = part.first;
    for (; old_lines + new_lines > 0; ++at) {
        const std::string_view line = text(at);
        const char kind = line.empty() ? '\0' : line[0];
        const bool on_old = kind == ' ' || kind == '-';
        const bool on_new = kind == ' ' || kind == '+';
        if (kind == '\\' && at > part.first) {
            continue;
        }
        if ((!on_old && !on_new) || (on_old && old_lines == 0) || (on_new && new_lines == 0)) {
            return 0;
        }
        old_lines -= on_old ? 1 : 0;
        new_lines -= on_new ? 1 : 0;
    }
    at += text(at).starts_with("\\ ") ? 1 : 0;
    return at >= lines_.size() || is_hunk(at) || begins_file(at) || ends_diff(text(at)) ? at : 0;
}

Result<void> Finder::read_hunks(FilePart& file)
{
    while (is_hunk(at_)) {
        HunkPart part;
        read_hunk_header(text(at_), part);
        part.header_line = at_;
        part.first = ++at_;
        if (const size_t end = exact_end(part)) {
            at_ = end;
        } else {
            while (at_ < lines_.size() && !is_hunk(at_) && !begins_file(at_)) {
                ++at_;
            }
            part.last_of_text = at_ == lines_.size();
        }
        part.last = at_;
        file.hunks.push_back(std::move(part));
        if (file.hunks.size() > 100'000) {
            return at_line(ErrorKind::corrupt, lines_[file.first_line], "it has too many hunks");
        }
    }
    return {};
}

Result<Parts> Finder::find()
{
    Parts parts;
    while (at_ < lines_.size()) {
        if (!begins_file(at_)) {
            ++at_;
            continue;
        }
        FilePart file;
        file.first_line = at_;
        const bool git = text(at_).starts_with("diff --git ");
        if (auto header = git ? read_git(file) : read_plain(file); !header) {
            return header.error();
        }
        if (auto hunks = read_hunks(file); !hunks) {
            return hunks.error();
        }
        parts.begin = parts.files.empty() ? file.first_line : parts.begin;
        parts.files.push_back(std::move(file));
    }
    if (parts.files.empty()) {
        return Error{ErrorKind::corrupt, "it holds no diff"};
    }
    return parts;
}

}  // namespace

bool ends_diff(std::string_view line)
{
    line = without_trail(line);
    return line.empty() || line == "--" || line.starts_with("____") || line.starts_with("base-commit:");
}

Error at_line(ErrorKind kind, const RawLine& line, const std::string& what)
{
    return {kind, fmt::format("line {}: {}", line.number, what)};
}

Result<Parts> find_parts(const std::vector<RawLine>& lines, const MendOptions& options, std::vector<Repair>& repairs)
{
    return Finder(lines, options, repairs).find();
}

}  // namespace rogate::series
