// SPDX-License-Identifier: GPL-2.0-or-later
// SHA-256, one stream at a time by libcrypto, and many short messages side by side.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace rogate::image {

using Sha256 = std::array<uint8_t, 32>;

/// Lower-case hexadecimal.
std::string to_hex(std::span<const uint8_t> bytes);

/// SHA-256 of what is added, in that order. A failure of libcrypto is kept until finish(), which is called once.
class Sha256Stream {
public:
    Sha256Stream();
    ~Sha256Stream();
    Sha256Stream(const Sha256Stream&) = delete;
    Sha256Stream& operator=(const Sha256Stream&) = delete;

    void add(const void* bytes, size_t length);
    /// Eight bytes, little endian.
    void add_number(uint64_t number);
    /// Errors: environment.
    Result<Sha256> finish();

private:
    void* context_ = nullptr;
    bool ok_ = false;
};

/// What computes the digests of many messages; all give the same digests.
enum class Sha256Engine {
    libcrypto,  ///< one after the other; is always there
    sse,        ///< the rest is libIPSec_MB's: one message in each lane of a vector register,
    avx2,       ///< or two in turn where the processor has SHA instructions (sse)
    avx512,
};

std::string_view engine_name(Sha256Engine engine);

/// What this machine can use, libcrypto first and the widest and fastest last. libIPSec_MB is loaded by the first call.
const std::vector<Sha256Engine>& sha256_engines();

/// The longest message of which digest_each() makes use of lanes. Source: intel-ipsec-mb.h 1.3, whose managers keep
/// lengths of 16 bits.
inline constexpr size_t kLaneBytes = 65534;

/// How many messages of the same length digest_each() should be given at once, whatever the engine.
inline constexpr size_t kLanes = 16;

/// Digests messages side by side. Not to be used by two threads at once.
class Sha256Lanes {
public:
    /// `engine` must be one of sha256_engines(). Errors: environment.
    static Result<Sha256Lanes> make(Sha256Engine engine);
    Sha256Lanes(Sha256Lanes&& other) noexcept;
    Sha256Lanes& operator=(Sha256Lanes&&) = delete;
    Sha256Lanes(const Sha256Lanes&) = delete;
    ~Sha256Lanes();

    /// Writes the digest of messages[i] to digests[i]; the spans are equally long. What is too little to fill the lanes
    /// or too long for them goes to libcrypto. Errors: environment.
    Result<void> digest_each(std::span<const std::span<const uint8_t>> messages, std::span<Sha256> digests);

private:
    struct Manager;
    Sha256Lanes(Sha256Engine engine, Manager* manager) : engine_(engine), manager_(manager) {}
    Sha256Engine engine_;
    Manager* manager_;
};

}  // namespace rogate::image
