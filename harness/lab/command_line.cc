// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab/command_line.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "process/spec.h"

namespace rogate::lab {
namespace {

using Words = std::vector<std::string>;

/// A file name as -drive takes it: a comma ends the word unless it is doubled.
std::string doubled_commas(const std::string& name)
{
    std::string text;
    for (const char c : name) {
        text += c == ',' ? std::string(",,") : std::string(1, c);
    }
    return text;
}

std::string drive_word(const DeviceModel& model, const Disk& disk, const std::string& file)
{
    const std::string_view bus = disk.slot[0] == 's' ? "scsi" : disk.slot[0] == 'f' ? "floppy" : "ide";
    return fmt::format("file={},if={},index={},media=disk,format={}{}{}", doubled_commas(file), bus, disk.slot.back() - 'a',
                       disk.original->golden.image.format, disk.snapshot ? ",snapshot=on" : "",
                       disk.read_only && model.knows_ro ? ",ro" : "");
}

void add_disk(Words& words, const DeviceModel& model, const Disk& disk, const std::string& file)
{
    switch (disk.configuration) {
    case Configuration::drive:
        words.insert(words.end(), {"-drive", drive_word(model, disk, file)});
        break;
    case Configuration::hda:
    case Configuration::fda:
        words.insert(words.end(), {"-" + disk.slot, file});
        break;
    case Configuration::cdrom:
        words.insert(words.end(), {"-cdrom", file});
        break;
    case Configuration::usbdevice:
        words.insert(words.end(), {"-usbdevice", fmt::format("disk:{}format={}:{}", disk.read_only && model.knows_usb_ro ? "ro:" : "",
                                                             disk.original->golden.image.format, file)});
        break;
    case Configuration::board:
    case Configuration::board_cd:
    case Configuration::xenstore:
        break;
    }
}

}  // namespace

Words device_model_words(const DeviceModel& model, const std::vector<std::string>& files, unsigned domain)
{
    Words words;
    bool from_xenstore = false;
    bool snapshot = false;
    for (size_t i = 0; i < model.disks.size(); ++i) {
        const Disk& disk = model.disks[i];
        add_disk(words, model, disk, files[i]);
        from_xenstore |= disk.configuration == Configuration::xenstore;
        // But for -drive there is one -snapshot for every disk: the plan puts only such disks together.
        snapshot |= disk.snapshot && disk.configuration != Configuration::drive;
    }
    if (from_xenstore) {
        words.insert(words.begin(), {"-d", std::to_string(domain)});
    }
    if (snapshot) {
        words.emplace_back("-snapshot");
    }
    if (words.empty()) {
        words.insert(words.end(), {"-drive", "if=floppy"});  // the board's own disks need no word, but the bridge one at least
    }
    return words;
}

bool wish_expressible(const DeviceModel& model, const Disk& disk)
{
    return !disk.read_only || (disk.configuration == Configuration::drive       ? model.knows_ro
                               : disk.configuration == Configuration::usbdevice ? model.knows_usb_ro
                                                                                : true);
}

Words nbdkit_words(const Tools& tools, const DeviceModel& model, const std::filesystem::path& request_log,
                   const std::vector<std::string>& device_model)
{
    Words words{tools.nbdkit.string(), "--exit-with-parent", "--foreground", "--filter=log", model.bridge.string(),
                "logfile=" + request_log.string()};
    for (const std::string& word : device_model) {
        words.push_back("arg=" + word);
    }
    return words;
}

// A CD drive sits on the IDE bus, which is why it is the pool that counts.
std::string driven_buses(const std::vector<Attached>& disks)
{
    Words names;
    for (const Attached& one : disks) {
        const std::string name(one.disk.bus->pool);
        if (std::find(names.begin(), names.end(), name) == names.end()) {
            names.push_back(name);
        }
    }
    return fmt::format("{}", fmt::join(names, ","));
}

Words node_words(const std::vector<Attached>& disks)
{
    Words words;
    for (const Attached& one : disks) {
        words.insert(words.end(),
                     {"-blockdev", fmt::format("driver=raw,node-name={},discard=unmap,file.driver=nbd,file.server.type=unix,"
                                               "file.server.path={},file.server.abstract=on,file.server.tight=on,file.export={}",
                                               one.disk.node, one.socket, one.export_name)});
    }
    return words;
}

Words disk_words(const std::vector<Attached>& disks)
{
    Words words = node_words(disks);
    std::vector<BusDisk> on_bus;
    for (const Attached& one : disks) {
        on_bus.push_back(one.disk);
    }
    const Words devices = bus_words(on_bus);
    words.insert(words.end(), devices.begin(), devices.end());
    return words;
}

std::string guest_words(const Tools& tools, const std::vector<Attached>& disks, const std::string& nonce)
{
    std::string words = fmt::format("nonce={} buses={}", nonce, driven_buses(disks));
    for (const std::string& word : tools.guest_words) {
        words += " " + word;
    }
    return words;
}

Words probe_words(const Tools& tools, const std::vector<Attached>& disks, const std::string& nonce)
{
    Words words{tools.qemu.string(), "-accel", "tcg", "-M", "pc", "-m", "16", "-nodefaults",
                "-no-user-config", "-display", "none", "-bios", "qboot.rom", "-kernel",
                tools.guest.string(), "-append", guest_words(tools, disks, nonce), "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
                // The debug console costs a system call a byte: it is for guests that come to nothing.
                "-debugcon", std::string("file:") + kDebugConsole, "-chardev", "stdio,id=console,signal=off", "-device",
                "virtio-serial-pci,addr=0x1f", "-device", "virtconsole,chardev=console"};
    const Words attached = disk_words(disks);
    words.insert(words.end(), attached.begin(), attached.end());
    return words;
}

std::string by_hand(const std::vector<Words>& nbdkits, const std::vector<std::string>& sockets, const Words& qemu)
{
    std::string text;
    for (size_t i = 0; i < nbdkits.size(); ++i) {
        Words server;
        for (const std::string& word : nbdkits[i]) {
            if (word == "--exit-with-parent") {
                server.insert(server.end(), {"--unix", fmt::format("rogate-{}.sock", i)});
            } else {
                server.push_back(word);
            }
        }
        text += process::paste_line(server) + "\n";
    }
    Words client;
    for (std::string word : qemu) {
        for (size_t i = 0; i < sockets.size(); ++i) {
            const std::string abstract = sockets[i] + ",file.server.abstract=on,file.server.tight=on";
            if (const size_t at = word.find(abstract); at != std::string::npos) {
                word.replace(at, abstract.size(), fmt::format("rogate-{}.sock", i));
            }
        }
        client.push_back(std::move(word));
    }
    return qemu.empty() ? text : text + process::paste_line(client) + "\n";
}

}  // namespace rogate::lab
