// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/made_history.h"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <functional>
#include <random>
#include <set>
#include <span>

#include "base/file.h"
#include "process/group.h"
#include "series/apply.h"

namespace rogate::series {
namespace {

using Lines = std::vector<std::string>;
using Files = std::map<std::string, Lines>;

Lines split(std::string_view text)
{
    Lines lines;
    while (!text.empty()) {
        const size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(end);
    }
    return lines;
}

std::string join(const Lines& lines)
{
    std::string text;
    for (const std::string& line : lines) {
        text += line;
    }
    return text;
}

bool word_char(char c)
{
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// Writes the stream that git fast-import reads.
class Stream {
public:
    explicit Stream(const std::filesystem::path& file) : out_(file, std::ios::binary) {}

    /// Begins a commit; its files follow. `from` and `merge`: marks, 0 = none.
    size_t commit(const std::string& branch, const std::string& subject, size_t from, size_t merge = 0)
    {
        ++mark_;
        const std::string who = fmt::format("Up Stream <up{}@example.org> {} +0000", mark_ % 7, 1'000'000'000 + mark_ * 3600);
        out_ << "commit refs/heads/" << branch << "\nmark :" << mark_ << "\nauthor " << who << "\ncommitter " << who << "\n";
        data(subject + "\n");
        if (from != 0) {
            out_ << "from :" << from << "\n";
        }
        if (merge != 0) {
            out_ << "merge :" << merge << "\n";
        }
        return mark_;
    }
    void put(const std::string& path, const std::string& text)
    {
        out_ << "M 100644 inline " << path << "\n";
        data(text);
    }
    void remove(const std::string& path) { out_ << "D " << path << "\n"; }
    void tag(const std::string& name, size_t mark) { out_ << "reset refs/tags/" << name << "\nfrom :" << mark << "\n\n"; }

private:
    void data(const std::string& text) { out_ << "data " << text.size() << "\n" << text << "\n"; }
    std::ofstream out_;
    size_t mark_ = 0;
};

/// Upstream at work.
class Maker {
public:
    Maker(Stream& stream, const git::Tree& base, const Series& series, const HistoryPlan& plan)
        : stream_(stream), series_(series), plan_(plan), random_(plan.seed)
    {
        for (const auto& [path, entry] : base) {
            files_[path] = split(*entry.content);
        }
    }

    size_t base()
    {
        main_ = stream_.commit("main", "base", 0);
        for (const auto& [path, lines] : files_) {
            stream_.put(path, join(lines));
        }
        return main_;
    }

    void go_on()
    {
        for (size_t made = 0; made < plan_.commits;) {
            const auto due = std::find_if(repairs_.begin(), repairs_.end(), [&](const Repair& repair) { return repair.due <= made; });
            if (due != repairs_.end()) {
                const Repair repair = *due;
                repairs_.erase(due);
                write("revert: " + repair.subject, repair.changes);
                ++made;
                continue;
            }
            made += step(made);
        }
    }

private:
    using Changes = std::map<std::string, std::optional<Lines>>;  ///< nothing = removed
    struct Repair {
        size_t due;
        std::string subject;
        Changes changes;
    };

    size_t below(size_t limit) { return limit == 0 ? 0 : std::uniform_int_distribution<size_t>(0, limit - 1)(random_); }

    [[nodiscard]] bool locked(const std::string& path) const
    {
        return std::any_of(repairs_.begin(), repairs_.end(), [&](const Repair& repair) { return repair.changes.contains(path); });
    }

    void write(const std::string& subject, const Changes& changes, size_t merge = 0)
    {
        main_ = stream_.commit("main", subject, main_, merge);
        for (const auto& [path, lines] : changes) {
            if (lines) {
                stream_.put(path, join(*lines));
                files_[path] = *lines;
            } else {
                stream_.remove(path);
                files_.erase(path);
            }
        }
    }

    /// Writes changes that are mostly taken back some commits later; the files are left alone until then.
    void damage(const std::string& subject, const Changes& changes, size_t made)
    {
        Repair repair{made + 2 + below(9), subject, {}};
        for (const auto& [path, lines] : changes) {
            const auto now = files_.find(path);
            repair.changes[path] = now == files_.end() ? std::nullopt : std::optional(now->second);
        }
        write(subject, changes);
        // What a merge can follow may stay; what it cannot would end the series for good.
        const bool may_stay = subject.starts_with("near") || subject.starts_with("word");
        if (!may_stay || below(8) > 0) {
            repairs_.push_back(std::move(repair));
        }
    }

    /// A change of the series whose file is there and free, and one of its hunks.
    const patch::FilePatch* some_change()
    {
        for (int tries = 0; tries < 20; ++tries) {
            const Patch& patch = series_.patches[below(series_.patches.size())];
            const patch::FilePatch& change = patch.changes[below(patch.changes.size())];
            if (change.kind == patch::ChangeKind::modified && !change.hunks.empty() && files_.contains(change.old_path) && !locked(change.old_path)) {
                return &change;
            }
        }
        return nullptr;
    }

    /// Where the hunk's old lines stand in the file, counted from 0, and what they are; nothing when they do not.
    std::optional<size_t> find(const Lines& lines, const patch::Hunk& hunk)
    {
        Lines old;
        for (const patch::Line& line : hunk.lines) {
            if (line.kind != patch::LineKind::added) {
                old.emplace_back(line.text);
            }
        }
        const auto at = std::search(lines.begin(), lines.end(), old.begin(), old.end());
        return at == lines.end() || old.empty() ? std::nullopt : std::optional(static_cast<size_t>(at - lines.begin()));
    }

    /// A place with no line of any hunk of the file near it, told by the lines themselves; nothing when chance finds none.
    std::optional<size_t> far_place(const std::string& path, const Lines& lines)
    {
        std::set<std::string_view> known;
        for (const Patch& patch : series_.patches) {
            for (const patch::FilePatch& change : patch.changes) {
                for (const patch::Hunk& hunk : change.hunks) {
                    for (const patch::Line& line : hunk.lines) {
                        if (change.old_path == path && line.text.size() > 8) {
                            known.insert(line.text);
                        }
                    }
                }
            }
        }
        for (int tries = 0; tries < 20; ++tries) {
            const size_t at = below(lines.size());
            const auto near = std::span(lines).subspan(at - std::min<size_t>(at, 5));
            if (std::none_of(near.begin(), near.begin() + static_cast<ptrdiff_t>(std::min<size_t>(near.size(), 10)),
                             [&](const std::string& line) { return known.contains(line); })) {
                return at;
            }
        }
        return std::nullopt;
    }

    size_t step(size_t made)
    {
        const size_t kind = below(100);
        if (kind < 15) {
            const std::string path = fmt::format("doc/note-{}.txt", below(5));
            write("elsewhere: " + path, {{path, Lines{fmt::format("note {}\n", made)}}});
            return 1;
        }
        if (kind < 20) {
            return merge(made);
        }
        const patch::FilePatch* change = some_change();
        if (!change) {
            return 0;
        }
        const std::string& path = change->old_path;
        Lines lines = files_[path];
        if (kind < 50) {
            const auto at = far_place(path, lines);
            if (!at) {
                return 0;
            }
            lines.insert(lines.begin() + static_cast<ptrdiff_t>(*at), fmt::format("/* upstream note {} */\n", made));
            write("far: " + path, {{path, std::move(lines)}});
            return 1;
        }
        if (kind < 72) {
            return touch_hunk(*change, kind < 62, made);
        }
        if (kind < 80) {
            return move_function(path, made);
        }
        if (kind < 86) {
            return rename_word(path, made);
        }
        if (kind < 91) {
            for (std::string& line : lines) {
                line = line.starts_with("        ") ? "\t" + line.substr(8) : line;
            }
            damage("indent: " + path, {{path, std::move(lines)}}, made);
            return 1;
        }
        if (kind < 96) {
            return take_patch(made);
        }
        damage("rename: " + path, {{path, std::nullopt}, {path.substr(0, path.size() - 2) + "-moved.c", std::move(lines)}}, made);
        return 1;
    }

    /// Changes a line of context of a hunk (`near`), or a line that it removes or that stands next to what it adds.
    size_t touch_hunk(const patch::FilePatch& change, bool near, size_t made)
    {
        Lines lines = files_[change.old_path];
        const patch::Hunk& hunk = change.hunks[below(change.hunks.size())];
        const auto at = find(lines, hunk);
        if (!at) {
            return 0;
        }
        if (near) {  // the outermost line of context, three lines from the change
            const size_t line = below(2) == 0 ? *at : *at + hunk.old_count - 1;
            lines[line] = lines[line].substr(0, lines[line].size() - 1) + " /* near */\n";
        } else {
            size_t line = *at;
            for (const patch::Line& one : hunk.lines) {
                if (one.kind == patch::LineKind::removed) {
                    break;
                }
                line += one.kind == patch::LineKind::context && line < *at + hunk.old_count - 1 ? 1 : 0;
            }
            lines[line] = lines[line].substr(0, lines[line].size() - 1) + " /* inside */\n";
        }
        damage(fmt::format("{}: {}", near ? "near" : "inside", change.old_path), {{change.old_path, std::move(lines)}}, made);
        return 1;
    }

    /// [begin, end) of the functions of a file.
    static std::vector<std::pair<size_t, size_t>> functions(const Lines& lines)
    {
        std::vector<std::pair<size_t, size_t>> all;
        for (size_t i = 1; i < lines.size(); ++i) {
            if (lines[i] != "{\n" || lines[i - 1].empty() || std::isalpha(static_cast<unsigned char>(lines[i - 1][0])) == 0) {
                continue;
            }
            for (size_t end = i; end < lines.size(); ++end) {
                if (lines[end] == "}\n") {
                    all.emplace_back(i - 1, end + 1);
                    break;
                }
            }
        }
        return all;
    }

    size_t move_function(const std::string& path, size_t made)
    {
        Lines lines = files_[path];
        const auto all = functions(lines);
        if (all.size() < 3) {
            return 0;
        }
        const auto [begin, end] = all[below(all.size() - 1)];
        const size_t to = all.back().first;
        if (begin >= to) {
            return 0;
        }
        std::rotate(lines.begin() + static_cast<ptrdiff_t>(begin), lines.begin() + static_cast<ptrdiff_t>(end), lines.begin() + static_cast<ptrdiff_t>(to));
        damage("move: " + path, {{path, std::move(lines)}}, made);
        return 1;
    }

    size_t rename_word(const std::string& path, size_t made)
    {
        const std::string text = join(files_[path]);
        std::map<std::string, size_t> words;
        for (size_t pos = 0; pos < text.size();) {
            size_t end = pos;
            while (end < text.size() && word_char(text[end])) {
                ++end;
            }
            if (end - pos > 3 && std::islower(static_cast<unsigned char>(text[pos])) != 0) {
                ++words[text.substr(pos, end - pos)];
            }
            pos = end + 1;
        }
        std::erase_if(words, [](const auto& word) { return word.second < 3 || word.second > 12; });
        if (words.empty()) {
            return 0;
        }
        const std::string word = std::next(words.begin(), static_cast<ptrdiff_t>(below(words.size())))->first;
        std::string renamed;
        for (size_t pos = 0; pos < text.size();) {
            const size_t at = text.find(word, pos);
            if (at == std::string::npos) {
                renamed += text.substr(pos);
                break;
            }
            const size_t end = at + word.size();
            const bool whole = (at == 0 || !word_char(text[at - 1])) && (end == text.size() || !word_char(text[end]));
            renamed += text.substr(pos, end - pos) + (whole ? "_name" : "");
            pos = end;
        }
        damage("word: " + path, {{path, split(renamed)}}, made);
        return 1;
    }

    /// Upstream takes one patch of the series, whole.
    size_t take_patch(size_t made)
    {
        const Patch& patch = series_.patches[below(series_.patches.size())];
        Changes changes;
        for (const patch::FilePatch& change : patch.changes) {
            if (change.kind != patch::ChangeKind::modified || !files_.contains(change.old_path) || locked(change.old_path)) {
                return 0;
            }
            const auto applied = patch::apply_hunks(join(files_[change.old_path]), change);
            if (!std::holds_alternative<patch::Applied>(applied)) {
                return 0;
            }
            changes[change.old_path] = split(std::get<patch::Applied>(applied).text);
        }
        damage("taken: " + patch.file_name, changes, made);
        return 1;
    }

    size_t merge(size_t made)
    {
        const patch::FilePatch* change = some_change();
        if (!change) {
            return 0;
        }
        const std::string path = change->old_path;
        Lines lines = files_[path];
        size_t side = stream_.commit(fmt::format("side-{}", made), "side: " + path, main_);
        lines.push_back(fmt::format("/* side {} */\n", made));
        stream_.put(path, join(lines));
        write("elsewhere: beside a side branch", {{"doc/beside.txt", Lines{fmt::format("{}\n", made)}}});
        write("merge: " + path, {{path, std::move(lines)}}, side);
        return 2;
    }

    Stream& stream_;
    const Series& series_;
    const HistoryPlan& plan_;
    std::mt19937 random_;
    Files files_;
    std::vector<Repair> repairs_;
    size_t main_ = 0;
};

Result<void> write_series(Stream& stream, size_t base_mark, const git::Tree& base, const Series& series)
{
    auto applied = apply_series(base, series);
    if (!applied) {
        return applied.error();
    }
    size_t mark = base_mark;
    for (size_t n = 0; n < series.patches.size(); ++n) {
        mark = stream.commit("series", series.patches[n].file_name, mark);
        for (const auto& [path, entry] : applied->states[n + 1]) {
            const auto before = applied->states[n].find(path);
            if (before == applied->states[n].end() || before->second.content != entry.content) {
                stream.put(path, *entry.content);
            }
        }
        for (const auto& [path, entry] : applied->states[n]) {
            if (!applied->states[n + 1].contains(path)) {
                stream.remove(path);
            }
        }
    }
    return {};
}

}  // namespace

Result<void> make_history(const std::filesystem::path& folder, const git::Tree& base, const Series& series, const HistoryPlan& plan)
{
    std::error_code err;
    std::filesystem::create_directories(folder, err);
    const std::filesystem::path file = folder / "stream";
    {
        Stream stream(file);
        Maker maker(stream, base, series, plan);
        const size_t base_mark = maker.base();
        stream.tag("base", base_mark);
        if (plan.series_branch) {
            if (auto written = write_series(stream, base_mark, base, series); !written) {
                return written.error();
            }
        }
        maker.go_on();
    }
    const auto outcome = process::run({.argv = {"sh", "-ec", "git init -q --bare -b main . && git fast-import --quiet < stream && rm stream"},
                                       .env = {{"GIT_CONFIG_GLOBAL", "/dev/null"}, {"GIT_CONFIG_NOSYSTEM", "1"}},
                                       .folder = folder});
    if (!outcome || !outcome->ok()) {
        return outcome ? Error{ErrorKind::environment, "cannot make a history: " + outcome->err} : outcome.error();
    }
    return {};
}

}  // namespace rogate::series
