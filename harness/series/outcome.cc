// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/outcome.h"

#include <algorithm>
#include <array>

namespace rogate::series {

std::string_view to_string(Outcome outcome)
{
    constexpr std::array<std::string_view, kOutcomes> kNames{"exact",    "offset",   "fuzz",    "three-way",
                                                             "upstream", "resolved", "conflict"};
    return kNames[static_cast<size_t>(outcome)];
}

char symbol(Outcome outcome)
{
    return "=~?3+rX"[static_cast<size_t>(outcome)];
}

Outcome PatchOutcome::worst() const
{
    Outcome worst = Outcome::exact;
    for (const FileOutcome& file : files) {
        worst = std::max(worst, file.outcome);
    }
    return worst;
}

Outcome SeriesOutcome::worst() const
{
    Outcome worst = Outcome::exact;
    for (const PatchOutcome& patch : patches) {
        worst = std::max(worst, patch.worst());
    }
    return worst;
}

}  // namespace rogate::series
