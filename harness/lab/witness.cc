// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab/witness.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <cstring>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <utility>

namespace rogate::lab {
namespace {

constexpr std::array<std::pair<uint32_t, const char*>, 8> kEvents{{
    {IN_CLOSE_WRITE, "CLOSE_WRITE"},
    {IN_MODIFY, "MODIFY"},
    {IN_ATTRIB, "ATTRIB"},
    {IN_CREATE, "CREATE"},
    {IN_DELETE, "DELETE"},
    {IN_MOVED_FROM, "MOVED_FROM"},
    {IN_MOVED_TO, "MOVED_TO"},
    {IN_Q_OVERFLOW, "OVERFLOW"},
}};

using FileKey = std::pair<dev_t, ino_t>;

std::map<FileKey, std::string> files_of(const std::filesystem::path& folder, const std::filesystem::path& device)
{
    std::map<FileKey, std::string> files;
    std::error_code ec;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, ec)) {
        struct stat st {};
        if (::lstat(entry.path().c_str(), &st) == 0 && S_ISREG(st.st_mode)) {
            files[{st.st_dev, st.st_ino}] = entry.path().lexically_relative(folder).string();
        }
    }
    struct stat node {};
    if (!device.empty() && ::stat(device.c_str(), &node) == 0) {
        files[{node.st_dev, node.st_ino}] = device.filename().string();
    }
    return files;
}

const char* mode_name(int flags)
{
    switch (flags & O_ACCMODE) {
    case O_RDONLY:
        return "O_RDONLY";
    case O_WRONLY:
        return "O_WRONLY";
    default:
        return "O_RDWR";
    }
}

/// The open flags in /proc/PID/fdinfo/FD; -1 when it is gone.
int open_flags(const std::string& fdinfo)
{
    const auto text = read_file(fdinfo, 65536);
    const size_t at = text ? text->find("flags:") : std::string::npos;
    if (at == std::string::npos) {
        return -1;
    }
    const size_t digits = text->find_first_of("01234567", at);
    int flags = -1;
    std::from_chars(text->data() + digits, text->data() + text->size(), flags, 8);
    return flags;
}

void find_descriptors(pid_t pid, const std::map<FileKey, std::string>& files, std::vector<OpenFile>& found)
{
    const std::string base = fmt::format("/proc/{}", pid);
    DIR* folder = ::opendir((base + "/fd").c_str());
    if (!folder) {
        return;
    }
    while (const dirent* entry = ::readdir(folder)) {
        struct stat st {};
        if (::stat(fmt::format("{}/fd/{}", base, entry->d_name).c_str(), &st) != 0) {
            continue;
        }
        const auto file = files.find({st.st_dev, st.st_ino});
        if (file == files.end() || entry->d_name[0] == '.') {
            continue;
        }
        const int flags = open_flags(fmt::format("{}/fdinfo/{}", base, entry->d_name));
        if (flags >= 0) {
            found.push_back({file->second, (flags & O_ACCMODE) != O_RDONLY, false,
                             fmt::format("fd {} {}", entry->d_name, mode_name(flags))});
        }
    }
    ::closedir(folder);
}

/// Lines of maps: "7f..-7f.. rw-s 00000000 fe:00 1234 /path". A private mapping cannot reach the file.
void find_mappings(pid_t pid, const std::map<FileKey, std::string>& files, std::vector<OpenFile>& found)
{
    const auto text = read_file(fmt::format("/proc/{}/maps", pid));
    std::string_view rest = text ? std::string_view(*text) : std::string_view{};
    while (!rest.empty()) {
        const std::string line(rest.substr(0, rest.find('\n')));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        char rights[5] = {};
        unsigned major_number = 0;
        unsigned minor_number = 0;
        unsigned long inode = 0;
        if (std::sscanf(line.c_str(), "%*s %4s %*s %x:%x %lu", rights, &major_number, &minor_number, &inode) != 4 ||
            rights[3] != 's') {
            continue;
        }
        const auto file = files.find({makedev(major_number, minor_number), inode});
        if (file != files.end()) {
            found.push_back({file->second, rights[1] == 'w', true, fmt::format("mapped {}", rights)});
        }
    }
}

/// Closing an inotify descriptor takes 5 to 25 ms, which the kernel spends waiting for other readers of its lists: as
/// long as a third of a whole machine. A descriptor that is in flight inside a socket which nobody can reach any more
/// is closed by the kernel's own thread (unix(7), SCM_RIGHTS; garbage collection of sockets), and nobody waits.
void close_in_background(Fd fd)
{
    int ends[2];
    if (!fd || ::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) < 0) {
        return;
    }
    Fd sender(ends[0]);
    Fd receiver(ends[1]);
    const std::array<int, 2> in_flight{receiver.get(), fd.get()};
    char byte = 0;
    iovec data{&byte, 1};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof in_flight)> control{};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof in_flight);
    std::memcpy(CMSG_DATA(header), in_flight.data(), sizeof in_flight);
    (void)::sendmsg(sender.get(), &message, 0);  // when it fails, the close below takes its time
    fd.reset();
    receiver.reset();
    sender.reset();  // last: it is what wakes the collector
}

}  // namespace

FolderWatch::~FolderWatch() { close_in_background(std::move(fd_)); }

Result<FolderWatch> FolderWatch::make(const std::filesystem::path& folder, const std::filesystem::path& device)
{
    Fd fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    for (int i = 0; i < 200 && !fd && errno == EMFILE; ++i) {
        ::usleep(10'000);  // those on their way out still count
        fd.reset(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    }
    if (!fd) {
        return errno_error("watch with inotify", folder.string(), errno);
    }
    uint32_t mask = 0;
    for (const auto& [bit, name] : kEvents) {
        mask |= bit == IN_Q_OVERFLOW ? 0 : bit;
    }
    std::vector<std::pair<std::filesystem::path, std::string>> watched{{folder, ""}};
    std::error_code ec;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, ec)) {
        if (entry.is_directory(ec) && !entry.is_symlink(ec)) {
            watched.emplace_back(entry.path(), entry.path().lexically_relative(folder).string() + "/");
        }
    }
    if (!device.empty()) {
        watched.emplace_back(device, device.filename().string());
    }
    std::map<int, std::string> names;
    for (const auto& [path, name] : watched) {
        const int watch = ::inotify_add_watch(fd.get(), path.c_str(), mask);
        if (watch < 0) {
            return errno_error("watch with inotify", path.string(), errno);
        }
        names[watch] = name;
    }
    return FolderWatch(std::move(fd), std::move(names));
}

std::vector<KernelEvent> FolderWatch::take()
{
    std::vector<KernelEvent> events;
    alignas(inotify_event) std::array<char, 65536> buffer{};
    for (;;) {
        const ssize_t n = ::read(fd_.get(), buffer.data(), buffer.size());
        if (n <= 0) {
            return events;
        }
        for (ssize_t at = 0; at < n;) {
            const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
            at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
            for (const auto& [bit, name] : kEvents) {
                KernelEvent seen{names_[event->wd] + (event->len > 0 ? event->name : ""), name};
                if ((event->mask & bit) != 0 && (events.empty() || events.back() != seen)) {
                    events.push_back(std::move(seen));
                }
            }
        }
    }
}

std::vector<OpenFile> open_files(pid_t pid, const std::filesystem::path& folder, const std::filesystem::path& device)
{
    const auto files = files_of(folder, device);
    std::vector<OpenFile> found;
    find_descriptors(pid, files, found);
    find_mappings(pid, files, found);
    std::sort(found.begin(), found.end(),
              [](const OpenFile& a, const OpenFile& b) { return std::tie(a.file, a.detail) < std::tie(b.file, b.detail); });
    return found;
}

void merge(std::vector<OpenFile>& list, const std::vector<OpenFile>& more)
{
    for (const OpenFile& file : more) {
        if (std::find(list.begin(), list.end(), file) == list.end()) {
            list.push_back(file);
        }
    }
}

}  // namespace rogate::lab
