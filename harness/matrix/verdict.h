// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/evidence.h"
#include "matrix/case.h"

namespace rogate::matrix {

/// What follows from the evidence of one case. README explains each word.
enum class VerdictKind {
    sealed, leak, hole, silent, overblocked, void_, hang, crash,  // read-only cases (hang, crash: both modes)
    writes, refused, corrupt,                                      // read-write cases
    skip, error,
};

struct Verdict {
    VerdictKind kind = VerdictKind::error;
    std::vector<std::string> reasons;  ///< what led to it, most telling first; one line each
};

std::string_view to_string(VerdictKind kind);
std::optional<VerdictKind> verdict_kind(std::string_view word);

/// Judges one case by its evidence alone: the same evidence always gives the same verdict.
Verdict judge(const Case& one, const lab::Evidence& evidence);

}  // namespace rogate::matrix
