// SPDX-License-Identifier: GPL-2.0-or-later
// Fuzzes the diff parser and the placement of hunks: any bytes are a diff, an error, or nothing; never a crash.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "patch/parse.h"
#include "patch/path.h"
#include "patch/place.h"

using namespace rogate;
using namespace rogate::patch;

namespace {

void demand(bool fact)
{
    if (!fact) {
        std::abort();
    }
}

/// The lines of one side of all hunks, one after the other: a text that the change often fits.
std::string side_of(const FilePatch& change, LineKind without)
{
    std::string text;
    for (const Hunk& hunk : change.hunks) {
        for (const Line& line : hunk.lines) {
            if (line.kind != without) {
                text += line.text;
            }
        }
    }
    return text;
}

/// Applies and checks that the text has grown by just what the hunks add and remove.
void apply(const std::string& text, const FilePatch& change, const PlaceOptions& options)
{
    const auto outcome = apply_hunks(text, change, options);
    if (const auto* conflict = std::get_if<Conflict>(&outcome)) {
        for (const char c : describe(*conflict, change.path())) {
            demand(c >= ' ' && c <= '~');
        }
        return;
    }
    const auto& applied = std::get<Applied>(outcome);
    size_t added = 0;
    size_t removed = 0;
    for (const Hunk& hunk : change.hunks) {
        for (const Line& line : hunk.lines) {
            added += line.kind == LineKind::added ? line.text.size() : 0;
            removed += line.kind == LineKind::removed ? line.text.size() : 0;
        }
    }
    demand(applied.text.size() + removed == text.size() + added);
    demand(applied.placements.size() == change.hunks.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const auto source = std::make_shared<const std::string>(reinterpret_cast<const char*>(data), size);
    for (const unsigned strip : {1U, 0U}) {
        const auto changes = parse_diff(source, {.strip = strip});
        if (!changes) {
            demand(changes.error().kind == ErrorKind::corrupt && changes.error().text.starts_with("line "));
            continue;
        }
        for (const FilePatch& change : *changes) {
            demand(!change.path().empty() && check_path(change.path()));
            demand(change.old_path.empty() || check_path(change.old_path));
            const std::string before = side_of(change, LineKind::added);
            const std::string after = side_of(change, LineKind::removed);
            for (const std::string& text : {before, after, "x\n" + before + "\n", std::string(), *source}) {
                apply(text, change, {});
                apply(text, change, {.max_offset = 2, .fuzz = 3});
                apply(text, reversed(change), {});
            }
        }
    }
    return 0;
}
