// SPDX-License-Identifier: GPL-2.0-or-later
// cli: the command line; parses, calls the library, prints and returns an exit code.
#pragma once

#include "base/result.h"

namespace rogate::cli {

/// What rogate's exit status means; README and --help list them, tests pin them.
enum class ExitCode {
    as_expected = 0,
    unexpected = 1,   ///< a verdict other than the expected one, or a run in which nothing ran
    usage = 2,        ///< wrong usage, an unknown name, a bad file of the user's
    conflict = 3,     ///< a patch or tree in conflict
    build = 4,        ///< a subject does not build
    environment = 5,  ///< the machine: a missing package, no space, no permission
};

inline ExitCode exit_code(const Error& error)
{
    switch (error.kind) {
    case ErrorKind::conflict:
        return ExitCode::conflict;
    case ErrorKind::build:
        return ExitCode::build;
    case ErrorKind::environment:
    case ErrorKind::timeout:
        return ExitCode::environment;
    default:
        return ExitCode::usage;
    }
}

}  // namespace rogate::cli
