// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab/linux_template.h"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <fmt/format.h>
#include <map>
#include <memory>
#include <mutex>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/file.h"
#include "image/recipe.h"
#include "image/state.h"
#include "lab/linux_guest.h"
#include "process/group.h"

namespace rogate::lab {
namespace {

using namespace std::chrono_literals;
using process::Clock;

constexpr std::string_view kUnfinishedPrefix = ".making-";

/// Empty disks of the right sizes; what the guest reads of them while it boots, it forgets when it closes them.
std::vector<std::string> empty_disks(const LinuxShape& shape)
{
    std::vector<std::string> words;
    for (const LinuxDisk& disk : shape.disks) {
        const std::vector<std::string> node = empty_disk_words(disk);
        words.insert(words.end(), node.begin(), node.end());
    }
    return words;
}

/// Gives both files the time that says: nobody wrote here since.
Result<void> seal(const LinuxTemplate& made)
{
    constexpr timespec kTime = {image::kGoldenMtime / 1'000'000'000, image::kGoldenMtime % 1'000'000'000};
    const timespec times[2] = {kTime, kTime};
    for (const std::filesystem::path& file : {made.ram(), made.state()}) {
        if (::utimensat(AT_FDCWD, file.c_str(), times, 0) < 0) {
            return errno_error("seal", file.string(), errno);
        }
    }
    return {};
}

/// Saves the running machine. Not stopped before: a machine saved while it was stopped comes back stopped.
Result<void> save(Qmp& monitor, const LinuxTemplate& to, Clock::time_point until)
{
    const Fd state(::open(to.state().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!state) {
        return errno_error("write", to.state().string(), errno);
    }
    if (auto set = monitor.command("migrate-set-capabilities", kIgnoreShared, until); !set) {
        return set.error();
    }
    if (auto got = monitor.command("getfd", R"({"fdname": "state"})", until, state.get()); !got) {
        return got.error();
    }
    if (auto begun = monitor.command("migrate", R"({"uri": "fd:state"})", until); !begun) {
        return begun.error();
    }
    for (;;) {
        auto answer = monitor.command("query-migrate", "{}", until);
        if (!answer) {
            return answer.error();
        }
        const std::string status = Qmp::field(*answer, "status");
        if (status == "completed") {
            return {};
        }
        if (status == "failed" || status == "cancelled") {
            return Error{ErrorKind::environment,
                         fmt::format("QEMU could not save the machine: {}", Qmp::field(*answer, "error-desc"))};
        }
        ::usleep(2000);
    }
}

/// Boots the machine with its memory in a file, and saves it as soon as it has all its disks.
Result<void> make_template(const LinuxTemplate& to, const LinuxFiles& files, const LinuxShape& shape,
                           Clock::time_point until)
{
    auto guest = LinuxGuest::make(files, shape, std::nullopt);
    if (!guest) {
        return guest.error();
    }
    process::Group group;
    auto qemu = group.start({.argv = linux_words(files, shape, LinuxStart::save, to.ram(), empty_disks(shape)),
                             .env = {},
                             .pass_fds = guest->fds()});
    if (!qemu) {
        return qemu.error();
    }
    guest->started();
    auto made = guest->bring_up(until);
    if (made) {
        made = save(guest->monitor(), to, until);
    }
    if (!made) {
        // QEMU's own words say more than that it is gone.
        group.wait_any({*qemu}, Clock::now() + (made.error().kind == ErrorKind::timeout ? 0ms : 500ms));
        group.stop(*qemu, 0ms);
        if (const std::string& err = group.outcome(*qemu).err; !err.empty()) {
            made.error().text += ": " + err.substr(0, err.find_last_not_of('\n') + 1);
        }
        return made;
    }
    group.stop(*qemu, 0ms);
    return seal(to);
}

std::string key_name(const std::string& key)
{
    const XXH128_hash_t hash = XXH3_128bits(key.data(), key.size());
    return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

bool is_whole(const LinuxTemplate& made)
{
    for (const std::filesystem::path& file : {made.ram(), made.state()}) {
        auto state = image::file_state(file);
        if (!state || state->size_bytes == 0 || state->mtime_ns != image::kGoldenMtime) {
            return false;
        }
    }
    return true;
}

Result<void> make_in_cache(const std::filesystem::path& folder, const LinuxFiles& files, const LinuxShape& shape,
                           Clock::time_point until)
{
    std::error_code error;
    std::filesystem::create_directories(folder.parent_path(), error);
    if (error) {
        return errno_error("make", folder.parent_path().string(), error.value());
    }
    remove_unfinished(folder.parent_path(), kUnfinishedPrefix);
    auto temporary = TempDir::make(folder.parent_path(), std::string(kUnfinishedPrefix));
    if (!temporary) {
        return temporary.error();
    }
    if (auto made = make_template(LinuxTemplate(temporary->path()), files, shape, until); !made) {
        return made.error().while_doing("cannot make a template of the Linux guest");
    }
    // A template that was changed gives way; one that another process has just put there is as good as this one.
    if (std::filesystem::exists(folder, error) && !is_whole(LinuxTemplate(folder))) {
        std::filesystem::remove_all(folder, error);
    }
    if (::rename(temporary->path().c_str(), folder.c_str()) < 0) {
        return errno == ENOTEMPTY || errno == EEXIST ? Result<void>()
                                                     : errno_error("rename to", folder.string(), errno);
    }
    temporary->release();
    return {};
}

/// The threads of one process make a template once and not each for itself. Never freed: one a shape.
std::mutex& mutex_of(const std::filesystem::path& folder)
{
    static std::mutex all;
    static std::map<std::filesystem::path, std::unique_ptr<std::mutex>> mutexes;
    const std::lock_guard lock(all);
    auto& mutex = mutexes[folder];
    if (!mutex) {
        mutex = std::make_unique<std::mutex>();
    }
    return *mutex;
}

}  // namespace

Result<LinuxTemplate> linux_template(const std::filesystem::path& cache_dir, const LinuxFiles& files,
                                     const LinuxShape& shape, std::chrono::milliseconds deadline)
{
    if (!can_restore(shape)) {
        return Error{ErrorKind::usage, "a machine with nvme cannot be saved", "boot it"};
    }
    auto key = shape_key(files, shape);
    if (!key) {
        return key.error();
    }
    const LinuxTemplate wanted(cache_dir / "linux" / key_name(*key));
    const std::lock_guard lock(mutex_of(wanted.folder()));
    if (!is_whole(wanted)) {
        if (auto made = make_in_cache(wanted.folder(), files, shape, Clock::now() + deadline); !made) {
            return made.error();
        }
    }
    return wanted;
}

}  // namespace rogate::lab
