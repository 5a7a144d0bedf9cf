// SPDX-License-Identifier: GPL-2.0-or-later
// Loop devices: block devices over the files of host_device images.
#pragma once

#include <filesystem>
#include <string>

#include "base/file.h"
#include "base/result.h"

namespace rogate::image {

/// A loop device over a file. It is detached with this object, and by the kernel when the process ends in whatever way:
/// the device is set to detach itself with its last user (LO_FLAGS_AUTOCLEAR, loop(4)), and this object is one.
class LoopDevice {
public:
    /// Attaches a free loop device to `file`; with `read_only`, to a descriptor that cannot write, so that the kernel
    /// refuses every write to the device. Sectors of 512 bytes; no partitions are looked for.
    /// Errors: not_found; environment, e.g. without the right to (root) or without loop devices.
    static Result<LoopDevice> attach(const std::filesystem::path& file, bool read_only);

    LoopDevice(LoopDevice&& other) noexcept = default;
    LoopDevice& operator=(LoopDevice&&) = delete;
    LoopDevice(const LoopDevice&) = delete;
    LoopDevice& operator=(const LoopDevice&) = delete;
    ~LoopDevice();

    /// The device's node, e.g. /dev/loop3. After detach() it is anybody's.
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

    /// Writes what was written to the device through to the file and detaches, once: the file then holds all of it. If
    /// another program still has the device open, it stays attached until that closes it, which is an error here.
    /// Errors: environment.
    Result<void> detach();

private:
    LoopDevice(Fd device, std::filesystem::path path) : device_(std::move(device)), path_(std::move(path)) {}

    Fd device_;
    std::filesystem::path path_;
};

/// Why no loop device can be attached here (no right to, no loop devices); empty when one can.
std::string no_loop_devices();

}  // namespace rogate::image
