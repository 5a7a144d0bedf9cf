// SPDX-License-Identifier: GPL-2.0-or-later
// subject: a tree with the first N patches of a series, built once and kept under its content's name.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "git/tree.h"
#include "series/series.h"
#include "subject/profile.h"
#include "subject/source.h"

namespace rogate::subject {

/// A built subject.
struct Subject {
    size_t patches = 0;              ///< how many of the series are applied; 0 = base
    std::string name;                ///< "base", "1" .. , "tip"
    std::string tree_id;             ///< git tree id of all its files
    std::filesystem::path folder;    ///< its build folder, named by tree id and toolchain
    bool knows_ro = false;           ///< its -drive has a word for read-only: found by asking the built program
    bool knows_usb_ro = false;       ///< its -usbdevice has one
    /// What the built bridge tells of itself, by name without the leading rogate_: bdrv_open, read_only, formats...
    std::map<std::string, std::string> facts;

    [[nodiscard]] std::filesystem::path bridge() const { return folder / "bridge.so"; }
    [[nodiscard]] std::filesystem::path image_tool() const { return folder / "ioemu-img"; }
    /// Why a case of these parts cannot be expressed in its block layer's generation; empty when it can.
    [[nodiscard]] std::string cannot_express(bool read_only, const std::string& shape) const;
};

/// What `--at` names: base, tip, all, or a number of patches, several joined by commas. Sorted, each once.
/// Errors: usage, for an unknown word or a number beyond the series.
Result<std::vector<size_t>> parse_at(const std::string& words, size_t patches);

/// "base", "tip" for all patches of `total`, else the number. A series without patches has only its base.
std::string state_name(size_t patches, size_t total);

/// Called before a subject is built, so that a long build shows what it is doing.
using BuildNotice = std::function<void(const std::string& name, const std::string& tree_id)>;

/// Applies `series` to the source in memory and returns the subjects after each of `states` patches, built where they
/// are not yet below `cache`/subjects. Builds are made in a temporary folder and renamed; several processes may build
/// at once. Errors: conflict, for a patch that does not apply; build, with the compiler's first message and the patch
/// that brought it, or the symbols that the link lacks and the files that define them; usage, for a bad profile;
/// environment.
Result<std::vector<Subject>> prepare(const Source& source, const series::Series& series,
                                     const std::vector<size_t>& states, const std::filesystem::path& cache,
                                     const BuildNotice& notice);

/// The same for a tree that holds its profile and has all its contents loaded.
Result<std::vector<Subject>> prepare(const git::Tree& base, const series::Series& series,
                                     const std::vector<size_t>& states, const std::filesystem::path& cache,
                                     const BuildNotice& notice);

}  // namespace rogate::subject
