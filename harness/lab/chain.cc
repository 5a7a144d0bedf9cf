// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab/chain.h"

#include <fmt/format.h>

#include "image/golden_witness.h"
#include "image/reader.h"
#include "lab/payload.h"
#include "process/group.h"

namespace rogate::lab {
namespace {

/// The size is worth its numbers; of the other fields the name says it.
std::vector<std::string> describe_changes(const image::FileState& before, const image::FileState& after)
{
    std::vector<std::string> words;
    for (const std::string& field : image::changed_fields(before, after)) {
        if (field == "size") {
            words.push_back(fmt::format("size {} -> {}", before.size_bytes, after.size_bytes));
        } else if (field == "blocks") {
            words.push_back(fmt::format("blocks {} -> {}", before.blocks, after.blocks));
        } else {
            words.push_back(field);
        }
    }
    return words;
}

bool is_backing(const image::Image& image, const std::string& file)
{
    for (size_t i = 1; i < image.chain.size(); ++i) {
        if (image.chain[i].file == file) {
            return true;
        }
    }
    return false;
}

}  // namespace

Result<image::ProgramOutput> run_program(const std::vector<std::string>& argv)
{
    auto outcome = process::run({.argv = argv, .env = {}});
    if (!outcome) {
        return outcome.error();
    }
    const int status = outcome->signal != 0 ? 128 + outcome->signal : outcome->exit_status;
    return image::ProgramOutput{status, std::move(outcome->out), std::move(outcome->err)};
}

Result<Original> make_original(image::Golden golden)
{
    auto files = image::golden_witnesses(golden);
    if (!files) {
        return files.error();
    }
    return Original{std::move(golden), std::move(*files)};
}

Result<void> copy_image(const image::Golden& golden, const std::filesystem::path& folder)
{
    const auto lock = process::hold_starts();
    return image::instantiate(golden, folder);
}

Result<ChainWitness> ChainWitness::before(const Original& original, const std::filesystem::path& folder)
{
    ChainWitness witness(original, folder);
    for (const image::FileWitness& file : original.files) {
        auto state = image::file_state(folder / file.name);
        if (!state) {
            return state.error();
        }
        witness.states_.push_back(*state);
    }
    return witness;
}

Result<std::vector<FileEvidence>> ChainWitness::after() const
{
    std::vector<FileEvidence> all;
    for (size_t i = 0; i < original_->files.size(); ++i) {
        const image::FileWitness& before = original_->files[i];
        const std::filesystem::path path = folder_ / before.name;
        FileEvidence file;
        file.file = before.name;
        file.backing = is_backing(original_->golden.image, before.name);
        file.digest_before = image::to_hex(before.digest.evidence);
        auto state = image::file_state(path);
        if (!state && state.error().kind == ErrorKind::not_found) {
            file.stat_changes.emplace_back("gone");
            all.push_back(std::move(file));
            continue;
        }
        auto digest = image::digest_file(path);
        if (!state || !digest) {
            return state ? digest.error() : state.error();
        }
        file.digest_after = image::to_hex(digest->evidence);
        file.stat_changes = describe_changes(states_[i], *state);
        if (file.content_changed()) {
            const auto within = image::changed_ranges(before.digest.map, digest->map);
            auto changed = image::diff_files(original_->golden.folder / before.name, path, &within);
            if (!changed) {
                return changed.error();
            }
            file.changed = std::move(changed->ranges);
        }
        all.push_back(std::move(file));
    }
    return all;
}

Result<ReaderEvidence> read_independently(const image::Golden& golden, const std::filesystem::path& folder,
                                          const std::filesystem::path& work_folder, size_t slot, const Evidence& evidence)
{
    ReaderEvidence reader;
    const image::RunProgram run = [&reader](const std::vector<std::string>& argv) {
        reader.command = process::paste_line(argv);
        return run_program(argv);
    };
    auto content = image::read_content(folder, golden.image, work_folder, run);
    if (!content) {
        if (content.error().kind != ErrorKind::corrupt) {
            return content.error();
        }
        reader.failure = content.error().text;
        return reader;
    }
    auto wrong = image::compare_content(
        *content, image::expect_reference(expected_overwrites(evidence.nonce, slot, evidence.commands)));
    if (!wrong) {
        return wrong.error();
    }
    reader.wrong = std::move(wrong->ranges);
    return reader;
}

}  // namespace rogate::lab
