// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/store.h"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/file.h"
#include "git/tree.h"
#include "process/run_folder.h"

namespace rogate::series {
namespace {

namespace fs = std::filesystem;

constexpr const char* kOwn = ".rogate";
constexpr const char* kResolutions = "resolutions";
constexpr int kKept = 10;

/// A series' folder, locked against another rogate, and a folder beside it that is gone whatever happens.
struct Workshop {
    fs::path folder;
    Fd lock;
    process::RunFolder work;
};

Result<Workshop> open_workshop(const fs::path& named)
{
    std::error_code err;
    const fs::path folder = fs::canonical(named, err);
    if (err) {
        return errno_error("find the series", named.string(), err.value());
    }
    Fd lock(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!lock) {
        return errno_error("open the series", folder.string(), errno);
    }
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        return Error{ErrorKind::environment, fmt::format("another rogate is at work on '{}'", folder.string()), "wait until it is done"};
    }
    auto work = process::RunFolder::make(folder.parent_path());
    if (!work) {
        return work.error();
    }
    return Workshop{folder, std::move(lock), *std::move(work)};
}

/// Copies the series' files, without what rogate keeps beside them.
Result<void> copy_files(const fs::path& from, const fs::path& to)
{
    std::error_code err;
    fs::create_directories(to, err);
    struct stat st {};
    if (err || ::stat(from.c_str(), &st) != 0 || ::chmod(to.c_str(), st.st_mode & 07777) != 0) {
        return errno_error("copy the series to", to.string(), err ? err.value() : errno);
    }
    for (fs::directory_iterator it(from, err), end; !err && it != end; it.increment(err)) {
        if (it->path().filename() != kOwn) {
            fs::copy(it->path(), to / it->path().filename(), fs::copy_options::recursive | fs::copy_options::copy_symlinks, err);
        }
    }
    return err ? Result<void>(errno_error("copy the series", from.string(), err.value())) : Result<void>();
}

/// Copies a series and those before it, `depth` of them at most.
Result<void> copy_with_past(const fs::path& from, const fs::path& to, int depth)
{
    if (auto copied = copy_files(from, to); !copied) {
        return copied;
    }
    std::error_code err;
    const fs::path past = from / kOwn / "previous";
    if (depth > 1 && fs::is_directory(past, err)) {
        if (auto copied = copy_with_past(past, to / kOwn / "previous", depth - 1); !copied) {
            return copied;
        }
    }
    const fs::path stamp = from / kOwn / "stamp";
    if (fs::exists(stamp, err)) {
        fs::create_directories(to / kOwn, err);
        fs::copy_file(stamp, to / kOwn / "stamp", err);
    }
    return err ? Result<void>(errno_error("copy the series", from.string(), err.value())) : Result<void>();
}

/// Names the series' files and their contents.
Result<std::string> stamp_of(const fs::path& folder)
{
    git::Tree files;
    std::error_code err;
    for (fs::recursive_directory_iterator it(folder, err), end; !err && it != end; it.increment(err)) {
        const bool apart = it->path().filename() == kOwn || it->path().filename() == kResolutions;  // these outlive an undo
        if (it.depth() == 0 && apart) {
            it.disable_recursion_pending();
            continue;
        }
        if (!it->is_regular_file() || it->is_symlink()) {
            continue;
        }
        auto text = read_file(it->path());
        if (!text) {
            return text.error();
        }
        files[it->path().lexically_relative(folder).string()] = {git::kModeFile, std::make_shared<const std::string>(*std::move(text)), {}};
    }
    if (err) {
        return errno_error("read the folder", folder.string(), err.value());
    }
    const auto id = git::tree_id(files);
    return id ? Result<std::string>(id->hex() + "\n") : Result<std::string>(id.error());
}

Result<void> exchange(const fs::path& a, const fs::path& b)
{
    if (::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) == 0) {
        return {};
    }
    Error error = errno_error("exchange the old and the new folder of", b.string(), errno);
    error.hint = errno == EINVAL ? "this file system cannot do that: copy the series to another one" : "";
    return error;
}

}  // namespace

fs::path conflicts_folder(const fs::path& folder)
{
    return folder / kOwn / "conflicts";
}

Result<void> replace_series(const fs::path& named, const FileUpdates& updates)
{
    auto workshop = open_workshop(named);
    if (!workshop) {
        return workshop.error();
    }
    const fs::path made = workshop->work.path() / "series";
    if (auto copied = copy_files(workshop->folder, made); !copied) {
        return copied;
    }
    std::error_code err;
    for (const auto& [path, text] : updates) {
        if (!text) {
            fs::remove(made / path, err);
            continue;
        }
        fs::create_directories((made / path).parent_path(), err);
        if (auto written = write_file(made / path, *text); !written) {
            return written;
        }
    }
    if (auto copied = copy_with_past(workshop->folder, made / kOwn / "previous", kKept); !copied) {
        return copied;
    }
    const auto stamp = stamp_of(made);
    auto written = stamp ? write_file(made / kOwn / "stamp", *stamp) : Result<void>(stamp.error());
    if (written) {
        written = write_file(made / kOwn / ".gitignore", "*\n");
    }
    return written ? exchange(made, workshop->folder) : written;
}

Result<void> undo_series(const fs::path& named, bool force)
{
    auto workshop = open_workshop(named);
    if (!workshop) {
        return workshop.error();
    }
    const fs::path previous = workshop->folder / kOwn / "previous";
    std::error_code err;
    if (!fs::is_directory(previous, err)) {
        return Error{ErrorKind::not_found, fmt::format("'{}' has nothing to undo", named.string()), "only a refresh or rebase can be undone"};
    }
    const auto stamp = stamp_of(workshop->folder);
    const auto known = read_file(workshop->folder / kOwn / "stamp");
    if (!stamp) {
        return stamp.error();
    }
    if (!force && (!known || *known != *stamp)) {
        return Error{ErrorKind::conflict, fmt::format("'{}' was changed since, and undo would lose that", named.string()),
                     "save your changes, then undo with --force"};
    }
    const fs::path made = workshop->work.path() / "series";
    if (auto copied = copy_with_past(previous, made, kKept); !copied) {
        return copied;
    }
    const fs::path resolutions = workshop->folder / kResolutions;
    if (fs::is_directory(resolutions, err)) {
        fs::copy(resolutions, made / kResolutions, fs::copy_options::recursive | fs::copy_options::overwrite_existing, err);
        if (err) {
            return errno_error("copy", resolutions.string(), err.value());
        }
    }
    if (fs::exists(made / kOwn, err)) {
        if (auto written = write_file(made / kOwn / ".gitignore", "*\n"); !written) {
            return written;
        }
    }
    return exchange(made, workshop->folder);
}

Result<void> write_conflicts(const fs::path& named, const std::map<std::string, std::string>& files)
{
    std::error_code err;
    const fs::path target = conflicts_folder(named);
    if (files.empty()) {
        fs::remove_all(target, err);
        return err ? Result<void>(errno_error("remove", target.string(), err.value())) : Result<void>();
    }
    auto workshop = open_workshop(named);
    if (!workshop) {
        return workshop.error();
    }
    const fs::path made = workshop->work.path() / "conflicts";
    for (const auto& [path, text] : files) {
        fs::create_directories((made / path).parent_path(), err);
        if (auto written = write_file(made / path, text); !written) {
            return written;
        }
    }
    const fs::path final_folder = conflicts_folder(workshop->folder);
    fs::create_directories(final_folder, err);
    if (auto written = write_file(final_folder.parent_path() / ".gitignore", "*\n"); !written) {
        return written;
    }
    return exchange(made, final_folder);
}

}  // namespace rogate::series
