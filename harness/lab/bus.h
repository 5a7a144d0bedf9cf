// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rogate::lab {

/// Who gives a bus's commands.
enum class GuestKind {
    probe,       ///< guests/probe, in QEMU
    linux_,      ///< guests/linux, in QEMU
    monitor,     ///< the host itself: the block layer's entry points that no guest reaches, but a monitor command does
    image_tool,  ///< the subject's image tool, on the files themselves: no device model, no QEMU
};

/// A kind of controller that a disk can hang on.
struct Bus {
    std::string_view name;    ///< the case id's word for it
    std::string_view pool;    ///< buses of one pool share their places: a CD takes an IDE disk's
    size_t places;            ///< disks in one machine
    GuestKind guest;
    bool writes;              ///< it has commands that can write; without, a case shows what is open and no more
};

/// All of them, in the order of the tables.
const std::vector<Bus>& buses();

/// Null when there is none of that name.
const Bus* find_bus(std::string_view name);

/// The name under which the guest reports the disk at `place` (0..places-1): ide0.1, vscsi0.12.
std::string guest_disk_name(const Bus& bus, size_t place);

/// A disk as QEMU hangs it on a bus.
struct BusDisk {
    const Bus* bus = nullptr;
    size_t place = 0;
    std::string node;  ///< the -blockdev's node name
};

/// QEMU's words for the controllers that `disks` need and for the disks on them. PCI addresses are fixed, so that the
/// guest's count of controllers is the host's.
std::vector<std::string> bus_words(const std::vector<BusDisk>& disks);

}  // namespace rogate::lab
