// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "series/touched.h"

namespace rogate::series {

/// The four corners of a file that a series was carried from one base to another with.
struct Corners {
    std::string_view old_base;
    std::string_view old_tip;
    std::string_view new_base;
    std::string_view new_tip;
};

/// A place where the bases differ otherwise than the tips do.
struct Difference {
    bool in_bases = false;  ///< the bases differ there and the tips do not; else the other way round
    LineRange lines;        ///< of the old base, or of the old tip
    std::string removed;
    std::string added;
};

/// Carrying a series keeps this: outside of what was resolved by hand or is upstream's already, the old base differs from the
/// new one exactly as the old tip does from the new one. Lists where it does not, in the order of the lines.
/// Two texts can differ in several ways that come to the same, so that what a merge finds alike counts as alike.
/// Errors: environment.
Result<std::vector<Difference>> check_corners(const Corners& corners);

/// What check_carry() found.
struct CarryCheck {
    size_t checked = 0;                                        ///< files of which an old base is known
    size_t unchecked = 0;                                      ///< files of which none is
    std::vector<std::pair<std::string, Difference>> broken;   ///< path, where it does not hold
};

/// Checks all files of a series that was carried onto `base` with that outcome: check_corners() between the ancestor that
/// `ancestors` puts first and `base`, without what lies in hunks that were resolved or that upstream has.
/// Errors: of `ancestors` and `load`; environment.
Result<CarryCheck> check_carry(const Series& series, Carrier& carrier, const FindAncestors& ancestors, const git::Tree& base,
                               const SeriesOutcome& outcome, const LoadBlob& load);

}  // namespace rogate::series
