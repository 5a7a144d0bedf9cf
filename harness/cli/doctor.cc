// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>
#include <memory>

#include "cli/command.h"
#include "cli/profile_doctor.h"
#include "cli/tools.h"
#include "report/json.h"

namespace rogate::cli {
namespace {

Result<ExitCode> doctor(const Global& global, bool json)
{
    bool missing = false;
    report::Json all = report::Json::array();
    for (const ToolReport& tool : check_tools(global)) {
        missing |= tool.needed && tool.path.empty();
        if (json) {
            all.push_back({{"name", tool.name}, {"purpose", tool.purpose}, {"package", tool.package}, {"needed", tool.needed},
                           {"path", tool.path}, {"version", tool.version}});
            continue;
        }
        const std::string state = !tool.path.empty() ? "ok" : tool.needed ? "MISSING" : "absent";
        const std::string rest = !tool.path.empty() ? (tool.version.empty() ? tool.path : tool.version)
                                 : tool.package.empty() ? "build it: cmake --build --preset dev"
                                                        : "apt-get install " + tool.package;
        fmt::print("{:<8} {:<20} {:<32} {}\n", state, tool.name, tool.purpose, rest);
    }
    if (json) {
        fmt::print("{}\n", all.dump(1));
    }
    return missing ? ExitCode::environment : ExitCode::as_expected;
}

}  // namespace

Action declare_doctor(CLI::App& app, const Global& global)
{
    auto json = std::make_shared<bool>(false);
    auto tree = std::make_shared<TreeOptions>();
    app.add_flag("--json", *json, "Print JSON");
    add_tree_options(app, *tree);
    return [json, tree, &global] {
        return tree->profile.empty() && tree->repository.empty() ? doctor(global, *json) : check_profile(global, *tree, *json);
    };
}

}  // namespace rogate::cli
