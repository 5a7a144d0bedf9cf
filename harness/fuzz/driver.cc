// SPDX-License-Identifier: GPL-2.0-or-later
// Runs a fuzz target over a stored corpus, so that any compiler can: `driver [--mutations N] FOLDER...`.
// Each file is run as it is and N times with random damage, the same damage each time. With clang, link the target
// with -fsanitize=fuzzer in place of this file to search for new inputs.
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

namespace fs = std::filesystem;

void run_input(const std::string& input)
{
    // A copy of its exact size, so that a sanitizer sees one byte too many.
    const std::vector<uint8_t> bytes(input.begin(), input.end());
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

/// One to four of: a byte changed, a run of bytes removed or doubled, a digit changed, the end cut off.
std::string damaged(std::string input, std::mt19937& random)
{
    const auto below = [&](size_t limit) { return std::uniform_int_distribution<size_t>(0, limit - 1)(random); };
    for (size_t count = 1 + below(4); count > 0 && !input.empty(); --count) {
        const size_t at = below(input.size());
        const size_t length = 1 + below(std::min<size_t>(40, input.size() - at));
        switch (below(5)) {
        case 0:
            input[at] = static_cast<char>(below(256));
            break;
        case 1:
            input.erase(at, length);
            break;
        case 2:
            input.insert(at, input.substr(at, length));
            break;
        case 3:
            if (const size_t digit = input.find_first_of("0123456789", at); digit != std::string::npos) {
                input[digit] = static_cast<char>('0' + below(10));
            }
            break;
        default:
            input.resize(at);
            break;
        }
    }
    return input;
}

}  // namespace

int main(int argc, char** argv)
{
    size_t mutations = 0;
    size_t files = 0;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == "--mutations" && i + 1 < argc) {
            const std::string_view number = argv[++i];
            std::from_chars(number.data(), number.data() + number.size(), mutations);
            continue;
        }
        std::vector<fs::path> paths;
        for (const auto& entry : fs::directory_iterator(word)) {
            paths.push_back(entry.path());
        }
        std::sort(paths.begin(), paths.end());
        for (const fs::path& path : paths) {
            const auto input = rogate::read_file(path);
            if (!input) {
                std::fprintf(stderr, "error: %s\n", input.error().text.c_str());
                return 1;
            }
            std::mt19937 random(static_cast<unsigned>(++files));
            run_input(*input);
            for (size_t round = 0; round < mutations; ++round) {
                run_input(damaged(*input, random));
            }
        }
    }
    std::printf("%zu files, %zu damaged copies of each\n", files, mutations);
    return files > 0 ? 0 : 1;  // a run that executed nothing is not a success
}
