// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "series/outcome.h"

namespace rogate::series {

/// How one region of a conflict was resolved, once and for all places where it comes up again.
struct Resolution {
    std::string note;  ///< where it came up first; for people, may have several lines
    Region region;
    std::string resolved;
};

/// A resolution as a text file to be read and reviewed: the note behind '#', then four parts, whose lines begin with '|'
/// (with '\' where the file's last line lacks its end).
std::string print_resolution(const Resolution& resolution);
/// Errors: corrupt, with the line. `origin` names the file.
Result<Resolution> parse_resolution(std::string_view text, const std::string& origin);

/// The resolutions that a series remembers: the files *.txt of its folder `resolutions`.
class Resolutions {
public:
    Resolutions() = default;
    /// Errors: corrupt, environment. A folder that is not there holds none.
    static Result<Resolutions> load(const std::filesystem::path& series_folder);

    struct Found {
        std::string file_name;
        std::string resolved;
    };
    [[nodiscard]] std::optional<Found> find(const Region& region) const;
    [[nodiscard]] size_t size() const { return by_region_.size(); }

    /// The file's name for a region: the same for the same region.
    static std::string file_name(const Region& region);

private:
    std::map<Region, Found> by_region_;
};

}  // namespace rogate::series
