// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab/payload.h"

#include <charconv>

namespace rogate::lab {

image::Sector payload_sector(const std::string& nonce, uint64_t lba, unsigned opcode, size_t disk_index)
{
    image::Sector sector{};
    for (size_t block = 0; block < 32; ++block) {
        uint8_t* bytes = sector.data() + block * 16;
        for (size_t i = 0; i < 8 && 2 * i + 2 <= nonce.size(); ++i) {
            std::from_chars(nonce.data() + 2 * i, nonce.data() + 2 * i + 2, bytes[i], 16);
        }
        for (unsigned i = 0; i < 4; ++i) {
            bytes[8 + i] = static_cast<uint8_t>(lba >> (8 * i));
        }
        bytes[12] = static_cast<uint8_t>(opcode);
        bytes[13] = static_cast<uint8_t>(disk_index);
        bytes[14] = static_cast<uint8_t>(block);
        bytes[15] = 'W';
    }
    return sector;
}

std::map<uint64_t, image::Sector> expected_overwrites(const std::string& nonce, size_t disk_index,
                                                      const std::vector<GuestCommand>& commands)
{
    std::map<uint64_t, image::Sector> sectors;
    for (const GuestCommand& command : commands) {
        if (!command.changes_data() || !command.accepted()) {
            continue;
        }
        for (unsigned i = 0; i < command.sectors; ++i) {
            const uint64_t lba = command.lba + i;
            if (command.source) {
                if (const auto found = sectors.find(*command.source + i); found != sectors.end()) {
                    sectors[lba] = found->second;
                }
                continue;
            }
            sectors[lba] = command.command_class == CommandClass::trim ? image::Sector{}
                                                                       : payload_sector(nonce, lba, command.opcode, disk_index);
        }
    }
    return sectors;
}

}  // namespace rogate::lab
