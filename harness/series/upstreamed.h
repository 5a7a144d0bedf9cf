// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "git/tree.h"
#include "series/rangediff.h"

namespace rogate::series {

/// How much of a patch upstream has.
enum class Upstream {
    patch_id,  ///< a commit makes the same change, line numbers and white space apart
    content,   ///< the tip holds the change, whichever commits brought it
    partly,    ///< commits hold some of its hunks
    none,
};

std::string_view to_string(Upstream how);

struct UpstreamedPatch {
    std::string file_name;
    Upstream how = Upstream::none;
    std::vector<std::string> commits;  ///< "1a2b3c4 subject" of those that hold it or hunks of it, oldest first
    size_t hunks_found = 0;            ///< in those commits
    size_t hunks = 0;
};

/// Looks for the patches of `series` in the commits `upstream` (see read_range()) and in the files `tip` after them,
/// which need contents for the series' paths. By content, patches are taken back from the last to the first, so that one
/// that a later one builds on is found, too.
std::vector<UpstreamedPatch> find_upstreamed(const Series& series, const Version& upstream, const git::Tree& tip);

}  // namespace rogate::series
