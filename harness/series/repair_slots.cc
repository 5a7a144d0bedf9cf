// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/repair_slots.h"

#include <queue>

namespace rogate::series {

size_t Slots::get(const std::string& name, const Slot& slot)
{
    const auto [at, fresh] = names_.emplace(name, slots_.size());
    if (fresh) {
        slots_.push_back(slot);
    }
    return at->second;
}

std::string render(const SlottedLine& line, const std::vector<Slot>& slots, const std::vector<size_t>& chosen)
{
    std::string text = line.pieces[0];
    for (size_t i = 0; i < line.slots.size(); ++i) {
        text += slots[line.slots[i]].choices[chosen[line.slots[i]]];
        text += line.pieces[i + 1];
    }
    return text;
}

std::optional<std::vector<size_t>> search_choices(const std::vector<Slot>& slots, size_t limit,
                                                  const std::function<bool(const std::vector<size_t>&)>& good)
{
    /// A way to choose: what it costs is how far from the likeliest it is; only slots from `next` on may still change,
    /// so that no way comes up twice.
    struct Way {
        size_t cost;
        size_t next;
        std::vector<size_t> chosen;
        bool operator<(const Way& other) const { return cost > other.cost; }
    };
    std::priority_queue<Way> ways;
    ways.push({0, 0, std::vector<size_t>(slots.size(), 0)});
    for (; limit > 0 && !ways.empty(); --limit) {
        const Way way = ways.top();
        ways.pop();
        if (good(way.chosen)) {
            return way.chosen;
        }
        for (size_t i = way.next; i < slots.size() && ways.size() < limit; ++i) {
            if (way.chosen[i] + 1 < slots[i].choices.size()) {
                Way step{way.cost + 1 + way.chosen[i], i, way.chosen};
                ++step.chosen[i];
                ways.push(std::move(step));
            }
        }
    }
    return std::nullopt;
}

}  // namespace rogate::series
