// SPDX-License-Identifier: GPL-2.0-or-later
// Fuzzes the reader of quilt's order file: each entry it yields names a file inside the folder, once.
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>

#include "patch/path.h"
#include "series/series.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const std::string text(reinterpret_cast<const char*>(data), size);
    const auto entries = rogate::series::parse_series_file(text, "series");
    std::set<std::string> names;
    for (size_t i = 0; entries && i < entries->size(); ++i) {
        const auto& entry = (*entries)[i];
        if (!rogate::patch::check_path(entry.file_name) || entry.strip > 100 || !names.insert(entry.file_name).second) {
            std::abort();
        }
    }
    return 0;
}
