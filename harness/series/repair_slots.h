// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rogate::series {

/// A piece of text that is not known for certain: a few choices, the likeliest first. One slot may stand in many lines.
struct Slot {
    std::vector<std::string> choices;
    bool sure = true;  ///< the first choice is as good as known
};

/// A line made of fixed text and slots: `pieces[i]` comes before `slots[i]`, one more piece ends it.
struct SlottedLine {
    std::vector<std::string> pieces{std::string()};
    std::vector<size_t> slots;
};

/// Slots by name, so that equal questions get equal answers.
class Slots {
public:
    /// The slot of this name, made of `slot` if it is new.
    size_t get(const std::string& name, const Slot& slot);
    [[nodiscard]] const std::vector<Slot>& all() const { return slots_; }

private:
    std::vector<Slot> slots_;
    std::map<std::string, size_t> names_;
};

/// The line with the choice of each slot.
std::string render(const SlottedLine& line, const std::vector<Slot>& slots, const std::vector<size_t>& chosen);

/// Tries ways to choose, likeliest first, at most `limit`, until `good` says yes. Nothing when none was good.
std::optional<std::vector<size_t>> search_choices(const std::vector<Slot>& slots, size_t limit,
                                                  const std::function<bool(const std::vector<size_t>&)>& good);

}  // namespace rogate::series
