// SPDX-License-Identifier: GPL-2.0-or-later
#include "subject/subject.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/program.h"
#include "base/text.h"
#include "process/group.h"
#include "series/apply.h"
#include "subject/build.h"
#include "subject/profile.h"

namespace rogate::subject {
namespace {

constexpr const char* kProfileName = "rogate.toml";

/// True when the built device model takes `drive` as the value of -drive; its complaint goes into `complaint`.
Result<bool> takes_drive(const std::filesystem::path& bridge, const std::string& drive, std::string& complaint)
{
    auto nbdkit = find_program("nbdkit");
    if (!nbdkit) {
        return nbdkit.error();
    }
    auto outcome = process::run({.argv = {nbdkit->string(), "--exit-with-parent", "--foreground", "-U", "-", bridge.string(),
                                          "arg=-drive", "arg=" + drive, "--run", "exit 0"},
                                 .env = {},
                                 .folder = bridge.parent_path(),
                                 .deadline = std::chrono::seconds(20)});
    if (!outcome) {
        return outcome.error();
    }
    complaint = outcome->err;
    return outcome->ok();
}

/// Asks a fresh build what it can be told, by telling it. The file that records the answer is written last: a folder
/// with it is complete.
Result<bool> ask(const std::filesystem::path& folder)
{
    const std::filesystem::path disk = folder / "try.raw";
    if (auto made = write_file(disk, std::string(4096, '\0')); !made) {
        return made.error();
    }
    const std::string drive = "file=try.raw,if=ide,index=0,media=disk,format=raw";
    std::string complaint;
    auto plain = takes_drive(folder / "bridge.so", drive, complaint);
    if (!plain) {
        return plain.error();
    }
    if (!*plain) {
        return Error{ErrorKind::build, fmt::format("the built device model does not serve a plain raw disk: {}", complaint)};
    }
    auto told = takes_drive(folder / "bridge.so", drive + ",ro", complaint);
    std::error_code ignored;
    std::filesystem::remove(disk, ignored);
    return told;
}

constexpr std::string_view kKnowsRo = "knows-ro\n";
constexpr std::string_view kNoRo = "no-word-for-ro\n";

Result<bool> build(const std::filesystem::path& subjects, const std::filesystem::path& final_folder,
                   const std::filesystem::path& cache, const git::Tree& files)
{
    const auto profile_entry = files.find(kProfileName);
    if (profile_entry == files.end()) {
        return Error{ErrorKind::usage, fmt::format("the tree has no '{}'", kProfileName)};
    }
    auto profile = parse_profile(*profile_entry->second.content, kProfileName);
    if (!profile) {
        return profile.error();
    }
    auto temporary = TempDir::make(subjects, "building-");
    if (!temporary) {
        return temporary.error();
    }
    if (auto built = build_in(temporary->path(), cache, *profile, files); !built) {
        return built.error();
    }
    auto knows_ro = ask(temporary->path());
    if (!knows_ro) {
        return knows_ro.error();
    }
    if (auto written = write_file(temporary->path() / "capabilities", *knows_ro ? kKnowsRo : kNoRo); !written) {
        return written.error();
    }
    // mkdtemp makes it private; another process that has built the same meanwhile has won.
    ::chmod(temporary->path().c_str(), 0755);
    if (::rename(temporary->path().c_str(), final_folder.c_str()) == 0) {
        temporary->release();
    } else if (errno != EEXIST && errno != ENOTEMPTY) {
        return errno_error("keep the built subject", final_folder.string(), errno);
    }
    return knows_ro;
}

std::string patch_name(const series::Series& series, size_t patches)
{
    return patches == 0 ? std::string("the unpatched tree") : fmt::format("'{}'", series.patches[patches - 1].file_name);
}

/// The states whose subject has to be made known to the user when a build fails: was the one before fine?
Error explain_build(Error error, const series::Series& series, const std::vector<Subject>& done, size_t patches)
{
    if (error.kind != ErrorKind::build) {
        return error.while_doing(fmt::format("cannot make the subject after {}", patch_name(series, patches)));
    }
    error.text = fmt::format("cannot build {} with {} patches: {}", series.name, patches, error.text);
    if (patches > 0 && !done.empty() && done.back().patches + 1 == patches) {
        error.hint = fmt::format("{} brought it: the tree before that patch builds", patch_name(series, patches));
    } else if (patches > 0) {
        error.hint = "'--at all' finds the patch that brought it";
    }
    return error;
}

}  // namespace

Result<git::Tree> read_folder(const std::filesystem::path& folder)
{
    git::Tree files;
    std::error_code ec;
    auto walk = std::filesystem::recursive_directory_iterator(folder, ec);
    if (ec) {
        return errno_error("read the folder", folder.string(), ec.value());
    }
    for (const auto& entry : walk) {
        if (!entry.is_regular_file() || entry.is_symlink()) {
            continue;
        }
        auto text = read_file(entry.path());
        if (!text) {
            return text.error();
        }
        git::Entry file;
        file.content = std::make_shared<const std::string>(std::move(*text));
        files[entry.path().lexically_relative(folder).string()] = std::move(file);
    }
    return files;
}

std::string state_name(size_t patches, size_t total)
{
    return patches == 0 ? "base" : patches == total ? "tip" : std::to_string(patches);
}

Result<std::vector<size_t>> parse_at(const std::string& words, size_t patches)
{
    std::vector<size_t> states;
    size_t at = 0;
    while (at <= words.size()) {
        const size_t comma = std::min(words.find(',', at), words.size());
        const std::string word = words.substr(at, comma - at);
        at = comma + 1;
        size_t number = 0;
        const auto [end, ec] = std::from_chars(word.data(), word.data() + word.size(), number);
        if (word == "base") {
            states.push_back(0);
        } else if (word == "tip") {
            states.push_back(patches);
        } else if (word == "all") {
            for (size_t i = 0; i <= patches; ++i) {
                states.push_back(i);
            }
        } else if (ec != std::errc() || end != word.data() + word.size()) {
            return Error{ErrorKind::usage, fmt::format("'--at {}' names no state of the series", word),
                         did_you_mean(word, {"base", "tip", "all"}) + fmt::format("it takes base, tip, all or 0..{}", patches)};
        } else if (number > patches) {
            return Error{ErrorKind::usage, fmt::format("'--at {}' is beyond the series, which has {} patches", word, patches)};
        } else {
            states.push_back(number);
        }
    }
    std::sort(states.begin(), states.end());
    states.erase(std::unique(states.begin(), states.end()), states.end());
    return states;
}

Result<std::vector<Subject>> prepare(const git::Tree& base, const series::Series& series, const std::vector<size_t>& states,
                                     const std::filesystem::path& cache, const BuildNotice& notice)
{
    auto applied = series::apply_series(base, series);
    if (!applied) {
        return applied.error();
    }
    auto toolchain = toolchain_key();
    if (!toolchain) {
        return toolchain.error();
    }
    const std::filesystem::path subjects = cache / "subjects";
    std::error_code ec;
    std::filesystem::create_directories(subjects, ec);
    if (ec) {
        return errno_error("make the folder", subjects.string(), ec.value());
    }
    std::vector<Subject> ready;
    for (const size_t patches : states) {
        git::Tree& files = applied->states[patches];
        auto id = git::tree_id(files);
        if (!id) {
            return id.error();
        }
        Subject subject;
        subject.patches = patches;
        subject.name = state_name(patches, series.patches.size());
        subject.tree_id = id->hex();
        subject.folder = subjects / (subject.tree_id + "-" + *toolchain);
        auto known = read_file(subject.folder / "capabilities");
        if (known) {
            subject.knows_ro = *known == kKnowsRo;
        } else {
            notice(subject.name, subject.tree_id);
            auto built = build(subjects, subject.folder, cache, files);
            if (!built) {
                return explain_build(built.error(), series, ready, patches);
            }
            subject.knows_ro = *built;
        }
        ready.push_back(std::move(subject));
    }
    return ready;
}

}  // namespace rogate::subject
