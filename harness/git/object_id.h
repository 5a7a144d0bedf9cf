// SPDX-License-Identifier: GPL-2.0-or-later
// git: objects, trees and users' repositories, read only; the only user of libgit2, which is loaded when first needed.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace rogate::git {

/// The SHA-1 name of a git object.
struct ObjectId {
    std::array<uint8_t, 20> bytes{};

    auto operator<=>(const ObjectId&) const = default;
    /// 40 lower-case hexadecimal digits.
    [[nodiscard]] std::string hex() const;
    /// Errors: usage when `text` is not 40 hexadecimal digits.
    static Result<ObjectId> from_hex(std::string_view text);
};

/// The id git gives to an object of `type` ("blob", "tree", "commit") with this body. Needs no libgit2.
ObjectId hash_object(std::string_view type, std::string_view body);

/// The id of a file's content, as `git hash-object` prints it.
ObjectId hash_blob(std::string_view content);

}  // namespace rogate::git
