// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab/linux_machine.h"

#include <algorithm>
#include <fmt/format.h>
#include <unistd.h>

#include "base/file.h"
#include "image/state.h"

namespace rogate::lab {
namespace {

/// With 64 the kernel of linux-image-6.1-amd64 hangs while it unpacks its initramfs.
constexpr int kMemoryMiB = 128;

/// Raised whenever a template is made in another way.
constexpr int kTemplateVersion = 1;

/// The kernel's words: silent, and without what takes time in a machine that lives for a second. A panic restarts,
/// which ends QEMU.
/// no_timer_check: on a busy host the emulated timer can come too late for that check, which then panics (Linux,
/// Documentation/admin-guide/kernel-parameters.txt).
constexpr std::string_view kKernelWords =
    "quiet loglevel=0 mitigations=off nokaslr cryptomgr.notests=1 no_timer_check panic=-1";

/// `words` with the nodes' names replaced by their numbers.
std::string without_names(const LinuxShape& shape)
{
    std::string text;
    for (const std::string& word : shape.devices) {
        std::string plain;
        for (size_t at = 0; at <= word.size();) {
            const size_t end = std::min(word.find(',', at), word.size());
            std::string part = word.substr(at, end - at);
            for (size_t i = 0; i < shape.disks.size(); ++i) {
                if (part == "drive=" + shape.disks[i].node) {
                    part = fmt::format("drive=#{}", i);
                    break;
                }
            }
            plain += (plain.empty() ? "" : ",") + part;
            at = end + 1;
        }
        text += plain + "\n";
    }
    return text;
}

}  // namespace

Result<LinuxFiles> linux_files(const std::filesystem::path& qemu, const std::filesystem::path& folder)
{
    LinuxFiles files{qemu, folder / "vmlinux", folder / "initramfs", {}};
    auto identity = read_file(folder / "identity", 4096);
    for (const std::filesystem::path& file : {files.vmlinux, files.initramfs}) {
        if (!identity || ::access(file.c_str(), R_OK) != 0) {
            return Error{ErrorKind::not_found, fmt::format("there is no Linux guest in '{}'", folder.string()),
                         "run ci/setup, and build the target 'guests'"};
        }
    }
    files.identity = std::move(*identity);
    return files;
}

std::vector<std::string> empty_disk_words(const LinuxDisk& disk)
{
    return {"-blockdev", fmt::format("driver=null-co,node-name={},size={},read-zeroes=on", disk.node, disk.bytes)};
}

bool can_restore(const LinuxShape& shape)
{
    return std::none_of(shape.devices.begin(), shape.devices.end(),
                        [](const std::string& word) { return word == "nvme" || word.starts_with("nvme,"); });
}

Result<std::string> shape_key(const LinuxFiles& files, const LinuxShape& shape)
{
    auto qemu = image::file_state(files.qemu);
    if (!qemu) {
        return qemu.error();
    }
    std::string text = fmt::format("linux {}\n{}{} {} {}\n{}\n{}\n", kTemplateVersion, files.identity,
                                   files.qemu.string(), qemu->size_bytes, qemu->mtime_ns, kKernelWords, shape.needs);
    text += without_names(shape);
    for (const LinuxDisk& disk : shape.disks) {
        text += fmt::format("{}\n", disk.bytes);
    }
    return text;
}

std::vector<std::string> linux_words(const LinuxFiles& files, const LinuxShape& shape, LinuxStart start,
                                     const std::filesystem::path& ram, const std::vector<std::string>& disk_words,
                                     bool resets)
{
    std::vector<std::string> words{files.qemu.string(),
                                   "-accel",
                                   "tcg",
                                   "-m",
                                   std::to_string(kMemoryMiB),
                                   "-nodefaults",
                                   "-no-user-config",
                                   "-display",
                                   "none",
                                   "-bios",
                                   "qboot.rom",
                                   "-device",
                                   "isa-debug-exit,iobase=0xf4,iosize=4",
                                   "-chardev",
                                   fmt::format("socket,id=monitor,fd={}", kMonitorFd),
                                   "-mon",
                                   "chardev=monitor,mode=control",
                                   "-chardev",
                                   fmt::format("socket,id=console,fd={}", kConsoleFd),
                                   "-serial",
                                   "chardev:console"};
    if (start == LinuxStart::boot) {
        words.insert(words.end(), {"-M", "pc"});
    } else {
        words.insert(words.end(), {"-M", "pc,memory-backend=ram", "-object",
                                   fmt::format("memory-backend-file,id=ram,size={}M,mem-path={},share={}", kMemoryMiB,
                                               ram.string(), start == LinuxStart::save ? "on" : "off")});
    }
    if (start == LinuxStart::restore) {
        words.insert(words.end(), {"-incoming", "defer"});
    } else {
        const std::string needs = shape.needs.empty() ? "" : " rogate_needs=" + shape.needs;
        words.insert(words.end(), {"-kernel", files.vmlinux.string(), "-initrd", files.initramfs.string(), "-append",
                                   std::string(kKernelWords) + needs});
    }
    if (!resets) {
        words.emplace_back("-no-reboot");
    }
    words.insert(words.end(), disk_words.begin(), disk_words.end());
    words.insert(words.end(), shape.devices.begin(), shape.devices.end());
    return words;
}

}  // namespace rogate::lab
