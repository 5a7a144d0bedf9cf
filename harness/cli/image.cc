// SPDX-License-Identifier: GPL-2.0-or-later
// rogate image digest, rogate image diff: the digest witness by itself, for images of the user's own.
#include "cli/command.h"

#include <cerrno>
#include <cstdio>
#include <fmt/format.h>
#include <memory>

#include "cli/progress.h"
#include "image/backing.h"
#include "image/digest.h"
#include "report/json.h"

namespace rogate::cli {
namespace {

struct DigestOptions {
    std::vector<std::string> files;
    bool chain = false;
    bool quick = false;
    bool map = false;
    bool json = false;
    bool quiet = false;
};

struct DiffOptions {
    std::string before;
    std::string after;
    size_t limit = image::kDefaultMaxRanges;
    bool json = false;
    bool quiet = false;
};

constexpr char kQuickName[] = "rogate-xxh3-2";

/// A name as sha256sum(1) prints it: a backslash and a newline in it are escaped, and the line then begins with one.
std::string escaped(const std::string& name)
{
    std::string text;
    for (const char c : name) {
        text += c == '\\' ? "\\\\" : c == '\n' ? "\\n" : c == '\r' ? "\\r" : std::string(1, c);
    }
    return text;
}

image::Reading reading_with(ProgressLine& progress, const std::string& doing)
{
    return {.progress = [&progress, doing](uint64_t done, uint64_t total) { progress.bytes(doing, done, total); },
            .must_be_still = true};
}

/// Output that was not written is a failure: a full disk must not look like a result.
Result<ExitCode> finish(ExitCode code)
{
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
        return errno_error("write to", "standard output", errno);
    }
    return code;
}

struct FileResult {
    std::string digest;
    image::ChunkMap map;
};

Result<FileResult> digest_one(const DigestOptions& options, const std::string& file, ProgressLine& progress)
{
    const image::Reading reading = reading_with(progress, file);
    if (options.quick) {
        auto map = image::chunk_map(file, reading);
        if (!map) {
            return map.error();
        }
        const auto print = image::fingerprint(*map);
        return FileResult{image::to_hex(print), std::move(*map)};
    }
    auto digest = image::digest_file(file, reading);
    if (!digest) {
        return digest.error();
    }
    return FileResult{image::to_hex(digest->evidence), std::move(digest->map)};
}

report::Json to_json(const DigestOptions& options, const std::string& file, const FileResult& result)
{
    report::Json json = {{"file", file},
                         {"algorithm", options.quick ? kQuickName : image::kEvidenceName},
                         {"digest", result.digest},
                         {"size_bytes", result.map.size_bytes},
                         {"chunk_bytes", image::kChunkBytes},
                         {"data_chunks", result.map.chunks.size()}};
    if (options.map) {
        report::Json& chunks = json["chunks"] = report::Json::array();
        for (const auto& chunk : result.map.chunks) {
            chunks.push_back({chunk.index, image::to_hex(chunk.hash)});
        }
    }
    return json;
}

void print_text(const DigestOptions& options, const std::string& file, const FileResult& result)
{
    const std::string name = escaped(file);
    fmt::print("{}{}  {}\n", name == file ? "" : "\\", result.digest, name);
    for (const auto& chunk : result.map.chunks) {
        if (options.map) {
            fmt::print("{:>12} {}\n", chunk.index * image::kChunkBytes / image::kSectorBytes,
                       image::to_hex(chunk.hash));
        }
    }
}

Result<ExitCode> digest(const DigestOptions& options)
{
    // A file that cannot be read is told and the others are digested all the same, as sha256sum does.
    std::vector<std::string> files;
    ExitCode code = ExitCode::as_expected;
    const auto fail = [&code](const Error& error) {
        print_error(error);
        code = code == ExitCode::environment ? code : exit_code(error);
    };
    for (const std::string& named : options.files) {
        if (!options.chain) {
            files.push_back(named);
            continue;
        }
        auto chain = image::files_of_image(named);
        if (!chain) {
            fail(chain.error());
            continue;
        }
        files.insert(files.end(), chain->begin(), chain->end());
    }
    ProgressLine progress(options.quiet);
    report::Json all = report::Json::array();
    for (const std::string& file : files) {
        auto result = digest_one(options, file, progress);
        progress.clear();
        if (!result) {
            fail(result.error());
        } else if (options.json) {
            all.push_back(to_json(options, file, *result));
        } else {
            print_text(options, file, *result);
        }
    }
    if (options.json) {
        fmt::print("{}\n", all.dump(1, ' ', false, report::Json::error_handler_t::replace));
    }
    return finish(code);
}

void print_text(const image::SectorList& found)
{
    for (const image::SectorRange& range : found.ranges) {
        fmt::print("{} {}\n", range.first, range.count);
    }
    if (found.truncated) {
        fmt::print(stderr, "only the first {} ranges are listed; --limit lists more\n", found.ranges.size());
    }
    fmt::print(stderr, "{} sectors of {} bytes differ\n", found.total, image::kSectorBytes);
}

Result<ExitCode> diff(const DiffOptions& options)
{
    ProgressLine progress(options.quiet);
    auto found = image::diff_files(options.before, options.after, nullptr, options.limit,
                                   reading_with(progress, options.before + " and " + options.after));
    progress.clear();
    if (!found) {
        return found.error();
    }
    if (options.json) {
        report::Json ranges = report::Json::array();
        for (const image::SectorRange& range : found->ranges) {
            ranges.push_back({{"first", range.first}, {"count", range.count}});
        }
        const report::Json json = {
            {"before", options.before},        {"after", options.after},        {"sector_bytes", image::kSectorBytes},
            {"sectors_changed", found->total}, {"truncated", found->truncated}, {"ranges", ranges}};
        fmt::print("{}\n", json.dump(1, ' ', false, report::Json::error_handler_t::replace));
    } else {
        print_text(*found);
    }
    return finish(found->empty() ? ExitCode::as_expected : ExitCode::unexpected);
}

}  // namespace

Action declare_image(CLI::App& app, const Global&)
{
    auto digests = std::make_shared<DigestOptions>();
    auto diffs = std::make_shared<DiffOptions>();
    app.require_subcommand(1);
    CLI::App* const digest_app = app.add_subcommand("digest", "Digest files by chunk, holes skipped");
    digest_app->add_option("file", digests->files, "Files or block devices")->required()->type_name("FILE");
    digest_app->add_flag("--chain", digests->chain,
                         "Also every file that a header leads to (qcow, qcow2, vmdk, cow), within the image's folder");
    digest_app->add_flag("--quick", digests->quick, "XXH3 instead of SHA-256: finds changes, proves nothing");
    digest_app->add_flag("--map", digests->map, "Also first sector and hash of each chunk that is not all zero");
    digest_app->add_flag("--json", digests->json, "Print JSON");
    digest_app->add_flag("--quiet", digests->quiet, "No progress on stderr");
    digest_app->footer(
        "Files of equal content have equal digests, whatever their holes. It is not what sha256sum prints:\n"
        "see rogate-chunks-2 in README. Exit status: 0, 2 a file is missing or broken, 5 cannot be read.");
    CLI::App* const diff_app = app.add_subcommand("diff", "Name the sectors in which two files differ");
    diff_app->add_option("before", diffs->before)->required()->type_name("A");
    diff_app->add_option("after", diffs->after)->required()->type_name("B");
    diff_app->add_option("--limit", diffs->limit, "Ranges to list at most")->capture_default_str();
    diff_app->add_flag("--json", diffs->json, "Print JSON");
    diff_app->add_flag("--quiet", diffs->quiet, "No progress on stderr");
    diff_app->footer("Prints first sector and number of sectors of each range, bytes as they lie in the files.\n"
                     "Exit status: 0 the same, 1 they differ, 2 a file is missing or broken, 5 cannot be read.");
    return [=] { return digest_app->parsed() ? digest(*digests) : diff(*diffs); };
}

}  // namespace rogate::cli
