// SPDX-License-Identifier: GPL-2.0-or-later
// qcow (version 1): made and read by qemu-img and qemu-io.
#include <cerrno>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/file.h"
#include "image/format.h"
#include "image/io.h"
#include "image/layers.h"

namespace rogate::image
{

namespace
{

/// A qcow node in QEMU's words with every format of the chain named: qcow does not store its base's format, and what a
/// damaged header says of a base must not be followed.
std::string qcow_node(const std::filesystem::path& active, const std::filesystem::path& backing)
{
    const auto file = [](const std::filesystem::path& path) {
        return nlohmann::json{{"driver", "file"}, {"filename", path.string()}};
    };
    nlohmann::json node = {{"driver", "qcow"}, {"file", file(active)}, {"backing", nullptr}};
    if (!backing.empty()) {
        node["backing"] = {{"driver", "raw"}, {"file", file(backing)}};
    }
    return "json:" + node.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

/// Writes the overlay's sectors through qemu-io, each run of them from a file of its own. qemu-io splits its commands
/// at spaces and knows no quotes, so the files are named through our own descriptor of their folder.
Result<void> write_overlay(const MakeContext& context, const std::filesystem::path& active)
{
    auto parts = TempDir::make(context.folder, ".parts-");
    if (!parts) {
        return parts.error();
    }
    const Fd folder(::open(parts->path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!folder) {
        return errno_error("open", parts->path().string(), errno);
    }
    const std::string by_descriptor =
        "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(folder.get()) + "/";
    std::vector<std::string> arguments;
    for (const SectorRange& range : overlay_sectors()) {
        const std::string name = std::to_string(range.first);
        const SectorRange whole[] = {{0, range.count}};
        auto written = write_sectors(parts->path() / name, range.count * kSectorBytes, whole,
                                     [&](uint64_t i) { return reference_sector(range.first + i); });
        if (!written) {
            return written;
        }
        arguments.insert(arguments.end(), {"-c", "write -q -s " + by_descriptor + name + " " +
                                                     std::to_string(range.first * kSectorBytes) + " " +
                                                     std::to_string(range.count * kSectorBytes)});
    }
    arguments.push_back(qcow_node(active, context.folder / kBaseName));
    auto output = run_tool(context.run, "qemu-io", arguments);
    return output ? Result<void>() : output.error();
}

Result<std::vector<ChainMember>> make_plain(const MakeContext& context, const std::filesystem::path& active)
{
    auto temporary = TempDir::make(context.folder, ".reference-");
    if (!temporary) {
        return temporary.error();
    }
    const std::filesystem::path reference = temporary->path() / "reference.raw";
    auto written = write_reference(reference);
    if (!written) {
        return written.error();
    }
    auto output =
        run_tool(context.run, "qemu-img", {"convert", "-f", "raw", "-O", "qcow", reference.string(), active.string()});
    if (!output) {
        return output.error();
    }
    return std::vector<ChainMember>{{active.filename(), "qcow", ""}};
}

}  // namespace

Result<std::vector<ChainMember>> make_qcow(const MakeContext& context)
{
    const std::filesystem::path active = context.folder / "disk.qcow";
    if (!context.backed) {
        return make_plain(context, active);
    }
    auto written = write_base(context.folder / kBaseName);
    if (!written) {
        return written.error();
    }
    // A relative base is looked up beside the overlay, at creation and ever after.
    auto created = run_tool(context.run, "qemu-img",
                            {"create", "-q", "-f", "qcow", "-b", kBaseName, "-F", "raw", active.string()});
    if (!created) {
        return created.error();
    }
    auto filled = write_overlay(context, active);
    if (!filled) {
        return filled.error();
    }
    return std::vector<ChainMember>{{active.filename(), "qcow", kBaseName}, {kBaseName, "raw", ""}};
}

Result<std::filesystem::path> read_qcow(const ReadContext& context)
{
    const std::string& backing = context.image.chain.front().backing;
    const std::string node = qcow_node(context.folder / context.image.active(),
                                       backing.empty() ? std::filesystem::path() : context.folder / backing);
    const std::filesystem::path out = context.work_dir / "content.raw";
    // -U takes no lock, so an image that a running program holds open can be read too.
    auto output =
        run_tool(context.run, "qemu-img", {"convert", "-U", "-O", "raw", node, out.string()}, ErrorKind::corrupt);
    if (!output) {
        return output.error();
    }
    return out;
}

}  // namespace rogate::image
