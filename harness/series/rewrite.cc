// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/rewrite.h"

#include <algorithm>
#include <fmt/format.h>

#include "patch/lines.h"
#include "patch/path.h"
#include "series/diffstat.h"
#include "series/hunks.h"

namespace rogate::series {
namespace {

using git::Entry;
using patch::ChangeKind;
using patch::FilePatch;

/// A path as git writes it in a header: quoted when it holds a control character, '"', '\' or a byte beyond ASCII.
std::string header_path(const std::string& path)
{
    const auto plain = [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; };
    if (std::all_of(path.begin(), path.end(), plain)) {
        return path;
    }
    std::string quoted = "\"";
    for (const char c : path) {
        quoted += plain(c) ? std::string(1, c) : fmt::format("\\{:03o}", static_cast<unsigned char>(c));
    }
    return quoted + '"';
}

/// One change's text between two others, on lines counted from 0.
struct Part {
    size_t begin;       ///< its first header line
    size_t hunks;       ///< its first @@ line
    size_t end;
};

/// One patch being rewritten.
class Rewriter {
public:
    Rewriter(const Patch& patch, const PatchOutcome& outcome, const git::Tree& before, const git::Tree& after,
             const std::map<std::string, std::string>& renamed, const LoadBlob& load)
        : patch_(patch), outcome_(outcome), before_(before), after_(after), renamed_(renamed), load_(load), index_(*patch.text)
    {
        lines_ = index_.count();
    }

    Result<RewrittenPatch> run()
    {
        RewrittenPatch result{std::nullopt, patch_.strip, false, {}};
        std::string text;
        size_t done = 0;
        bool kept = false;
        for (size_t i = 0; i < patch_.changes.size(); ++i) {
            const Part part = part_of(i);
            text += lines(done, part.begin);
            done = part.end;
            auto change = change_text(patch_.changes[i], outcome_.files[i], part);
            if (!change) {
                return change.error();
            }
            text += *change;
            if (change->empty()) {
                result.dropped.push_back(patch_.changes[i].path());
            }
            kept |= !change->empty();
        }
        if (!kept) {
            result.changed = true;
            return result;
        }
        text += lines(done, lines_);
        result.changed = text != *patch_.text;
        if (result.changed) {
            text = renew_diffstat(*patch_.text, std::move(text));
        }
        result.text = std::move(text);
        return result;
    }

private:
    std::string lines(size_t begin, size_t end)
    {
        return begin < end ? patch_.text->substr(index_.start(begin), index_.start(end) - index_.start(begin)) : std::string();
    }

    Part part_of(size_t number)
    {
        const FilePatch& change = patch_.changes[number];
        Part part{change.patch_line - 1, 0, 0};
        if (change.hunks.empty()) {
            part.end = part.begin + 1;
            while (part.end < lines_ && is_header(index_.line(part.end))) {
                ++part.end;
            }
            part.hunks = part.end;
            return part;
        }
        part.hunks = change.hunks.front().patch_line - 1;
        const patch::Hunk& last = change.hunks.back();
        part.end = last.patch_line + last.lines.size();
        for (const patch::Line& line : last.lines) {
            part.end += line.text.ends_with('\n') ? 0 : 1;
        }
        part.end = std::min(part.end, lines_);
        return part;
    }

    static bool is_header(std::string_view line)
    {
        constexpr std::string_view kHeads[] = {"old mode ", "new mode ", "similarity ", "dissimilarity ", "rename ", "copy ", "index ", "deleted file ", "new file ", "--- ", "+++ "};
        return std::any_of(std::begin(kHeads), std::end(kHeads), [&](std::string_view head) { return line.starts_with(head); });
    }

    Result<std::shared_ptr<const std::string>> content(const Entry& entry) const
    {
        return entry.content ? Result<std::shared_ptr<const std::string>>(entry.content) : load_(*entry.id);
    }

    /// The change's diff for the new base; empty when upstream has it.
    Result<std::string> change_text(const FilePatch& change, const FileOutcome& outcome, const Part& part)
    {
        if (outcome.outcome == Outcome::upstream) {
            return std::string();
        }
        const auto renamed = renamed_.find(change.old_path);
        const bool moved = renamed != renamed_.end() && change.kind == ChangeKind::modified;
        const auto old_entry = change.kind == ChangeKind::created ? before_.end() : before_.find(change.old_path);
        const auto new_entry = change.kind == ChangeKind::removed ? after_.end() : after_.find(change.new_path);
        const bool plain = outcome.outcome <= Outcome::offset;
        auto hunks = plain ? renumber_hunks(change, outcome.hunks) : std::optional<std::string>();
        if (!hunks) {
            auto old_text = content(old_entry->second);
            auto new_text = old_text ? content(new_entry->second) : old_text;
            auto printed = new_text ? print_hunks(**old_text, **new_text) : Result<std::string>(new_text.error());
            if (!printed) {
                return printed.error();
            }
            if (printed->empty()) {
                return std::string();
            }
            hunks = *std::move(printed);
        }
        const auto id_of = [&](git::Tree::const_iterator entry, git::Tree::const_iterator none) {
            return entry == none ? git::ObjectId() : *entry->second.id;
        };
        const std::string old_id = id_of(old_entry, before_.end()).hex();
        const std::string new_id = id_of(new_entry, after_.end()).hex();
        return header(change, part, moved ? renamed->second : std::string(), old_id, new_id) + *hunks;
    }

    std::string header(const FilePatch& change, const Part& part, const std::string& moved, const std::string& old_id, const std::string& new_id)
    {
        std::string text;
        for (size_t i = part.begin; i < part.hunks; ++i) {
            const std::string_view line = index_.line(i);
            if (line.starts_with("index ") && line.find("..") != std::string_view::npos) {
                const size_t blank = line.find(' ', 6);
                const std::string_view rest = blank == std::string_view::npos ? line.substr(line.find_last_not_of("\r\n") + 1) : line.substr(blank);
                text += fmt::format("index {}..{}{}", old_id.substr(0, change.old_blob.size()), new_id.substr(0, change.new_blob.size()), rest);
            } else if (moved.empty()) {
                text += line;
            } else {
                text += moved_line(line, moved);
            }
        }
        return text;
    }

    /// A header line that names the file, with its name now; other lines as they are.
    static std::string moved_line(std::string_view line, const std::string& moved)
    {
        if (line.starts_with("diff --git ")) {
            return fmt::format("diff --git {} {}\n", header_path("a/" + moved), header_path("b/" + moved));
        }
        if (line.starts_with("--- ")) {
            return fmt::format("--- {}\n", header_path("a/" + moved));
        }
        return line.starts_with("+++ ") ? fmt::format("+++ {}\n", header_path("b/" + moved)) : std::string(line);
    }

    const Patch& patch_;
    const PatchOutcome& outcome_;
    const git::Tree& before_;
    const git::Tree& after_;
    const std::map<std::string, std::string>& renamed_;
    const LoadBlob& load_;
    patch::LineIndex index_;
    size_t lines_ = 0;
};

}  // namespace

Result<std::vector<RewrittenPatch>> rewrite_series(const Series& series, const SeriesOutcome& outcome,
                                                   const std::map<std::string, std::string>& renamed, const LoadBlob& load)
{
    if (!outcome.applies()) {
        return conflict_error(series, outcome);
    }
    std::vector<RewrittenPatch> all;
    for (size_t p = 0; p < series.patches.size(); ++p) {
        const Patch& patch = series.patches[p];
        if (patch.changes.front().source != patch.text) {
            return Error{ErrorKind::usage, fmt::format("'{}' is a mail with an encoded body, which cannot be rewritten in place", patch::printable(patch.file_name)),
                         "import it anew: 'rogate series import' writes it decoded"};
        }
        const bool moves = std::any_of(patch.changes.begin(), patch.changes.end(), [&](const FilePatch& change) { return renamed.contains(change.old_path); });
        if (moves && patch.strip != 1) {
            return Error{ErrorKind::usage, fmt::format("'{}' has -p{} in the series file and a file that upstream has renamed", patch::printable(patch.file_name), patch.strip),
                         "make it a patch with a/ and b/ before its paths"};
        }
        auto rewritten = Rewriter(patch, outcome.patches[p], outcome.states[p], outcome.states[p + 1], renamed, load).run();
        if (!rewritten) {
            return rewritten.error();
        }
        all.push_back(*std::move(rewritten));
    }
    return all;
}

}  // namespace rogate::series
