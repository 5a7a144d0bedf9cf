// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab/monitor_guest.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <fmt/format.h>
#include <zlib.h>

#include "lab/nbd_client.h"
#include "lab/payload.h"

namespace rogate::lab {
namespace {

using Bytes = std::vector<unsigned char>;

constexpr size_t kSector = 512;
/// Read before and after each call: it has filled and empty sectors of the reference content, and both places written.
constexpr uint64_t kWatchedSectors = 8192;
constexpr uint64_t kPwriteSector = 24;        // a filled one
constexpr uint64_t kCompressedSector = 6144;  // 3 MiB: empty, and the start of a cluster of any format

/// One call. `opcode` is its number in payloads and reports; there is no other meaning to it.
struct Call {
    unsigned opcode;
    const char* name;
    CommandClass command_class;
    const char* text;      ///< the bridge's word for it
    bool loses_data;       ///< only for a disk that should refuse it
};

constexpr std::array<Call, 9> kCalls{{
    {0x01, "PWRITE", CommandClass::write, "pwrite", false},
    {0x02, "WRITE_COMPRESSED", CommandClass::write, "write_compressed", false},
    {0x03, "TRUNCATE", CommandClass::change, "truncate", false},
    {0x04, "IOCTL_BLKROSET", CommandClass::change, "ioctl", false},
    {0x05, "SNAPSHOT_CREATE", CommandClass::change, "snapshot_create", false},
    {0x06, "SNAPSHOT_GOTO", CommandClass::change, "snapshot_goto", false},
    {0x07, "SNAPSHOT_DELETE", CommandClass::change, "snapshot_delete", false},
    {0x08, "COMMIT", CommandClass::change, "commit", false},
    {0x09, "MAKE_EMPTY", CommandClass::change, "make_empty", true},
}};

/// What the bridge answers: "errno N cluster N size N", in a sector of text.
struct Answer {
    int error_number = 0;
    uint64_t cluster_sectors = 0;
    uint64_t sectors = 0;
};

class Talk {
public:
    Talk(const MonitorDisk& disk, const std::string& nonce, GuestReport& report) : disk_(disk), nonce_(nonce), report_(report) {}

    Result<void> run()
    {
        auto monitor = NbdClient::connect(disk_.socket, "monitor/" + disk_.slot);
        if (!monitor) {
            return monitor.error();
        }
        auto data = NbdClient::connect(disk_.socket, disk_.slot);
        if (!data) {
            return data.error();
        }
        monitor_ = &*monitor;
        data_ = &*data;
        auto first = answer();
        if (!first) {
            return first.error();
        }
        auto now = watched();
        if (!now) {
            return now.error();
        }
        report_.disks.push_back({.id = disk_.name, .index = disk_.index, .kind = "monitor", .sectors = first->sectors, .model = {}});
        for (const Call& call : kCalls) {
            if (call.loses_data && !disk_.read_only) {
                continue;
            }
            if (auto made = make(call, *first, *now); !made) {
                return made.error();
            }
        }
        return {};
    }

private:
    /// Makes the call on a disk that reads `now`, which is then what it reads afterwards: nothing happens between two calls.
    Result<void> make(const Call& call, const Answer& info, Bytes& now)
    {
        GuestCommand command;
        command.disk = disk_.name;
        command.kind = "monitor";
        command.command_class = call.command_class;
        command.name = call.name;
        command.protocol = "call";
        command.opcode = call.opcode;
        Bytes request(kSector);
        std::copy_n(call.text, std::char_traits<char>::length(call.text), request.begin());
        if (call.command_class == CommandClass::write) {
            const bool compressed = call.opcode == 0x02;
            command.lba = compressed ? kCompressedSector : kPwriteSector;
            command.sectors = compressed ? static_cast<unsigned>(std::clamp<uint64_t>(info.cluster_sectors, 1, 128)) : 2;
            const std::string at = fmt::format("{} {}", call.text, command.lba);
            std::copy(at.begin(), at.end(), request.begin());
            for (unsigned i = 0; i < command.sectors; ++i) {
                const image::Sector sector = payload_sector(nonce_, command.lba + i, call.opcode, disk_.index);
                request.insert(request.end(), sector.begin(), sector.end());
            }
        }
        const int refused = monitor_->write(0, request);
        if (refused == ENOTCONN || refused == ETIMEDOUT) {
            return Error{ErrorKind::environment, fmt::format("{}: the device model went away", call.name)};
        }
        auto said = answer();
        auto after = watched();
        if (!said || !after) {
            return said ? after.error() : said.error();
        }
        // The errno itself comes as text: NBD can say but a few. That it was refused at all is the wire's word.
        command.status = refused == 0 ? 0 : static_cast<unsigned>(said->error_number != 0 ? said->error_number : refused);
        if (command.status == ENOTSUP || command.status == ENOTTY) {
            command.command_class = CommandClass::absent;
        }
        judge_watched(command, now, *after, request);
        now = std::move(*after);
        report_.commands.push_back(std::move(command));
        return {};
    }

    /// A write is looked for at its place; another call must leave everything as it reads.
    static void judge_watched(GuestCommand& command, const Bytes& before, const Bytes& after, const Bytes& request)
    {
        if (command.sectors == 0) {
            command.read_back = before == after ? "old" : "other";
            return;
        }
        const auto place = static_cast<std::ptrdiff_t>(command.lba * kSector);
        const auto bytes = static_cast<std::ptrdiff_t>(size_t{command.sectors} * kSector);
        const auto is_at = [&](Bytes::const_iterator what) { return std::equal(what, what + bytes, after.begin() + place); };
        command.read_back = is_at(request.begin() + kSector) ? "new" : is_at(before.begin() + place) ? "old" : "other";
        command.crc = static_cast<uint32_t>(::crc32(0, after.data() + place, static_cast<unsigned>(bytes)));
        if (!std::equal(before.begin(), before.begin() + place, after.begin()) ||
            !std::equal(before.begin() + place + bytes, before.end(), after.begin() + place + bytes)) {
            command.read_back = "other";
        }
    }

    Result<Bytes> watched() const
    {
        Bytes bytes(kWatchedSectors * kSector);
        if (auto read = data_->read(0, bytes); !read) {
            return read.error();
        }
        return bytes;
    }

    Result<Answer> answer() const
    {
        Bytes text(kSector);
        if (auto read = monitor_->read(0, text); !read) {
            return read.error();
        }
        Answer answer;
        std::string_view words(reinterpret_cast<const char*>(text.data()), ::strnlen(reinterpret_cast<const char*>(text.data()), kSector));
        const auto number = [&](std::string_view key, auto& value) {
            const size_t at = words.find(key);
            if (at != std::string_view::npos) {
                std::from_chars(words.data() + at + key.size(), words.data() + words.size(), value);
            }
            return at != std::string_view::npos;
        };
        if (!number("errno ", answer.error_number) || !number("cluster ", answer.cluster_sectors) || !number("size ", answer.sectors)) {
            return Error{ErrorKind::environment, "the device model's monitor answers in no known form"};
        }
        return answer;
    }

    const MonitorDisk& disk_;
    const std::string& nonce_;
    GuestReport& report_;
    const NbdClient* monitor_ = nullptr;
    const NbdClient* data_ = nullptr;
};

}  // namespace

GuestReport run_monitor_guest(const std::vector<MonitorDisk>& disks, const std::string& nonce)
{
    GuestReport report;
    report.nonce = nonce;
    for (const MonitorDisk& disk : disks) {
        if (auto talked = Talk(disk, nonce, report).run(); !talked) {
            report.problem = fmt::format("{}: {}", disk.name, talked.error().text);
            return report;
        }
    }
    report.complete = true;
    return report;
}

}  // namespace rogate::lab
