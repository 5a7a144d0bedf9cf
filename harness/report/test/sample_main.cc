// SPDX-License-Identifier: GPL-2.0-or-later
// Writes made-up results for tests of the command line: sample FILE [findings=N] [buses=N] [unexpected] [hostile] [all]
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "base/file.h"
#include "report/test/sample.h"

int main(int argc, char** argv)
{
    rogate::report::test::SampleOptions options;
    for (int i = 2; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word.substr(0, 9) == "findings=") {
            options.findings = std::strtoul(argv[i] + 9, nullptr, 10);
        } else if (word.substr(0, 6) == "buses=") {
            options.buses = std::strtoul(argv[i] + 6, nullptr, 10);
        } else if (word == "unexpected") {
            options.unexpected = true;
        } else if (word == "hostile") {
            options.hostile = true;
        } else if (word == "all") {
            options.states = {0, 1, 2, 3, 16, 17};
        } else {
            std::fprintf(stderr, "error: unknown word '%s'\n", argv[i]);
            return 2;
        }
    }
    if (argc < 2) {
        std::fprintf(stderr, "error: no file is named\n");
        return 2;
    }
    const auto written =
        rogate::write_file(argv[1], rogate::report::write_results(rogate::report::test::sample(options)));
    if (!written) {
        std::fprintf(stderr, "error: %s\n", written.error().text.c_str());
        return 5;
    }
    return 0;
}
