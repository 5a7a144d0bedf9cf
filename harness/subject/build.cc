// SPDX-License-Identifier: GPL-2.0-or-later
#include "subject/build.h"

#include <algorithm>
#include <fmt/format.h>
#include <sys/stat.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/file.h"
#include "base/program.h"
#include "process/group.h"
#include "subject/source.h"
#include "subject/symbols.h"

namespace rogate::subject {
namespace {

constexpr const char* kCompiler = "cc";
constexpr const char* kPluginHeader = "/usr/include/nbdkit-plugin.h";
constexpr int kRecipe = 3;  // raise it when the way of building changes

/// The file as the user knows it: its path in the tree, or beside the profile.
std::string known_name(std::string path)
{
    const std::string own = std::string(kLaidFiles) + "/";
    return path.starts_with(own) ? path.substr(own.size()) : path;
}

/// `FILE:LINE:COLUMN: error: MESSAGE` of one line of output; nothing if it is another.
std::optional<BuildFailure> compiler_error(std::string_view line)
{
    constexpr std::string_view kError = "error: ";
    constexpr std::string_view kNoFile = ": No such file or directory";
    const size_t mark = line.find(kError);
    const size_t file_end = line.find(':');
    const size_t line_end = line.find(':', std::min(file_end, line.size() - 1) + 1);
    if (mark == std::string_view::npos || line_end > mark || file_end + 1 == line_end ||
        line.substr(file_end + 1, line_end - file_end - 1).find_first_not_of("0123456789") != std::string_view::npos) {
        return std::nullopt;
    }
    std::string_view file = line.substr(0, file_end);
    file.remove_prefix(file.starts_with("src/") ? 4 : 0);
    const std::string_view message = line.substr(mark + kError.size());
    BuildFailure failure{{ErrorKind::build, fmt::format("{} line {}: {}", known_name(std::string(file)),
                                                        line.substr(file_end + 1, line_end - file_end - 1), message)}};
    if (message.ends_with(kNoFile)) {
        failure.missing_header = message.substr(0, message.size() - kNoFile.size());
    }
    return failure;
}

/// What the first message of the compiler, or of another program, says.
BuildFailure first_failure(const std::string& output)
{
    for (size_t at = 0; at < output.size();) {
        const size_t end = std::min(output.find('\n', at), output.size());
        if (auto failure = compiler_error(std::string_view(output).substr(at, end - at))) {
            return *failure;
        }
        at = end + 1;
    }
    return {{ErrorKind::build, output.substr(0, 400)}};
}

/// A link that left symbols open ends well, so that all of them are told: they are in the output.
std::optional<BuildFailure> open_symbols(const std::string& output)
{
    BuildFailure failure{{ErrorKind::build, ""}};
    failure.missing_symbols = missing_symbols(output);
    if (failure.missing_symbols.empty()) {
        return std::nullopt;
    }
    failure.error.text = fmt::format("the link lacks {} symbol{}", failure.missing_symbols.size(),
                                     failure.missing_symbols.size() == 1 ? "" : "s");
    return failure;
}

Result<void> write_tree(const std::filesystem::path& folder, const git::Tree& files)
{
    for (const auto& [name, entry] : files) {
        const std::filesystem::path path = folder / name;
        std::error_code ec;
        std::filesystem::create_directories(path.parent_path(), ec);
        if (ec) {
            return errno_error("make the folder", path.parent_path().string(), ec.value());
        }
        if (auto written = write_file(path, *entry.content); !written) {
            return written.error();
        }
    }
    return {};
}

/// All that Ninja needs, below `folder`.
Result<void> lay_out(const std::filesystem::path& folder, const Profile& profile, const git::Tree& files)
{
    const bool with_ccache = find_program("ccache").has_value();
    auto text = ninja_text(profile, files, with_ccache ? "ccache cc" : kCompiler);
    if (!text) {
        return text.error();
    }
    if (auto written = write_tree(folder / "src", files); !written) {
        return written;
    }
    std::error_code ec;
    std::filesystem::create_directory(folder / "gen", ec);
    if (auto written = write_file(folder / "gen/bridge_profile.h", bridge_profile_text(profile)); !written) {
        return written;
    }
    return write_file(folder / "build.ninja", *text);
}

}  // namespace

Result<BuildOutcome> build_in(const std::filesystem::path& folder, const std::filesystem::path& cache,
                              const Profile& profile, const git::Tree& files)
{
    for (const char* program : {kCompiler, "ninja"}) {
        if (auto found = find_program(program); !found) {
            return found.error();
        }
    }
    if (auto laid = lay_out(folder, profile, files); !laid) {
        return laid.error();
    }
    // ccache keeps to rogate's own cache, and a build folder's name must not make its objects different ones. It takes
    // the headers from the compiler's list (-MD), which saves preprocessing everything twice.
    auto built = process::run({.argv = {"ninja", "-C", folder.string()},
                               .env = {{"CCACHE_DIR", (cache / "ccache").string()},
                                       {"CCACHE_BASEDIR", folder.string()},
                                       {"CCACHE_NOHASHDIR", "1"},
                                       {"CCACHE_DEPEND", "1"},
                                       {"CCACHE_COMPILERCHECK", "mtime"}},
                               .deadline = std::chrono::minutes(10)});
    if (!built) {
        return built.error();
    }
    const std::string output = built->out + built->err;
    BuildOutcome outcome;
    outcome.failure = built->ok() ? open_symbols(output) : first_failure(output);
    return outcome;
}

Result<std::string> toolchain_key()
{
    std::string facts = fmt::format("{}", kRecipe);
    auto compiler = find_program(kCompiler);
    if (!compiler) {
        return compiler.error();
    }
    std::error_code ec;
    const std::filesystem::path real = std::filesystem::canonical(*compiler, ec);
    const std::pair<std::string, const char*> needed[]{{ec ? compiler->string() : real.string(), "gcc"},
                                                       {kPluginHeader, "nbdkit-plugin-dev"}};
    for (const auto& [path, package] : needed) {
        struct stat st {};
        if (::stat(path.c_str(), &st) != 0) {
            return Error{ErrorKind::environment, fmt::format("cannot find '{}', which subjects are built with", path),
                         fmt::format("install the Debian package '{}'", package)};
        }
        facts += fmt::format(" {} {} {}.{}", path, st.st_size, st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
    }
    return fmt::format("{:016x}", XXH3_64bits(facts.data(), facts.size()));
}

}  // namespace rogate::subject
