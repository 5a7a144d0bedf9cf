// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/tools.h"

#include "base/program.h"

namespace rogate::image {

namespace {

std::string first_line(const std::string& text)
{
    std::string line = text.substr(0, text.find('\n'));
    return line.empty() ? "it said nothing" : line;
}

}  // namespace

Result<ProgramOutput> run_tool(const RunProgram& run, std::string_view name, const std::vector<std::string>& arguments,
                               ErrorKind on_failure)
{
    auto path = find_program(name);
    if (!path) {
        return path.error();
    }
    std::vector<std::string> argv{path->string()};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    auto output = run(argv);
    if (!output) {
        return output.error().while_doing("cannot run '" + std::string(name) + "'");
    }
    if (output->exit_status != 0) {
        return Error{on_failure, "'" + std::string(name) + "' ended with status " +
                                     std::to_string(output->exit_status) + ": " + first_line(output->err)};
    }
    return output;
}

}  // namespace rogate::image
