// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace rogate::lab {

/// A disk as the toolstack writes it down for a domain's device model.
struct XenDisk {
    std::string device;               ///< hda, sda, ...
    std::string file;                 ///< `params`
    std::string format;               ///< `format`, a driver's name; empty = the key is left out
    std::optional<std::string> mode;  ///< r, w, w!, ...; nothing = the key is left out
    bool cdrom = false;               ///< `device-type`
    std::string type;                 ///< `type`: file, phy, tap
    std::string phantom;              ///< the device (without /dev/) of the backend that `phantom_vbd` names; empty = none
};

/// A real xenstored on a machine without Xen, for the domains of one run.
/// It serves a socket in a folder of the run's own, found by XENSTORED_RUNDIR; a preloaded library answers for the
/// hypervisor (xen/shim.c). Construction and destruction belong to one thread, which outlives the object; add_domain may
/// be called from any.
class XenStore {
public:
    /// Starts it in `folder`, an existing one; a path of some 90 bytes is the longest a socket can have.
    /// Errors: environment, naming the package, when xenstored or the shim is missing or does not come up.
    static Result<std::unique_ptr<XenStore>> start(const std::filesystem::path& folder);
    ~XenStore();
    XenStore(const XenStore&) = delete;
    XenStore& operator=(const XenStore&) = delete;

    /// Writes the disks of a new domain and returns its number. Errors: environment.
    Result<unsigned> add_domain(const std::vector<XenDisk>& disks);

    /// Changes what is in the drive `device` of a domain. Errors: environment.
    Result<void> set_params(unsigned domain, const std::string& device, const std::string& file);

    /// What a client finds it by: the value of XENSTORED_RUNDIR.
    [[nodiscard]] const std::filesystem::path& folder() const;

private:
    struct State;
    explicit XenStore(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// Where xenstored is; Debian has it below /usr/lib/xen-VERSION, ci/setup unpacks it there or in /usr/local.
/// Errors: environment, with what to do.
Result<std::filesystem::path> find_xenstored();

}  // namespace rogate::lab
