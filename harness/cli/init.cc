// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>
#include <memory>

#include "base/file.h"
#include "cli/command.h"
#include "cli/tree.h"
#include "git/repository.h"
#include "image/recipe.h"
#include "subject/draft.h"

namespace rogate::cli {
namespace {

Result<ExitCode> init(const TreeOptions& options)
{
    const std::filesystem::path file = options.profile.empty() ? "rogate-profile.toml" : options.profile;
    std::error_code ec;
    if (std::filesystem::exists(file, ec)) {
        return Error{ErrorKind::usage, fmt::format("'{}' is there already", file.string()),
                     "name another with --profile FILE"};
    }
    auto repository = git::Repository::open(options.repository);
    if (!repository) {
        return repository.error();
    }
    const std::string rev = options.rev.empty() ? "HEAD" : options.rev;
    auto commit = repository->resolve(rev);
    if (!commit) {
        return commit.error();
    }
    std::vector<std::string> formats;
    for (const std::string_view name : image::format_names()) {
        formats.emplace_back(name);
    }
    const std::string absolute = std::filesystem::absolute(options.repository).lexically_normal().string();
    auto draft = subject::draft_profile(*repository, commit->hex(), absolute, rev, formats);
    if (!draft) {
        return draft.error();
    }
    if (auto written = write_file(file, draft->profile); !written) {
        return written.error();
    }
    for (const std::string& line : draft->found) {
        fmt::print("{}\n", line);
    }
    fmt::print("wrote '{}'; next: rogate doctor --profile {}\n", file.string(), file.string());
    return ExitCode::as_expected;
}

}  // namespace

Action declare_init(CLI::App& app, const Global&)
{
    auto options = std::make_shared<TreeOptions>();
    add_tree_options(app, *options);
    app.get_option("--tree")->required();
    app.get_option("--profile")->description("The profile to write (default: rogate-profile.toml here)");
    return [options] { return init(*options); };
}

}  // namespace rogate::cli
