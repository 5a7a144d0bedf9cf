// SPDX-License-Identifier: GPL-2.0-or-later
// Oracle: what a machine, a bus and a device model can hold, stated here anew.
#include <gtest/gtest.h>
#include <map>
#include <set>

#include "matrix/configuration.h"
#include "matrix/plan.h"

using namespace rogate;
using namespace rogate::matrix;

namespace {

/// Every runnable case of the default matrix at three states.
struct Everything {
    std::vector<Case> cases = all_cases();
    std::vector<Placeable> items;

    Everything()
    {
        for (size_t patches : {0U, 5U, 17U}) {
            for (const Case& one : cases) {
                if (one.skip.empty()) {
                    items.push_back({&one, patches});
                }
            }
        }
    }
};

const Everything& everything()
{
    static const Everything all;
    return all;
}

const Case& case_of(const Seat& seat) { return *everything().items[seat.item].one; }

}  // namespace

TEST(Plan, SeatsEveryCaseOnceAtItsState)
{
    std::multiset<size_t> seated;
    for (const PlannedMachine& machine : plan_machines(everything().items, 16)) {
        for (const PlannedModel& model : machine.models) {
            EXPECT_FALSE(model.seats.empty());
            for (const Seat& seat : model.seats) {
                seated.insert(seat.item);
                EXPECT_EQ(everything().items[seat.item].patches, model.patches);
            }
        }
    }
    ASSERT_EQ(seated.size(), everything().items.size());
    EXPECT_EQ(std::set<size_t>(seated.begin(), seated.end()).size(), seated.size());
}

TEST(Plan, NoTwoDisksShareAPlaceOnABusOrASlotOfADeviceModel)
{
    for (const PlannedMachine& machine : plan_machines(everything().items, 16)) {
        std::set<std::pair<std::string_view, size_t>> places;
        for (const PlannedModel& model : machine.models) {
            std::set<std::string> slots;
            if (model.behind_another) {
                slots.insert("hda");
                EXPECT_TRUE(places.insert({"ide", model.companion_place}).second);
            }
            for (const Seat& seat : model.seats) {
                const lab::Bus& bus = *lab::find_bus(case_of(seat).bus);
                EXPECT_LT(seat.place, bus.places);
                EXPECT_TRUE(places.insert({bus.pool, seat.place}).second) << case_of(seat).id();
                EXPECT_TRUE(slots.insert(seat.slot).second) << case_of(seat).id() << " in " << seat.slot;
            }
        }
    }
}

TEST(Plan, GuestsCountControllersSoTheirPlacesHaveNoGap)
{
    for (const PlannedMachine& machine : plan_machines(everything().items, 16)) {
        std::map<std::string_view, std::set<size_t>> places;
        for (const PlannedModel& model : machine.models) {
            for (const Seat& seat : model.seats) {
                const lab::Bus& bus = *lab::find_bus(case_of(seat).bus);
                places[bus.pool].insert(seat.place);
            }
            if (model.behind_another) {
                places["ide"].insert(model.companion_place);
            }
        }
        for (const auto& [pool, taken] : places) {
            EXPECT_EQ(*taken.rbegin() + 1, taken.size()) << pool;
        }
    }
}

TEST(Plan, AMachineHoldsNoMoreThanItMayAndOneKindOfGuest)
{
    for (const size_t most : {1U, 4U, 40U}) {
        for (const PlannedMachine& machine : plan_machines(everything().items, most)) {
            // A disk behind another brings that one along.
            EXPECT_LE(machine.disks(), most + 1);
            std::set<lab::GuestKind> guests;
            std::set<bool> changing;
            for (const PlannedModel& model : machine.models) {
                for (const Seat& seat : model.seats) {
                    guests.insert(lab::find_bus(case_of(seat).bus)->guest);
                    changing.insert(find_configuration(case_of(seat).configuration)->changes_medium);
                }
            }
            EXPECT_EQ(guests.size(), 1U);
            EXPECT_EQ(changing.size(), 1U);
        }
    }
}

TEST(Plan, ADomainHasDisksOfOneModeOnlyAndASnapshotIsTheWholeDeviceModels)
{
    for (const PlannedMachine& machine : plan_machines(everything().items, 16)) {
        for (const PlannedModel& model : machine.models) {
            std::set<std::string> modes;
            std::set<bool> snapshots;
            for (const Seat& seat : model.seats) {
                const Configuration& configuration = *find_configuration(case_of(seat).configuration);
                if (configuration.is_xenstore()) {
                    const auto& mode = case_of(seat).mode == Mode::ro ? configuration.mode_ro : configuration.mode_rw;
                    modes.insert(mode ? std::string(*mode) : "none");
                }
                if (configuration.how == lab::Configuration::hda) {
                    snapshots.insert(case_of(seat).shape == "snapshot");
                }
                EXPECT_EQ(configuration.behind_another, model.behind_another);
            }
            EXPECT_LE(modes.size(), 1U);
            EXPECT_LE(snapshots.size(), 1U);
        }
    }
}

TEST(Plan, FillsMachinesRatherThanStartingNewOnes)
{
    std::vector<Placeable> items;
    for (const Placeable& item : everything().items) {
        if (item.patches == 0 && item.one->bus == "virtio-scsi") {
            items.push_back(item);
        }
    }
    EXPECT_EQ(plan_machines(items, 16).size(), (items.size() + 15) / 16);
}
