// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/golden_witness.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/file.h"

namespace rogate::image {

namespace {

constexpr size_t kLimitBytes = 64 << 20;
constexpr size_t kHashDigits = 2 * sizeof(ChunkHash);

template <size_t N>
std::array<uint8_t, N> from_hex(std::string_view text)
{
    std::array<uint8_t, N> bytes{};
    if (text.size() != 2 * N) {
        throw std::runtime_error("a hash of another length");
    }
    for (size_t i = 0; i < N; ++i) {
        const char* const end = text.data() + 2 * i + 2;
        if (std::from_chars(end - 2, end, bytes[i], 16).ptr != end) {
            throw std::runtime_error("a hash that is none");
        }
    }
    return bytes;
}

nlohmann::json to_json(const FileWitness& file)
{
    const FileState& state = file.state;
    nlohmann::json indexes = nlohmann::json::array();
    std::string hashes;
    for (const ChunkMap::Entry& entry : file.digest.map.chunks) {
        indexes.push_back(entry.index);
        hashes += to_hex(entry.hash);
    }
    return {{"name", file.name},
            {"state",
             {state.device, state.inode, state.mode, state.size_bytes, state.blocks, state.mtime_ns, state.ctime_ns}},
            {"evidence", to_hex(file.digest.evidence)},
            {"indexes", indexes},
            {"hashes", hashes}};
}

/// Throws nlohmann's exceptions and std::runtime_error for what to_json() did not make.
FileWitness from_json(const nlohmann::json& json)
{
    FileWitness file;
    file.name = json.at("name").get<std::string>();
    const auto& state = json.at("state");
    file.state = {state.at(0).get<uint64_t>(), state.at(1).get<uint64_t>(), state.at(2).get<uint32_t>(),
                  state.at(3).get<uint64_t>(), state.at(4).get<uint64_t>(), state.at(5).get<int64_t>(),
                  state.at(6).get<int64_t>()};
    file.digest.evidence = from_hex<sizeof(Sha256)>(json.at("evidence").get<std::string>());
    file.digest.map.kind = ChunkHashKind::sha256;
    file.digest.map.size_bytes = file.state.size_bytes;
    const auto indexes = json.at("indexes").get<std::vector<uint64_t>>();
    const auto hashes = json.at("hashes").get<std::string>();
    if (hashes.size() != indexes.size() * kHashDigits) {
        throw std::runtime_error("not a hash for each chunk");
    }
    for (size_t i = 0; i < indexes.size(); ++i) {
        const auto hash = std::string_view(hashes).substr(i * kHashDigits, kHashDigits);
        file.digest.map.chunks.push_back({indexes[i], from_hex<sizeof(ChunkHash)>(hash)});
    }
    return file;
}

/// What is kept and still holds; nothing else is worth an error, since it can be made anew.
std::vector<FileWitness> kept(const Golden& golden)
{
    auto text = read_file(golden.folder / kWitnessesName, kLimitBytes);
    if (!text) {
        return {};
    }
    std::vector<FileWitness> files;
    try {
        const auto json = nlohmann::json::parse(*text);
        if (json.at("algorithm") != kEvidenceName || json.at("chunk_bytes") != kChunkBytes ||
            json.at("files").size() != golden.image.files.size()) {
            return {};
        }
        for (const auto& file : json.at("files")) {
            files.push_back(from_json(file));
        }
    } catch (const std::exception&) {
        return {};
    }
    for (size_t i = 0; i < files.size(); ++i) {
        const auto now = file_state(golden.folder / golden.image.files[i]);
        if (files[i].name != golden.image.files[i] || !now || !changed_fields(files[i].state, *now).empty()) {
            return {};
        }
        files[i].state = *now;
    }
    return files;
}

void keep(const Golden& golden, const std::vector<FileWitness>& files)
{
    nlohmann::json json = {
        {"algorithm", kEvidenceName}, {"chunk_bytes", kChunkBytes}, {"files", nlohmann::json::array()}};
    for (const FileWitness& file : files) {
        json["files"].push_back(to_json(file));
    }
    // Without it the next run digests again: no reason to fail this one.
    static_cast<void>(write_file(golden.folder / kWitnessesName,
                                 json.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) + "\n"));
}

}  // namespace

Result<std::vector<FileWitness>> golden_witnesses(const Golden& golden)
{
    std::vector<FileWitness> files = kept(golden);
    if (!files.empty()) {
        return files;
    }
    auto made = witness_files(golden.folder, golden.image.files);
    if (made) {
        keep(golden, *made);
    }
    return made;
}

}  // namespace rogate::image
