// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/machine.h"

namespace rogate::matrix {

/// A case id's word for how the device model is told of a disk, and what that can say.
struct Configuration {
    std::string_view name;
    lab::Configuration how;
    std::string_view slots;       ///< the device model's places for such a disk: "hd", "sd", "fd", "usb"; empty = the bus says
    std::string_view no_ro;       ///< why it has no read-only case; empty = it has
    std::string_view no_rw;       ///< why it has no read-write case; empty = it has
    std::string_view no_snapshot; ///< why there is no snapshot; empty = there is one
    bool plain_only = false;      ///< backing files change nothing here
    std::string_view formats = {};  ///< the formats it can name, joined by spaces; empty = all
    std::string_view formats_why = {};

    // Of a disk in xenstore:
    std::optional<std::string_view> mode_ro = std::nullopt;  ///< nothing = the key is left out
    std::optional<std::string_view> mode_rw = std::nullopt;
    bool cdrom = false;
    lab::XenWords::Params params = lab::XenWords::Params::file;
    bool behind_another = false;  ///< a read-only disk that is not under test stands first in the domain
    bool changes_medium = false;  ///< another medium is in the drive first

    [[nodiscard]] bool is_xenstore() const { return how == lab::Configuration::xenstore; }
};

/// All of them, in the order of the tables.
const std::vector<Configuration>& configurations();
const Configuration* find_configuration(std::string_view name);

/// The configurations that make sense on a bus, in the order of the tables.
std::vector<const Configuration*> configurations_of(const lab::Bus& bus);

/// The device model's places for such a disk on that bus ("hd") and how many there are.
std::string_view slots_of(const Configuration& configuration, const lab::Bus& bus);
size_t slot_count(std::string_view slots);

}  // namespace rogate::matrix
