// SPDX-License-Identifier: GPL-2.0-or-later
// Fuzzes the repair of diffs: what comes back is a diff that the strict parser reads, or an error that names a line.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "patch/parse.h"
#include "series/repair.h"

using namespace rogate;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const std::string text(reinterpret_cast<const char*>(data), size);
    const git::Tree base{{"f", {git::kModeFile, std::make_shared<const std::string>("1\n\ttwo\n3  \n\nfive\n6\n7\n"), {}}}};
    for (const git::Tree* tree : {static_cast<const git::Tree*>(nullptr), &base}) {
        const auto mended = series::mend_diff(series::raw_lines(text), {.base = tree, .guess = true, .flowed = size % 2 == 1});
        if (mended && !patch::parse_diff(std::make_shared<const std::string>(mended->diff))) {
            std::abort();
        }
        if (!mended && mended.error().text != "it holds no diff" && !mended.error().text.starts_with("line ")) {
            std::abort();
        }
    }
    return 0;
}
