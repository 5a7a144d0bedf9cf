// SPDX-License-Identifier: GPL-2.0-or-later
#include "matrix/configuration.h"

#include <algorithm>

namespace rogate::matrix {
namespace {

using How = lab::Configuration;
using Params = lab::XenWords::Params;

constexpr std::string_view kCdIsReadOnly = "a CD is never written; its read-write twin is the disk's";
constexpr std::string_view kNoSnapshotWord = "it has no word for a snapshot";
constexpr std::string_view kXenSnapshot = "xenstore has no word for a snapshot";

std::vector<Configuration> make()
{
    std::vector<Configuration> all;
    all.push_back({"drive", How::drive, "", "", "", ""});
    all.push_back({"hda", How::hda, "hd", "-hda has no word for read-only; -drive has", "", ""});
    all.push_back({"cdrom", How::cdrom, "cd", "", kCdIsReadOnly, "a CD needs no snapshot", true});
    all.push_back({"fda", How::fda, "fd", "-fda has no word for read-only; -drive if=floppy has", "", "the same as with -hda", true});
    all.push_back({"usbdevice", How::usbdevice, "usb", "", "", kNoSnapshotWord, true});
    all.push_back({"board", How::board, "sd", "nothing configures the board's own disk", "", kNoSnapshotWord, true,
                   "raw cow qcow qcow2 vmdk vpc bochs cloop parallels", "the board opens a file of its own name, and its format is probed"});
    all.push_back({"board-cd", How::board_cd, "sd", "", kCdIsReadOnly, kNoSnapshotWord, true,
                   "raw cow qcow qcow2 vmdk vpc bochs cloop parallels", "the board opens a file of its own name, and its format is probed"});
    const auto xen = [&](std::string_view name, std::optional<std::string_view> ro, std::optional<std::string_view> rw) -> Configuration& {
        Configuration one{name, How::xenstore, "hd", "", "", kXenSnapshot};
        one.mode_ro = ro;
        one.mode_rw = rw;
        all.push_back(one);
        return all.back();
    };
    xen("xenstore", "r", "w");
    xen("xenstore-second", "r", "w").behind_another = true;
    xen("xenstore-nomode", std::nullopt, std::nullopt).no_rw = "without a mode a disk is read-only; the twin is rw/xenstore";
    Configuration& odd = xen("xenstore-odd", "x", std::nullopt);
    odd.no_rw = "an unknown mode is read-only; the twin is rw/xenstore";
    odd.plain_only = true;
    Configuration& shared = xen("xenstore-shared", std::nullopt, "w!");
    shared.no_ro = "w! is writable, shared with others";
    shared.plain_only = true;
    Configuration& tap = xen("xenstore-tap", "r", "w");
    tap.params = Params::tap;
    tap.plain_only = true;
    tap.formats = "raw qcow qcow2 vmdk";
    tap.formats_why = "a tap disk's params have no word for it";
    Configuration& phy = xen("xenstore-phy", "r", "w");
    phy.params = Params::phy;
    phy.formats = "host_device";
    phy.formats_why = "phy names a device";
    Configuration& phantom = xen("xenstore-phantom", "r", "w");
    phantom.params = Params::phantom;
    phantom.formats = "host_device";
    phantom.formats_why = "a phantom names a device";
    Configuration& cd = xen("xenstore-cdrom", "w", std::nullopt);
    cd.no_rw = kCdIsReadOnly;
    cd.cdrom = true;
    cd.plain_only = true;
    Configuration& change = xen("xenstore-change", "r", std::nullopt);
    change.no_rw = kCdIsReadOnly;
    change.cdrom = true;
    change.changes_medium = true;
    change.plain_only = true;
    Configuration img{"img", How::drive, "img", "", "what is only read is opened read-only, whatever the disk", "a tool takes no snapshot"};
    all.push_back(img);
    return all;
}

}  // namespace

const std::vector<Configuration>& configurations()
{
    static const std::vector<Configuration> all = make();
    return all;
}

const Configuration* find_configuration(std::string_view name)
{
    const auto found =
        std::find_if(configurations().begin(), configurations().end(), [&](const Configuration& one) { return one.name == name; });
    return found == configurations().end() ? nullptr : &*found;
}

std::vector<const Configuration*> configurations_of(const lab::Bus& bus)
{
    // IDE is the bus of the device model's own time and the cheapest to drive: there every way is tried. Elsewhere it is
    // the bus that is new, so one way is enough, and where the bus has ways of its own, those.
    std::vector<std::string_view> names;
    if (bus.name == "ide") {
        for (const Configuration& one : configurations()) {
            if (one.name != "img") {
                names.push_back(one.name);
            }
        }
    } else if (bus.name == "lsi") {
        names = {"drive", "xenstore"};
    } else if (bus.name == "floppy") {
        names = {"drive", "fda"};
    } else if (bus.name == "atapi") {
        names = {"cdrom", "xenstore-cdrom", "xenstore-change"};
    } else if (bus.name == "uhci" || bus.name == "ehci") {
        names = {"usbdevice"};
    } else if (bus.name == "tool") {
        names = {"img"};
    } else {
        names = {"drive"};
    }
    std::vector<const Configuration*> found;
    for (const std::string_view name : names) {
        found.push_back(find_configuration(name));
    }
    return found;
}

std::string_view slots_of(const Configuration& configuration, const lab::Bus& bus)
{
    if (configuration.is_xenstore() && bus.name == "lsi") {
        return "sd";
    }
    if (!configuration.slots.empty()) {
        return configuration.slots;
    }
    return bus.name == "floppy" ? "fd" : bus.name == "lsi" || bus.name == "virtio-scsi" ? "sd" : "hd";
}

size_t slot_count(std::string_view slots)
{
    return slots == "hd" ? 4 : slots == "sd" ? 7 : slots == "fd" ? 2 : slots == "usb" ? 4 : 1;
}

}  // namespace rogate::matrix
