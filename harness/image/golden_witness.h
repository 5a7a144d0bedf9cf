// SPDX-License-Identifier: GPL-2.0-or-later
// What is known of a golden image's files, kept with it so that not every run digests them.
#pragma once

#include <vector>

#include "base/result.h"
#include "image/recipe.h"
#include "image/state.h"

namespace rogate::image {

/// The file in a golden's folder that keeps its witnesses; like the description it is not one of the image's own.
inline constexpr char kWitnessesName[] = "witnesses.json";

/// State and digest of each file of `golden`, as witness_files() makes them. Those kept in the folder are taken for
/// files whose state (device, inode, mode, size, mtime, ctime) is still the kept one; if one is not, or nothing
/// readable is kept, all are digested and kept anew. Several processes may do so at once. A folder that cannot be
/// written is no error. Errors: as witness_files().
Result<std::vector<FileWitness>> golden_witnesses(const Golden& golden);

}  // namespace rogate::image
