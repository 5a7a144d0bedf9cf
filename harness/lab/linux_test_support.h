// SPDX-License-Identifier: GPL-2.0-or-later
// What the tests of the Linux guest share: machines with disks that an nbdkit serves, which writes or refuses.
#pragma once

#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/file.h"
#include "lab/fs_image.h"
#include "lab/linux_guest.h"
#include "process/group.h"
#include "process/run_folder.h"

namespace rogate::lab {

inline constexpr uint64_t kTestDiskBytes = 17136 * 512;  // of the reference geometry

/// A disk of a test: its name in the guest, and QEMU's words for its device without the node.
struct TestDisk {
    std::string name;
    std::string device;
};

/// Thirteen disks, on all buses that can be restored; with the controllers that they need.
inline const std::vector<std::string> kTestControllers{
    "lsi53c895a,id=lsi0,addr=5", "virtio-scsi-pci,id=vs0,addr=6", "ich9-ahci,id=ahci0,addr=7", "usb-ehci,id=ehci0,addr=8",
    "piix3-usb-uhci,id=uhci0,addr=9"};
inline const std::vector<TestDisk> kTestDisks{
    {"ide0.0", "ide-hd,bus=ide.0,unit=0"},        {"ide1.1", "ide-hd,bus=ide.1,unit=1"},
    {"lsi0.0", "scsi-hd,bus=lsi0.0,scsi-id=0"},   {"lsi0.3", "scsi-hd,bus=lsi0.0,scsi-id=3"},
    {"vscsi0.0", "scsi-hd,bus=vs0.0,scsi-id=0"},  {"vscsi0.5", "scsi-hd,bus=vs0.0,scsi-id=5"},
    {"vblk0", "virtio-blk-pci,addr=a"},           {"vblk1", "virtio-blk-pci,addr=b"},
    {"ahci0", "ide-hd,bus=ahci0.0"},              {"ahci3", "ide-hd,bus=ahci0.3"},
    {"ehci0", "usb-storage,bus=ehci0.0,port=1"},  {"uhci1", "usb-storage,bus=uhci0.0,port=2"},
    {"fd0", "floppy,bus=floppy-bus.0,unit=0,drive-type=144"}};

/// A shape with one or all of these disks; disk i's node is "d<i>".
inline LinuxShape test_shape(const std::vector<std::string>& controllers, const std::vector<TestDisk>& disks, std::string needs = {})
{
    LinuxShape shape;
    shape.needs = std::move(needs);
    for (const std::string& controller : controllers) {
        shape.devices.insert(shape.devices.end(), {"-device", controller});
    }
    for (const TestDisk& disk : disks) {
        const std::string node = fmt::format("d{}", shape.disks.size());
        shape.devices.insert(shape.devices.end(), {"-device", fmt::format("{},drive={}", disk.device, node)});
        shape.disks.push_back({node, kTestDiskBytes});
    }
    return shape;
}

inline LinuxFiles test_linux_files()
{
    auto files = linux_files("/usr/bin/qemu-system-x86_64", ROGATE_LINUX_GUEST);
    EXPECT_TRUE(files) << files.error().text;
    return files ? *files : LinuxFiles{};
}

/// A machine with its disks: one file a disk in `images`, served by one nbdkit.
class TestMachine {
public:
    /// The images are those of an empty disk unless they are put there before start().
    explicit TestMachine(LinuxShape machine_shape) : shape(std::move(machine_shape))
    {
        auto made = process::RunFolder::make(std::filesystem::temp_directory_path());
        EXPECT_TRUE(made);
        folder_.emplace(std::move(*made));
        for (const LinuxDisk& disk : shape.disks) {
            auto empty = make_fs_image(FsImage::empty, image(disk.node), disk.bytes);
            EXPECT_TRUE(empty) << empty.error().text;
        }
    }

    [[nodiscard]] std::filesystem::path folder() const { return folder_->path(); }
    [[nodiscard]] std::filesystem::path image(const std::string& node) const { return folder_->path() / node; }

    /// Starts nbdkit, which refuses to write with EIO if `refuse`, and QEMU; brings the guest up from `from`.
    Result<void> start(bool refuse, std::optional<LinuxTemplate> from, bool resets = false)
    {
        until = process::Clock::now() + std::chrono::seconds(250);
        const Fd listener = listen();
        std::vector<std::string> server{"nbdkit", "--exit-with-parent", "--foreground", "--filter=error", "file",
                                        "dir=" + folder().string(), "error=EIO", refuse ? "error-pwrite-rate=100%" : "error-pwrite-rate=0%",
                                        refuse ? "error-trim-rate=100%" : "error-trim-rate=0%",
                                        refuse ? "error-zero-rate=100%" : "error-zero-rate=0%"};
        auto served = group.start({.argv = std::move(server), .env = {}, .listen_fd = listener.get()});
        auto made = LinuxGuest::make(test_linux_files(), shape, std::move(from));
        if (!served || !made) {
            return served ? made.error() : served.error();
        }
        guest.emplace(std::move(*made));
        auto started = group.start({.argv = guest->words(nodes(), resets), .env = {}, .pass_fds = guest->fds()});
        if (!started) {
            return started.error();
        }
        qemu = *started;
        guest->started();
        return guest->bring_up(until);
    }

    [[nodiscard]] std::string node_words(const std::string& node) const
    {
        return fmt::format("driver=raw,node-name={0},discard=unmap,file.driver=nbd,file.server.type=unix,file.server.path={1},"
                           "file.server.abstract=on,file.server.tight=on,file.export={0}", node, socket_);
    }

    /// Ends the guest; QEMU's exit status.
    int end()
    {
        EXPECT_TRUE(guest->end(until));
        EXPECT_TRUE(group.wait_any({qemu}, until));
        return group.outcome(qemu).exit_status;
    }

    /// Sends a scenario line and returns the answer's lines, empty after an error, which fails the test.
    std::string scenario(const std::string& disk, const std::string& name)
    {
        auto text = guest->ask(fmt::format("fs {} {} {}", disk, name, kNonce), "end-fs", until);
        EXPECT_TRUE(text) << text.error().text;
        return text ? *text : std::string();
    }

    /// Puts another image in the place of an empty one, before start().
    void put(size_t disk, FsImage what) const
    {
        std::filesystem::remove(image(shape.disks[disk].node));
        auto made = make_fs_image(what, image(shape.disks[disk].node), shape.disks[disk].bytes);
        EXPECT_TRUE(made) << made.error().text;
    }

    [[nodiscard]] std::string content(size_t disk) const
    {
        auto text = read_file(image(shape.disks[disk].node));
        EXPECT_TRUE(text);
        return text ? *text : std::string();
    }

    /// Abstract name of nbdkit's socket.
    [[nodiscard]] const std::string& socket() const { return socket_; }

    static constexpr const char* kNonce = "0123456789abcdef";
    LinuxShape shape;

    process::Group::Id qemu = 0;
    std::optional<LinuxGuest> guest;
    process::Clock::time_point until;

private:
    Fd listen()
    {
        socket_ = folder().filename().string();
        Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path + 1, socket_.data(), socket_.size());
        const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + socket_.size());
        EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
        EXPECT_EQ(::listen(fd.get(), 64), 0);
        return fd;
    }

    [[nodiscard]] std::vector<std::string> nodes() const
    {
        std::vector<std::string> words;
        for (const LinuxDisk& disk : shape.disks) {
            words.insert(words.end(), {"-blockdev", node_words(disk.node)});
        }
        return words;
    }

    std::optional<process::RunFolder> folder_;  // first: removed last, when nobody uses it any more
    std::string socket_;

public:
    process::Group group;  // ended before the folder is removed
};

}  // namespace rogate::lab
