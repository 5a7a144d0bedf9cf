// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "matrix/case.h"
#include "matrix/verdict.h"

namespace rogate::matrix {

/// What one [[case]] table of expect.toml says: the verdict at base, from which patch on it is another, and at tip.
struct Rule {
    std::string pattern;                                       ///< a glob for case ids
    VerdictKind base = VerdictKind::error;
    std::vector<std::pair<std::string, VerdictKind>> after;    ///< by patch file, in no order
    VerdictKind tip = VerdictKind::error;
    std::string why;
};

/// What is expected of a case at one state of the series.
struct Expected {
    VerdictKind kind = VerdictKind::error;
    std::string why;            ///< the rule's own words
    std::string missing_patch;  ///< a patch the rule counts on that the series does not have; empty when all are there
};

/// The verdicts a series is expected to bring.
class Expectations {
public:
    /// Reads the text of an expect.toml; `name` is the file's name for messages.
    /// Errors: usage, with line: bad TOML, an unknown key or verdict (with the nearest known one), a rule without id,
    /// base or tip.
    static Result<Expectations> parse(std::string_view text, const std::string& name);

    /// By the first rule that fits; nothing when none does. `patches` are the file names of the series in order,
    /// `applied` how many of them the subject has.
    [[nodiscard]] std::optional<Expected> expected(const std::string& case_id, const std::vector<std::string>& patches,
                                                   size_t applied) const;

private:
    std::vector<Rule> rules_;
};

}  // namespace rogate::matrix
