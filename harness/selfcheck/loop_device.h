// SPDX-License-Identifier: GPL-2.0-or-later
// Loop devices for tests of host_device: block devices that anybody with root can have.
#pragma once

#include <unistd.h>

#include <string>
#include <vector>

#include "fixture.h"

namespace rogate::selfcheck
{

/// Whether there can be loop devices here: they need root and the kernel's control node.
inline bool loop_devices_work()
{
    return geteuid() == 0 && access("/dev/loop-control", R_OK | W_OK) == 0;
}

/// A loop device over a file, gone with this object.
class Loop
{
public:
    explicit Loop(const std::string& file, bool read_only = false)
    {
        std::vector<std::string> words = {"losetup", "-f", "--show"};
        if (read_only) {
            words.emplace_back("-r");
        }
        words.push_back(file);
        const std::string out = run_ok(words);
        device_ = out.substr(0, out.find('\n'));
    }
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;
    ~Loop()
    {
        if (!device_.empty()) {
            // what --setro sets would outlive the attachment
            run_ok({"blockdev", "--setrw", device_});
            run_ok({"losetup", "-d", device_});
        }
    }
    [[nodiscard]] const std::string& device() const { return device_; }

private:
    std::string device_;
};

}  // namespace rogate::selfcheck
