// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <vector>

#include "base/result.h"
#include "image/state.h"
#include "image/tools.h"
#include "lab/evidence.h"
#include "lab/machine.h"

namespace rogate::lab {

/// image::RunProgram by way of process::run.
Result<image::ProgramOutput> run_program(const std::vector<std::string>& argv);

/// Makes an Original of a golden image: its files are digested once for all copies, and kept so in the cache.
Result<Original> make_original(image::Golden golden);

/// Copies a golden image into `folder`, made here, while no program is started (process::hold_starts()): a child's late
/// closing of the copy would look like somebody else's write. Errors: environment.
Result<void> copy_image(const image::Golden& golden, const std::filesystem::path& folder);

/// The digest and stat witnesses of one case's files, the backing chain included.
class ChainWitness {
public:
    /// Takes the state of the fresh copy in `folder`; its content is the golden's, which has been digested.
    /// Errors: environment, not_found.
    static Result<ChainWitness> before(const Original& original, const std::filesystem::path& folder);

    /// Compares what is there now with what was: content to the sector, and what stat tells. Errors: environment.
    Result<std::vector<FileEvidence>> after() const;

private:
    ChainWitness(const Original& original, std::filesystem::path folder) : original_(&original), folder_(std::move(folder)) {}
    const Original* original_;
    std::filesystem::path folder_;
    std::vector<image::FileState> states_;
};

/// The read-write twin's check: the whole disk, as a program sees it that shares no code with the drivers, must be the
/// reference content with exactly the accepted commands of `evidence` laid over it.
/// `slot` is the guest's disk index; output of the reader goes into `work_folder`, an existing folder of the case's own.
/// An image that cannot be read is evidence. Errors: environment, when the reader itself is missing.
Result<ReaderEvidence> read_independently(const image::Golden& golden, const std::filesystem::path& folder,
                                          const std::filesystem::path& work_folder, size_t slot,
                                          const Evidence& evidence);

}  // namespace rogate::lab
