// SPDX-License-Identifier: GPL-2.0-or-later
// What the checks of formats that cannot be written share: contents, random reads, refusals, damage.
#pragma once

#include <functional>
#include <vector>

#include "fixture.h"
#include "image/io.h"

namespace rogate::selfcheck
{

/// The reference size: 8773632 bytes, no multiple of any larger power of two than 4096.
inline constexpr int64_t kReferenceSectors = 17136;

/// Random content with two long stretches of zeros, so that whole clusters and chunks are absent.
Bytes sparse_content(std::mt19937_64& random, size_t bytes);

/// The runs of sectors of `content` that are not zero, and the sectors themselves: what image writers ask for.
std::vector<image::SectorRange> filled_sectors(const Bytes& content);
image::SectorSource sectors_of(const Bytes& content);

/// At least 10,000 reads at random places and of random lengths, some of them of bytes, some of them out of range, with
/// the image opened anew between; fails the test at the first that differs from `model`.
void read_at_random(const std::string& image, const std::string& format, const Bytes& model);

/// Every entry point that could change the image refuses, and neither the file's bytes nor its times change.
void expect_only_reads(const std::string& image, const std::string& format);

/// Access modes (O_RDONLY, O_RDWR) of this process's descriptors of `file`.
std::vector<int> open_modes(const std::string& file);

/// A change of some bytes of an image, and what opening it then answers.
struct Damage {
    const char* what;
    uint64_t offset;
    Bytes bytes;
    int status;
};

/// Opens `image` once for each damage and expects its status; the image itself stays as it is.
void expect_refused(const std::string& image, const std::string& format, const std::vector<Damage>& damages);

/// A part of an image whose bytes steer the driver.
struct Region {
    uint64_t offset;
    uint64_t length;
};

/// Changes up to 4 bytes within `regions` (or cuts the file off) `rounds` times, opens and reads: whatever the driver
/// makes of it, it must answer with success or an error. The sanitizers are the oracle. Returns how many were opened.
int read_damaged(const std::string& image, const std::string& format, const std::vector<Region>& regions, int rounds);

/// An integer of `width` bytes, least significant first.
Bytes little_endian(uint64_t value, int width);

/// The bytes of a text, without a NUL.
Bytes text_bytes(const std::string& text);

}  // namespace rogate::selfcheck
