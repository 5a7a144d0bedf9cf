// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "git/repository.h"

namespace rogate::subject {

/// What a look at a tree found.
struct Draft {
    std::string profile;             ///< TOML, with comments; parse_profile() takes it
    std::vector<std::string> found;  ///< in plain words, a line each
};

/// Looks at `revision` for a block layer: the folder with block.c and the most format drivers beside it, the formats,
/// the headers and the API they declare. `repository_word` and `rev_word` are written into the profile as they are;
/// `formats` are the names of those formats that rogate makes images of.
/// Errors: not_found when no folder has a block.c; what the repository returns.
Result<Draft> draft_profile(const git::Repository& repository, const std::string& revision,
                            const std::string& repository_word, const std::string& rev_word,
                            const std::vector<std::string>& formats);

}  // namespace rogate::subject
