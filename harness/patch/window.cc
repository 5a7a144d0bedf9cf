// SPDX-License-Identifier: GPL-2.0-or-later
#include "patch/window.h"

#include <algorithm>

namespace rogate::patch {

Window make_window(const Hunk& hunk, unsigned fuzz)
{
    const auto is_change = [](const Line& line) { return line.kind != LineKind::context; };
    const auto lead =
        static_cast<size_t>(std::find_if(hunk.lines.begin(), hunk.lines.end(), is_change) - hunk.lines.begin());
    const auto trail =
        static_cast<size_t>(std::find_if(hunk.lines.rbegin(), hunk.lines.rend(), is_change) - hunk.lines.rbegin());
    const size_t context = std::max(lead, trail);
    const size_t cut_lead = std::min(lead, fuzz + lead > context ? fuzz + lead - context : 0);
    const size_t cut_trail = std::min(trail, fuzz + trail > context ? fuzz + trail - context : 0);
    Window window{cut_lead, hunk.lines.size() - cut_trail, hunk.old_count - cut_lead - cut_trail};
    window.at_start = hunk.old_start <= 1 && fuzz + lead < context;
    const auto begin = hunk.lines.begin();
    const bool unended =
        std::any_of(begin + static_cast<ptrdiff_t>(window.first), begin + static_cast<ptrdiff_t>(window.last),
                    [](const Line& line) { return !line.text.ends_with('\n'); });
    window.at_end = (trail == 0 && fuzz < context) || unended;
    return window;
}

}  // namespace rogate::patch
