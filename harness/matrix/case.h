// SPDX-License-Identifier: GPL-2.0-or-later
// matrix: which cases there are, which of them to run, on what machines, and what follows from their evidence.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace rogate::matrix {

enum class Mode { ro, rw };

/// One way to give a guest a disk; its id is the parts joined: qcow/ide/ro/drive/backed.
struct Case {
    std::string format;
    std::string bus;
    Mode mode = Mode::ro;
    std::string configuration;  ///< how the device model is told of the disk: drive, hda
    std::string shape;          ///< plain, backed, snapshot
    std::string skip = {};      ///< why there is nothing to run; empty = it runs

    [[nodiscard]] std::string id() const;
    bool operator==(const Case& other) const { return id() == other.id(); }
};

std::string_view to_string(Mode mode);

/// Every case of the default matrix, in the order of the table; those that make no sense have a skip reason.
std::vector<Case> all_cases();

/// True when `id` fits `pattern`, part by part: `*` and `?` never cross a `/`, and a pattern with fewer parts fits
/// any rest: 'qcow*/ide/ro/*/backed', 'raw'.
bool matches(std::string_view pattern, std::string_view id);

/// The cases that fit any of `patterns`, in table order; all of them when there is no pattern.
/// Errors: usage, for a pattern that fits nothing, naming the part that is unknown and the nearest right word.
Result<std::vector<Case>> select(const std::vector<std::string>& patterns);

}  // namespace rogate::matrix
