// SPDX-License-Identifier: GPL-2.0-or-later
#include "git/merge.h"

#include <algorithm>
#include <memory>

#include "git/libgit2.h"

namespace rogate::git {
namespace {

/// The longest run of one of diff3's marker characters at the start of a line.
size_t longest_marker(std::string_view text)
{
    size_t longest = 0;
    for (size_t pos = 0; pos < text.size();) {
        const char c = text[pos];
        if (c == '<' || c == '|' || c == '=' || c == '>') {
            const size_t end = std::min(text.find_first_not_of(c, pos), text.size());
            longest = std::max(longest, end - pos);
        }
        const size_t newline = text.find('\n', pos);
        pos = newline == std::string_view::npos ? text.size() : newline + 1;
    }
    return longest;
}

git_merge_file_input input(std::string_view text)
{
    git_merge_file_input in = GIT_MERGE_FILE_INPUT_INIT;
    in.ptr = text.data();
    in.size = text.size();
    in.mode = GIT_FILEMODE_BLOB;
    return in;
}

int add_edit(const git_diff_delta* /*delta*/, const git_diff_hunk* hunk, void* payload)
{
    const auto count = [](int n) { return static_cast<size_t>(std::max(n, 0)); };
    // A range of no lines names the line before it, counted from 1: that is the one behind it, counted from 0.
    const auto first = [&](int start, int lines) { return count(lines == 0 ? start : start - 1); };
    static_cast<std::vector<Edit>*>(payload)->push_back({first(hunk->old_start, hunk->old_lines), count(hunk->old_lines),
                                                         first(hunk->new_start, hunk->new_lines), count(hunk->new_lines)});
    return 0;
}

}  // namespace

Result<MergedText> merge_text(std::string_view ancestor, std::string_view ours, std::string_view theirs,
                              const MergeLabels& labels)
{
    for (const std::string_view text : {ancestor, ours, theirs}) {
        if (text.find('\0') != std::string_view::npos) {
            return Error{ErrorKind::conflict, "a binary file cannot be merged"};
        }
    }
    const auto loaded = library();
    if (!loaded) {
        return loaded.error();
    }
    const Library& lib = **loaded;
    MergedText merged;
    merged.marker_size = std::max({size_t{7}, longest_marker(ancestor) + 1, longest_marker(ours) + 1, longest_marker(theirs) + 1});
    git_merge_file_options options = GIT_MERGE_FILE_OPTIONS_INIT;
    options.ancestor_label = labels.ancestor.c_str();
    options.our_label = labels.ours.c_str();
    options.their_label = labels.theirs.c_str();
    options.marker_size = static_cast<unsigned short>(std::min(merged.marker_size, size_t{60000}));
    const git_merge_file_input base = input(ancestor);
    const git_merge_file_input left = input(ours);
    const git_merge_file_input right = input(theirs);
    // Diff3 style gives up conflicts in which both sides end up alike, so it is for telling conflicts, not for finding them.
    for (const uint32_t flags : {uint32_t{GIT_MERGE_FILE_DEFAULT}, uint32_t{GIT_MERGE_FILE_STYLE_DIFF3}}) {
        options.flags = flags;
        git_merge_file_result result{};
        if (lib.merge_file(&result, &base, &left, &right, &options) < 0) {
            return git_error(lib, ErrorKind::environment, "cannot merge");
        }
        const std::unique_ptr<git_merge_file_result, decltype(lib.merge_file_result_free)> owner(&result,
                                                                                                  lib.merge_file_result_free);
        merged.clean = flags == GIT_MERGE_FILE_DEFAULT && result.automergeable != 0;
        merged.text.assign(result.ptr ? result.ptr : "", result.len);
        if (merged.clean) {
            break;
        }
    }
    return merged;
}

Result<std::vector<Edit>> diff_lines(std::string_view old_text, std::string_view new_text)
{
    std::vector<Edit> edits;
    if (old_text == new_text) {
        return edits;
    }
    const auto loaded = library();
    if (!loaded) {
        return loaded.error();
    }
    const Library& lib = **loaded;
    git_diff_options options = GIT_DIFF_OPTIONS_INIT;
    options.context_lines = 0;
    options.flags = GIT_DIFF_FORCE_TEXT | GIT_DIFF_INDENT_HEURISTIC;
    // An empty text may have a null pointer, which libgit2 takes for a file that is not there: no difference to us.
    if (lib.diff_buffers(old_text.data(), old_text.size(), nullptr, new_text.data(), new_text.size(), nullptr, &options,
                         nullptr, nullptr, add_edit, nullptr, &edits) < 0) {
        return git_error(lib, ErrorKind::environment, "cannot compare two texts");
    }
    return edits;
}

}  // namespace rogate::git
