// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab/bus.h"

#include <algorithm>
#include <fmt/format.h>

namespace rogate::lab {
namespace {

// Where the controllers sit on PCI bus 0; 1 is the board's own (IDE and its bridge). Single functions from here on.
constexpr unsigned kAhciSlot = 0x04;
constexpr unsigned kVirtioScsiSlot = 0x05;
constexpr unsigned kLsiSlot = 0x06;
constexpr unsigned kUhciSlot = 0x07;
constexpr unsigned kEhciSlot = 0x08;
constexpr unsigned kNvmeSlot = 0x09;
constexpr unsigned kVirtioBlkSlot = 0x10;

// Refused or failed requests go to the guest: the default would stop the machine when a disk is full.
constexpr std::string_view kReport = "werror=report,rerror=report";

std::string ide_device(const char* device, size_t place, const std::string& node)
{
    return fmt::format("{},bus=ide.{},unit={},drive={},{}", device, place / 2, place % 2, node, kReport);
}

/// The controller that a disk needs, often one for all disks of its bus; none for those the board has and for those that
/// are the disk.
std::string controller_word(const BusDisk& disk)
{
    const std::string_view bus = disk.bus->name;
    if (bus == "ahci") {
        return fmt::format("ich9-ahci,id=ahci0,addr={:#x}", kAhciSlot);
    }
    if (bus == "virtio-scsi") {
        return fmt::format("virtio-scsi-pci,id=vs0,disable-legacy=off,addr={:#x}", kVirtioScsiSlot);
    }
    if (bus == "lsi") {
        return fmt::format("lsi53c895a,id=lsi0,addr={:#x}", kLsiSlot);
    }
    if (bus == "uhci") {
        return fmt::format("piix3-usb-uhci,id=uhci0,addr={:#x}", kUhciSlot);
    }
    if (bus == "ehci") {
        return fmt::format("usb-ehci,id=ehci0,addr={:#x}", kEhciSlot);
    }
    if (bus == "nvme") {  // with a name space of its own: the one that comes with the controller cannot copy
        return fmt::format("nvme,id=nvme{0},addr={1:#x},serial=rogate{0}", disk.place, kNvmeSlot + disk.place);
    }
    return {};
}

std::string device_word(const BusDisk& disk)
{
    const std::string_view bus = disk.bus->name;
    const size_t place = disk.place;
    if (bus == "ide" || bus == "atapi") {
        return ide_device(bus == "ide" ? "ide-hd" : "ide-cd", place, disk.node);
    }
    if (bus == "ahci") {
        return fmt::format("ide-hd,bus=ahci0.{},drive={},{}", place, disk.node, kReport);
    }
    if (bus == "virtio-scsi") {
        return fmt::format("scsi-hd,bus=vs0.0,scsi-id={},drive={},{}", place, disk.node, kReport);
    }
    if (bus == "lsi") {
        return fmt::format("scsi-hd,bus=lsi0.0,scsi-id={},drive={},{}", place, disk.node, kReport);
    }
    if (bus == "uhci" || bus == "ehci") {
        return fmt::format("usb-storage,bus={}0.0,port={},drive={},{}", bus, place + 1, disk.node, kReport);
    }
    if (bus == "virtio-blk") {
        return fmt::format("virtio-blk-pci,addr={:#x},disable-legacy=off,drive={},{}", kVirtioBlkSlot + place, disk.node, kReport);
    }
    if (bus == "nvme") {
        return fmt::format("nvme-ns,bus=nvme{},drive={}", place, disk.node);
    }
    // It has no words for errors; the default reports all but a full disk.
    return fmt::format("floppy,bus=floppy-bus.0,unit={},drive={},drive-type=144", place, disk.node);
}

}  // namespace

const std::vector<Bus>& buses()
{
    static const std::vector<Bus> all{
        {"ide", "ide", 4, GuestKind::probe, true},
        {"ahci", "ahci", 6, GuestKind::probe, true},
        {"virtio-blk", "virtio-blk", 8, GuestKind::probe, true},
        {"virtio-scsi", "virtio-scsi", 16, GuestKind::probe, true},
        {"nvme", "nvme", 6, GuestKind::probe, true},
        {"floppy", "floppy", 2, GuestKind::probe, true},
        {"atapi", "ide", 4, GuestKind::probe, false},
        {"lsi", "lsi", 7, GuestKind::linux_, true},
        {"uhci", "uhci", 2, GuestKind::linux_, true},
        {"ehci", "ehci", 6, GuestKind::linux_, true},
        {"monitor", "monitor", 8, GuestKind::monitor, true},
        {"tool", "tool", 1, GuestKind::image_tool, false},
    };
    return all;
}

const Bus* find_bus(std::string_view name)
{
    const auto found = std::find_if(buses().begin(), buses().end(), [&](const Bus& bus) { return bus.name == name; });
    return found == buses().end() ? nullptr : &*found;
}

std::string guest_disk_name(const Bus& bus, size_t place)
{
    if (bus.pool == "ide") {
        return fmt::format("ide{}.{}", place / 2, place % 2);
    }
    if (bus.name == "virtio-scsi" || bus.name == "lsi") {
        return fmt::format("{}0.{}", bus.name == "lsi" ? "lsi" : "vscsi", place);
    }
    return fmt::format("{}{}", bus.name == "virtio-blk" ? "vblk" : bus.name == "floppy" ? "fd" : bus.name, place);
}

std::vector<std::string> bus_words(const std::vector<BusDisk>& disks)
{
    std::vector<std::string> words;
    std::vector<std::string> controllers;
    for (const BusDisk& disk : disks) {
        const std::string controller = controller_word(disk);
        if (!controller.empty() && std::find(controllers.begin(), controllers.end(), controller) == controllers.end()) {
            words.insert(words.end(), {"-device", controller});
            controllers.push_back(controller);
        }
        words.insert(words.end(), {"-device", device_word(disk)});
    }
    return words;
}

}  // namespace rogate::lab
