// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/qemu.h"

#include <cerrno>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/file.h"
#include "image/io.h"
#include "image/reference.h"

namespace rogate::image {

namespace {

/// qemu-img check: "Check completed, image is not corrupted, but has leaked clusters" (qemu-img(1)).
constexpr int kCheckFoundLeaks = 3;

/// Writes sectors of the reference through qemu-io, each run of them from a file of its own. qemu-io splits its
/// commands at spaces and knows no quotes, so the files are named through our own descriptor of their folder.
Result<void> write_sectors_by_qemu_io(const MakeContext& context, const std::string& node,
                                      const std::vector<SectorRange>& owned)
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
    for (const SectorRange& range : owned) {
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
    arguments.push_back(node);
    auto output = run_tool(context.run, "qemu-io", arguments);
    return output ? Result<void>() : output.error();
}

}  // namespace

std::string qemu_node(const std::filesystem::path& folder, std::span<const ChainMember> chain)
{
    nlohmann::json node;
    for (size_t i = chain.size(); i-- > 0;) {
        nlohmann::json upper = {{"driver", chain[i].format},
                                {"file", {{"driver", "file"}, {"filename", (folder / chain[i].file).string()}}}};
        if (chain[i].format != "raw") {
            upper["backing"] = node;  // null below the last
        }
        node = std::move(upper);
    }
    return "json:" + node.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

Result<std::vector<ChainMember>> make_by_qemu_img(const MakeContext& context, const QemuLayout& layout,
                                                  const std::string& name)
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
    std::vector<std::string> words = {"convert", "-f", "raw", "-O", layout.format};
    words.insert(words.end(), layout.options.begin(), layout.options.end());
    words.insert(words.end(), {reference.string(), (context.folder / name).string()});
    auto output = run_tool(context.run, "qemu-img", words);
    if (!output) {
        return output.error();
    }
    return std::vector<ChainMember>{{name, layout.format, ""}};
}

Result<void> make_overlay_by_qemu(const MakeContext& context, const QemuLayout& layout,
                                  std::span<const ChainMember> chain, const std::vector<SectorRange>& owned)
{
    // A relative base is looked up beside the overlay, at creation and ever after.
    std::vector<std::string> words = {"create", "-q", "-f", layout.format, "-b", chain[1].file, "-F", chain[1].format};
    words.insert(words.end(), layout.options.begin(), layout.options.end());
    words.push_back((context.folder / chain[0].file).string());
    auto created = run_tool(context.run, "qemu-img", words);
    if (!created) {
        return created.error();
    }
    return write_sectors_by_qemu_io(context, qemu_node(context.folder, chain), owned);
}

Result<std::filesystem::path> read_by_qemu_img(const ReadContext& context)
{
    const std::filesystem::path out = context.work_dir / "content.raw";
    // -U takes no lock, so an image that a running program holds open can be read too.
    auto output = run_tool(context.run, "qemu-img",
                           {"convert", "-U", "-O", "raw", qemu_node(context.folder, context.image.chain), out.string()},
                           ErrorKind::corrupt);
    if (!output) {
        return output.error();
    }
    return out;
}

Result<void> check_by_qemu_img(const ReadContext& context)
{
    const RunProgram forgive_leaks = [&](const std::vector<std::string>& argv) {
        auto output = context.run(argv);
        if (output && output->exit_status == kCheckFoundLeaks) {
            output->exit_status = 0;
        }
        return output;
    };
    auto output = run_tool(forgive_leaks, "qemu-img",
                           {"check", "-q", "-U", qemu_node(context.folder, context.image.chain)}, ErrorKind::corrupt);
    return output ? Result<void>() : output.error();
}

}  // namespace rogate::image
