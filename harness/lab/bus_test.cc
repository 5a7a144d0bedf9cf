// SPDX-License-Identifier: GPL-2.0-or-later
// Oracle: the guests' names of disks, and QEMU's device documentation, as they are written down here.
#include <algorithm>
#include <gtest/gtest.h>

#include "lab/bus.h"

using namespace rogate::lab;

namespace {

std::vector<std::string> words_of(std::initializer_list<std::pair<const char*, size_t>> disks)
{
    std::vector<BusDisk> all;
    for (const auto& [bus, place] : disks) {
        all.push_back({find_bus(bus), place, "disk" + std::to_string(all.size())});
    }
    return bus_words(all);
}

}  // namespace

TEST(Bus, TheGuestsNamesOfDisks)
{
    EXPECT_EQ(guest_disk_name(*find_bus("ide"), 3), "ide1.1");
    EXPECT_EQ(guest_disk_name(*find_bus("atapi"), 2), "ide1.0");
    EXPECT_EQ(guest_disk_name(*find_bus("ahci"), 5), "ahci5");
    EXPECT_EQ(guest_disk_name(*find_bus("virtio-blk"), 7), "vblk7");
    EXPECT_EQ(guest_disk_name(*find_bus("virtio-scsi"), 12), "vscsi0.12");
    EXPECT_EQ(guest_disk_name(*find_bus("nvme"), 1), "nvme1");
    EXPECT_EQ(guest_disk_name(*find_bus("floppy"), 1), "fd1");
    EXPECT_EQ(find_bus("isa"), nullptr);
}

TEST(Bus, AControllerComesOnceForAllItsDisks)
{
    const auto words = words_of({{"ahci", 0}, {"ahci", 1}, {"virtio-scsi", 0}, {"ahci", 2}});
    EXPECT_EQ(std::count_if(words.begin(), words.end(), [](const std::string& word) { return word.substr(0, 9) == "ich9-ahci"; }), 1);
    EXPECT_EQ(std::count_if(words.begin(), words.end(), [](const std::string& word) { return word.substr(0, 11) == "virtio-scsi"; }), 1);
    EXPECT_EQ(words.size(), 2U * (2 + 4));
}

TEST(Bus, NoTwoFunctionsShareAPciSlot)
{
    std::vector<BusDisk> all;
    for (const Bus& bus : buses()) {
        for (size_t place = 0; bus.guest == GuestKind::probe && bus.name != "atapi" && place < bus.places; ++place) {
            all.push_back({&bus, place, "d"});
        }
    }
    std::vector<std::string> slots;
    for (const std::string& word : bus_words(all)) {
        if (const size_t at = word.find("addr="); at != std::string::npos) {
            slots.push_back(word.substr(at, word.find(',', at) - at));
        }
    }
    ASSERT_GT(slots.size(), 10U);
    std::sort(slots.begin(), slots.end());
    EXPECT_EQ(std::adjacent_find(slots.begin(), slots.end()), slots.end());
}
