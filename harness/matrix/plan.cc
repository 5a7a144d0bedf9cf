// SPDX-License-Identifier: GPL-2.0-or-later
#include "matrix/plan.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <numeric>
#include <set>
#include <tuple>

#include "matrix/configuration.h"

namespace rogate::matrix {
namespace {

/// What cases of one device model have in common.
struct ModelKey {
    size_t patches = 0;
    bool snapshot = false;        // of the whole device model
    std::string domain;           // how the disks of a domain are written there; empty = no domain
    bool behind_another = false;
    bool alone = false;           // nothing else may be in it
    auto operator<=>(const ModelKey&) const = default;
};

ModelKey key_of(const Placeable& item)
{
    const Configuration& configuration = *find_configuration(item.one->configuration);
    ModelKey key;
    key.patches = item.patches;
    key.snapshot = item.one->shape == "snapshot" && configuration.how != lab::Configuration::drive;
    if (configuration.is_xenstore()) {
        const auto& mode = item.one->mode == Mode::ro ? configuration.mode_ro : configuration.mode_rw;
        key.domain = "mode " + std::string(mode.value_or("left out"));
    }
    key.behind_another = configuration.behind_another;
    key.alone = configuration.slots == "img";
    return key;
}

/// The slots in which a disk of a configuration can sit, in the order to try them. Some have one only.
std::vector<std::string> candidate_slots(const Configuration& configuration, const lab::Bus& bus)
{
    if (configuration.how == lab::Configuration::cdrom) {
        return {"hdc"};
    }
    // The board attaches its disk first and its CD then, each to the first free id.
    if (configuration.how == lab::Configuration::board || configuration.how == lab::Configuration::board_cd) {
        return {"sda"};
    }
    const std::string slots(slots_of(configuration, bus));
    std::vector<std::string> names;
    for (size_t i = 0; i < slot_count(slots); ++i) {
        names.push_back(slots + (slots == "usb" ? std::to_string(i) : std::string(1, static_cast<char>('a' + i))));
    }
    return names;
}

class Planner {
public:
    Planner(const std::vector<Placeable>& items, size_t max_disks) : items_(items), max_disks_(max_disks) {}

    std::vector<PlannedMachine> plan()
    {
        // Those that can share a device model come one after another, or each machine would have a device model of each kind.
        std::vector<size_t> order(items_.size());
        std::iota(order.begin(), order.end(), size_t{0});
        std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return key_of(items_[a]) < key_of(items_[b]); });
        for (const size_t i : order) {
            place(i);
        }
        std::vector<PlannedMachine> machines;
        for (Draft& draft : drafts_) {
            machines.push_back(std::move(draft.machine));
        }
        return machines;
    }

private:
    struct DraftModel {
        ModelKey key;
        std::set<std::string> slots;
        bool board = false;  // the board's own disks take the first free id, so nothing else may be on that adapter
    };
    struct Draft {
        std::pair<lab::GuestKind, bool> key;
        PlannedMachine machine;
        std::vector<DraftModel> models;
        std::map<std::string_view, std::set<size_t>> places;  // taken, by pool of buses
    };

    static std::optional<size_t> free_place(const Draft& draft, const lab::Bus& bus)
    {
        const auto taken = draft.places.find(bus.pool);
        for (size_t place = 0; place < bus.places; ++place) {
            if (taken == draft.places.end() || !taken->second.contains(place)) {
                return place;
            }
        }
        return std::nullopt;
    }

    void place(size_t i)
    {
        const Placeable& item = items_[i];
        const Configuration& configuration = *find_configuration(item.one->configuration);
        const lab::Bus& bus = *lab::find_bus(item.one->bus);
        const std::pair<lab::GuestKind, bool> key{bus.guest, configuration.changes_medium};
        for (Draft& draft : drafts_) {
            if (draft.key == key && draft.machine.disks() < max_disks_ && put(draft, i, configuration, bus)) {
                return;
            }
        }
        drafts_.push_back({key, {}, {}, {}});
        (void)put(drafts_.back(), i, configuration, bus);
    }

    /// False when the draft has no room on the bus.
    bool put(Draft& draft, size_t i, const Configuration& configuration, const lab::Bus& bus)
    {
        const auto place = free_place(draft, bus);
        const ModelKey key = key_of(items_[i]);
        if (!place || (key.alone && !draft.models.empty())) {
            return false;
        }
        const bool board = configuration.how == lab::Configuration::board || configuration.how == lab::Configuration::board_cd;
        for (size_t m = 0; m < draft.models.size(); ++m) {
            DraftModel& model = draft.models[m];
            if (model.key != key) {
                continue;
            }
            for (const std::string& slot : candidate_slots(configuration, bus)) {
                const bool clash = model.slots.contains(slot) || (slot[0] == 's' && (board ? uses_scsi(model) : model.board));
                if (!clash) {
                    seat(draft, m, i, slot, *place, bus, board);
                    return true;
                }
            }
        }
        return put_in_new_model(draft, key, i, configuration, bus, board);
    }

    static bool uses_scsi(const DraftModel& model)
    {
        return model.board || std::any_of(model.slots.begin(), model.slots.end(), [](const std::string& slot) { return slot[0] == 's'; });
    }

    bool put_in_new_model(Draft& draft, const ModelKey& key, size_t i, const Configuration& configuration, const lab::Bus& bus, bool board)
    {
        PlannedModel planned;
        planned.patches = key.patches;
        DraftModel model{key, {}, false};
        if (key.behind_another) {
            const auto companion = free_place(draft, bus);
            draft.places[bus.pool].insert(*companion);
            const auto own = free_place(draft, bus);
            if (!own) {
                draft.places[bus.pool].erase(*companion);
                return false;
            }
            planned.behind_another = true;
            planned.companion_place = *companion;
            model.slots.insert("hda");
        }
        const size_t place = *free_place(draft, bus);
        draft.machine.models.push_back(std::move(planned));
        draft.models.push_back(std::move(model));
        const std::vector<std::string> slots = candidate_slots(configuration, bus);
        const size_t first = key.behind_another ? 1 : 0;
        seat(draft, draft.models.size() - 1, i, slots[first], place, bus, board);
        return true;
    }

    static void seat(Draft& draft, size_t m, size_t i, const std::string& slot, size_t place, const lab::Bus& bus, bool board)
    {
        draft.machine.models[m].seats.push_back({i, slot, place});
        draft.models[m].slots.insert(slot);
        draft.models[m].board |= board;
        draft.places[bus.pool].insert(place);
    }

    const std::vector<Placeable>& items_;
    size_t max_disks_;
    std::vector<Draft> drafts_;
};

}  // namespace

size_t PlannedMachine::disks() const
{
    size_t count = 0;
    for (const PlannedModel& model : models) {
        count += model.seats.size() + (model.behind_another ? 1 : 0);
    }
    return count;
}

std::vector<PlannedMachine> plan_machines(const std::vector<Placeable>& items, size_t max_disks)
{
    return Planner(items, max_disks).plan();
}

}  // namespace rogate::matrix
