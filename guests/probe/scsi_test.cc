// SPDX-License-Identifier: GPL-2.0-or-later
// The SCSI command set as a program of the host, against a unit made here.
// Oracle: command descriptor blocks, parameter lists and sense data as SPC-4, SBC-3 and MMC-5 lay them out, by hand.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>
#include <string>
#include <vector>

extern "C" {
#define class class_  // words that C has otherwise than C++
#define _Noreturn [[noreturn]]
#include "scsi.h"
#undef _Noreturn
#undef class
}

void report_panic(const char* text)
{
    ADD_FAILURE() << "panic " << text;
    std::abort();
}

namespace {

using Bytes = std::vector<uint8_t>;

constexpr uint64_t kSectors = 17136;

std::string hex(const uint8_t* data, size_t n)
{
    std::string text;
    for (size_t i = 0; i < n; ++i) {
        text += fmt::format("{:02x}", data[i]);
    }
    return text;
}

/// A unit that notes what it is sent, and answers what it was told to.
struct Unit {
    scsi_unit unit{};
    std::vector<std::string> cdbs;
    std::vector<flow> flows;
    Bytes sent;                                     ///< data of the last command that sent some
    std::map<uint8_t, Bytes> answers;               ///< by opcode
    std::map<uint8_t, Bytes> senses;                ///< by opcode: refused, for ever
    unsigned attentions = 0;                        ///< so many commands meet a unit attention

    Unit()
    {
        unit.execute = [](scsi_unit* self, scsi_request* request) { static_cast<Unit*>(self->controller)->take(request); };
        unit.controller = this;
        unit.block_bytes = 512;
    }

    void take(scsi_request* request)
    {
        cdbs.push_back(hex(request->cdb, request->cdb_bytes));
        flows.push_back(request->flow);
        if (request->flow == FLOW_OUT) {
            const auto* data = static_cast<const uint8_t*>(request->data);
            sent.assign(data, data + request->bytes);
        }
        const uint8_t opcode = request->cdb[0];
        if (attentions > 0 && opcode != 0x12) {
            --attentions;
            refuse(request, {0x70, 0, 0x06, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x29, 0x00, 0, 0, 0, 0});
        } else if (senses.count(opcode) != 0) {
            refuse(request, senses[opcode]);
        } else {
            if (request->flow == FLOW_IN) {
                const Bytes& answer = answers[opcode];
                std::copy_n(answer.begin(), std::min<size_t>(answer.size(), request->bytes),
                            static_cast<uint8_t*>(request->data));
            }
            request->ok = true;
        }
    }

    static void refuse(scsi_request* request, const Bytes& sense)
    {
        request->outcome.status = 0x02;
        scsi_take_sense(&request->outcome, sense.data(), static_cast<unsigned>(sense.size()));
    }
};

/// A row run as the core runs it. `data` holds 8 sectors.
report_outcome run_row(Unit& unit, const command& row, uint8_t* data, bool* ok = nullptr)
{
    disk disk{};
    disk.bus = &unit.unit;
    transfer transfer{};
    transfer.command = &row;
    transfer.sectors = row.sectors;
    transfer.lba = row.place == AT_LAST ? kSectors - row.sectors : row.lba;
    transfer.flow = static_cast<flow>(row.flow);
    transfer.data = data;
    if (transfer.flow == FLOW_OUT) {
        scsi_prepare(&transfer);
    }
    report_outcome outcome{};
    const bool issued = scsi_issue(&disk, &transfer, &outcome);
    if (ok != nullptr) {
        *ok = issued;
    }
    return outcome;
}

const command& row_named(const bus_driver& driver, const std::string& name)
{
    const command* end = driver.commands + driver.n_commands;
    const command* row = std::find_if(driver.commands, end, [&](const command& c) { return name == c.name; });
    if (row == end) {
        ADD_FAILURE() << "no row " << name;
        std::abort();
    }
    return *row;
}

struct Expected {
    const char* name;
    const char* cdb;
    flow direction;
    size_t sent;
};

void expect_rows(const bus_driver& driver, uint32_t block_bytes, const std::vector<Expected>& expected)
{
    alignas(4096) std::array<uint8_t, 4096> data{};
    ASSERT_EQ(driver.n_commands, expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
        Unit unit;
        unit.unit.block_bytes = block_bytes;
        unit.answers[0x1a] = {0x17, 0, 0x10, 0, 0x88, 0x12, 0x04};
        unit.answers[0x5a] = {0, 0x1a, 0, 0x10, 0, 0, 0, 0, 0x88, 0x12, 0x04};
        EXPECT_STREQ(driver.commands[i].name, expected[i].name);
        run_row(unit, driver.commands[i], data.data());
        EXPECT_EQ(unit.cdbs.back(), expected[i].cdb) << expected[i].name;
        EXPECT_EQ(unit.flows.back(), expected[i].direction) << expected[i].name;
        EXPECT_EQ(unit.sent.size(), expected[i].sent) << expected[i].name;
    }
}

TEST(ScsiCommands, OfDisksAreLaidOutAsTheStandardsSay)
{
    expect_rows(scsi_driver, 512,
                {
                    {"INQUIRY", "12000000fc00", FLOW_IN, 0},
                    {"TEST_UNIT_READY", "000000000000", FLOW_NONE, 0},
                    {"READ_CAPACITY_10", "25000000000000000000", FLOW_IN, 0},
                    {"READ_CAPACITY_16", "9e100000000000000000000000fc0000", FLOW_IN, 0},
                    {"REPORT_LUNS", "a00000000000000000fc0000", FLOW_IN, 0},
                    {"MODE_SENSE_6", "1a083f00fc00", FLOW_IN, 0},
                    {"MODE_SENSE_10", "5a083f0000000000fc00", FLOW_IN, 0},
                    {"REQUEST_SENSE", "03000000fc00", FLOW_IN, 0},
                    {"MODE_SELECT_6", "151000001800", FLOW_OUT, 24},
                    {"MODE_SELECT_10", "55100000000000001c00", FLOW_OUT, 28},
                    {"READ_6", "080000000100", FLOW_IN, 0},
                    {"READ_10", "28000000007c00000800", FLOW_IN, 0},
                    {"READ_10_FUA", "28080000000800000200", FLOW_IN, 0},
                    {"READ_12", "a80000000ffc000000060000", FLOW_IN, 0},
                    {"READ_16", "880000000000000042ed000000030000", FLOW_IN, 0},
                    {"VERIFY_10", "2f000000000000000800", FLOW_NONE, 0},
                    {"VERIFY_16", "8f0000000000000042e8000000080000", FLOW_NONE, 0},
                    {"WRITE_6", "0a0000100100", FLOW_OUT, 512},
                    {"WRITE_10", "2a000000001800000800", FLOW_OUT, 4096},
                    {"WRITE_12", "aa0000000020000000030000", FLOW_OUT, 1536},
                    {"WRITE_16", "8a000000000000000028000000050000", FLOW_OUT, 2560},
                    {"WRITE_AND_VERIFY_10", "2e000000003000000200", FLOW_OUT, 1024},
                    {"WRITE_AND_VERIFY_12", "ae0000000038000000040000", FLOW_OUT, 2048},
                    {"WRITE_AND_VERIFY_16", "8e000000000000000040000000060000", FLOW_OUT, 3072},
                    {"WRITE_SAME_10", "41000000004800000100", FLOW_OUT, 512},
                    {"WRITE_SAME_16", "93000000000000000050000000010000", FLOW_OUT, 512},
                    {"WRITE_10_FUA", "2a080000005800000700", FLOW_OUT, 3584},
                    {"WRITE_16_FUA", "8a080000000000000060000000010000", FLOW_OUT, 512},
                    {"WRITE_6", "0a0000000100", FLOW_OUT, 512},
                    {"WRITE_10", "2a000000007c00000800", FLOW_OUT, 4096},
                    {"WRITE_16", "8a000000000000000ffc000000080000", FLOW_OUT, 4096},
                    {"WRITE_12", "aa00000042ef000000010000", FLOW_OUT, 512},
                    {"UNMAP", "42000000000000001800", FLOW_OUT, 24},
                    {"WRITE_SAME_10_UNMAP", "4108000000e000000800", FLOW_OUT, 512},
                    {"WRITE_SAME_16_UNMAP", "930800000000000000e8000000080000", FLOW_OUT, 512},
                    {"WRITE_SAME_10_ZEROES", "4100000000f000000600", FLOW_OUT, 512},
                    {"WRITE_SAME_16_ZEROES", "930000000000000000f8000000050000", FLOW_OUT, 512},
                    {"COMPARE_AND_WRITE", "89000000000000000090000000010000", FLOW_OUT, 1024},
                    {"WRITE_LONG_10", "3f000000009800020000", FLOW_OUT, 512},
                    {"WRITE_LONG_16", "9f1100000000000000a0000002000000", FLOW_OUT, 512},
                    {"WRITE_BUFFER", "3b020000000000020000", FLOW_OUT, 512},
                    {"EXTENDED_COPY", "83000000000000000000000000000000", FLOW_NONE, 0},
                    {"ORWRITE_16", "8b0000000000000000b8000000010000", FLOW_OUT, 512},
                    {"WRITE_ATOMIC_16", "9c0000000000000000c0000000010000", FLOW_OUT, 512},
                    {"SANITIZE", "48020000000000000000", FLOW_NONE, 0},
                    {"SYNCHRONIZE_CACHE_10", "35000000000000000000", FLOW_NONE, 0},
                    {"FORMAT_UNIT", "040000000000", FLOW_NONE, 0},
                });
}

const std::vector<Expected> kCdRows{
    {"INQUIRY", "12000000fc00", FLOW_IN, 0},
    {"TEST_UNIT_READY", "000000000000", FLOW_NONE, 0},
    {"READ_CAPACITY_10", "25000000000000000000", FLOW_IN, 0},
    {"MODE_SENSE_10", "5a082a0000000000fc00", FLOW_IN, 0},
    {"REQUEST_SENSE", "03000000fc00", FLOW_IN, 0},
    {"READ_10", "28000000000000000100", FLOW_IN, 0},
    {"READ_10", "28000000001f00000200", FLOW_IN, 0},
    {"READ_12", "a800000003ff000000020000", FLOW_IN, 0},
    {"READ_12", "a800000010bb000000010000", FLOW_IN, 0},
    {"WRITE_10", "2a000000000400000100", FLOW_OUT, 2048},
    {"WRITE_12", "aa0000000006000000010000", FLOW_OUT, 2048},
    {"WRITE_AND_VERIFY_10", "2e000000000800000200", FLOW_OUT, 4096},
};

TEST(ScsiCommands, OfCdsCountBlocksOf2048Bytes)
{
    expect_rows(scsi_cd_driver, 2048, kCdRows);
}

TEST(ScsiCommands, OfPacketDevicesAreThoseOfCds)
{
    expect_rows(scsi_packet_driver, 2048, kCdRows);
}

TEST(ScsiCommands, OfSixBytesHave21BitsOfAPlace)
{
    alignas(4096) std::array<uint8_t, 4096> data{};
    command far = row_named(scsi_driver, "WRITE_6");
    far.lba = 0x15edcb;
    Unit unit;
    run_row(unit, far, data.data());
    EXPECT_EQ(unit.cdbs.back(), "0a15edcb0100");
}

TEST(ScsiData, UnmapListsOneRange)
{
    alignas(4096) std::array<uint8_t, 4096> data{};
    data.fill(0xa5);
    Unit unit;
    run_row(unit, row_named(scsi_driver, "UNMAP"), data.data());
    EXPECT_EQ(hex(unit.sent.data(), unit.sent.size()), "0016001000000000" "00000000000000d8" "0000000800000000");
}

TEST(ScsiData, WriteSameSendsThePayloadOrZeros)
{
    alignas(4096) std::array<uint8_t, 4096> data{};
    data.fill(0xa5);
    Unit unit;
    run_row(unit, row_named(scsi_driver, "WRITE_SAME_16"), data.data());
    EXPECT_EQ(unit.sent, Bytes(512, 0xa5));
    run_row(unit, row_named(scsi_driver, "WRITE_SAME_16_UNMAP"), data.data());
    EXPECT_EQ(unit.sent, Bytes(512, 0));
    data.fill(0xa5);
    run_row(unit, row_named(scsi_driver, "WRITE_SAME_10_ZEROES"), data.data());
    EXPECT_EQ(unit.sent, Bytes(512, 0));
}

TEST(ScsiData, CompareAndWriteSendsWhatIsThereThenThePayload)
{
    alignas(4096) std::array<uint8_t, 4096> data{};
    data.fill(0xa5);
    Unit unit;
    unit.answers[0x28] = Bytes(512, 0x3c);
    run_row(unit, row_named(scsi_driver, "COMPARE_AND_WRITE"), data.data());
    ASSERT_EQ(unit.cdbs.size(), 2U);
    EXPECT_EQ(unit.cdbs[0], "28000000009000000100");
    Bytes expected(512, 0x3c);
    expected.insert(expected.end(), 512, 0xa5);
    EXPECT_EQ(unit.sent, expected);
}

TEST(ScsiData, ModeSelectGivesBackThePageAsItIs)
{
    alignas(4096) std::array<uint8_t, 4096> data{};
    Unit unit;
    unit.answers[0x5a] = {0, 0x1a, 0x77, 0x10, 0, 0, 0, 0, 0x88, 0x12, 0x04, 1, 2, 3, 4, 5, 6, 7,
                          8, 9,    10,   11,   12, 13, 14, 15, 16, 17};
    run_row(unit, row_named(scsi_driver, "MODE_SELECT_10"), data.data());
    EXPECT_EQ(unit.cdbs[0], "5a08080000000000fc00");
    EXPECT_EQ(hex(unit.sent.data(), unit.sent.size()), "0000000000000000" "08120401020304050607" "08090a0b0c0d0e0f1011");
}

TEST(ScsiIssue, RepeatsWhatMetAUnitAttention)
{
    alignas(4096) std::array<uint8_t, 4096> data{};
    Unit unit;
    unit.attentions = 2;
    bool ok = false;
    const report_outcome outcome = run_row(unit, row_named(scsi_driver, "WRITE_10"), data.data(), &ok);
    EXPECT_TRUE(ok);
    EXPECT_EQ(outcome.status, 0);
    EXPECT_EQ(outcome.sense_bytes, 0);
    EXPECT_EQ(unit.cdbs, std::vector<std::string>(3, "2a000000001800000800"));
}

TEST(ScsiIssue, GivesUpWhereAttentionsDoNotEnd)
{
    alignas(4096) std::array<uint8_t, 4096> data{};
    Unit unit;
    unit.attentions = 1000;
    bool ok = true;
    const report_outcome outcome = run_row(unit, row_named(scsi_driver, "WRITE_10"), data.data(), &ok);
    EXPECT_FALSE(ok);
    EXPECT_EQ(outcome.status, 0x02);
    EXPECT_EQ(hex(outcome.sense, outcome.sense_bytes), "062900");
    EXPECT_LT(unit.cdbs.size(), 20U);
}

TEST(ScsiIssue, IssuesARefusedCommandOnce)
{
    alignas(4096) std::array<uint8_t, 4096> data{};
    Unit unit;
    unit.senses[0x2a] = {0x72, 0x07, 0x27, 0x00};
    bool ok = true;
    const report_outcome outcome = run_row(unit, row_named(scsi_driver, "WRITE_10"), data.data(), &ok);
    EXPECT_FALSE(ok);
    EXPECT_EQ(hex(outcome.sense, outcome.sense_bytes), "072700");
    EXPECT_EQ(unit.cdbs.size(), 1U);
}

TEST(ScsiSense, IsTakenFromBothFormatsAndNothingElse)
{
    const auto take = [](const Bytes& sense) {
        report_outcome outcome{};
        scsi_take_sense(&outcome, sense.data(), static_cast<unsigned>(sense.size()));
        return hex(outcome.sense, outcome.sense_bytes);
    };
    EXPECT_EQ(take({0xf0, 0, 0xe5, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0x24, 0x01}), "052401");
    EXPECT_EQ(take({0x71, 0, 0x03, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0x11, 0x02}), "031102");
    EXPECT_EQ(take({0x73, 0xfb, 0x00, 0x06}), "0b0006");
    EXPECT_EQ(take({0x70, 0, 0x05, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0x24}), "");
    EXPECT_EQ(take({0x72, 0x05, 0x24}), "");
    EXPECT_EQ(take({0x00, 0, 5, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0x24, 0x01}), "");
    EXPECT_EQ(take({}), "");
}

struct Identified {
    disk found{};
    std::vector<std::string> cdbs;
};

Identified identify(Unit& unit, uint8_t type)
{
    alignas(4) static std::array<uint8_t, SCSI_INQUIRY_BYTES> inquiry;
    Bytes answer{type, 0, 5, 2, 31, 0, 0, 0};
    for (const char c : std::string("VENDOR  A PRODUCT       1.0 ")) {
        answer.push_back(static_cast<uint8_t>(c));
    }
    unit.answers[0x12] = answer;
    Identified result;
    result.found.bus = &unit.unit;
    scsi_request request{};
    scsi_make_inquiry(&request, inquiry.data());
    unit.unit.execute(&unit.unit, &request);
    scsi_identify(&result.found, &request);
    result.cdbs = unit.cdbs;
    return result;
}

TEST(ScsiIdentify, TakesSizeAndModelOfADisk)
{
    Unit unit;
    unit.attentions = 3;
    unit.answers[0x25] = {0, 0, 0x42, 0xef, 0, 0, 2, 0};
    const Identified result = identify(unit, 0x00);
    EXPECT_STREQ(result.found.kind, "scsi");
    EXPECT_STREQ(result.found.model, "A PRODUCT");
    EXPECT_EQ(result.found.sectors, kSectors);
    EXPECT_EQ(result.found.driver, &scsi_driver);
    EXPECT_EQ(result.cdbs, (std::vector<std::string>{"120000002400", "000000000000", "000000000000", "000000000000",
                                                     "000000000000", "25000000000000000000"}));
}

TEST(ScsiIdentify, AsksALargeDiskByTheLongCommand)
{
    Unit unit;
    unit.answers[0x25] = {0xff, 0xff, 0xff, 0xff, 0, 0, 2, 0};
    unit.answers[0x9e] = {0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 2, 0};
    const Identified result = identify(unit, 0x00);
    EXPECT_EQ(result.found.sectors, 0x200000001U);
    EXPECT_EQ(result.cdbs.back(), "9e100000000000000000000000200000");
}

TEST(ScsiIdentify, TellsOfOtherBlockSizesButDoesNotDriveThem)
{
    Unit unit;
    unit.answers[0x25] = {0, 0, 0x10, 0xff, 0, 0, 0x10, 0};
    const Identified result = identify(unit, 0x00);
    EXPECT_EQ(result.found.sectors, 4352U * 8U);
    EXPECT_EQ(result.found.driver, nullptr);
}

TEST(ScsiIdentify, CountsACdInSectorsOf512Bytes)
{
    Unit unit;
    unit.answers[0x25] = {0, 0, 0x10, 0xbb, 0, 0, 8, 0};
    const Identified result = identify(unit, 0x05);
    EXPECT_STREQ(result.found.kind, "scsi-cd");
    EXPECT_EQ(result.found.sectors, kSectors);
    EXPECT_EQ(result.found.driver, &scsi_cd_driver);
}

TEST(ScsiIdentify, DoesNotDriveACdWithoutAMedium)
{
    Unit unit;
    unit.unit.block_bytes = 2048;
    unit.senses[0x00] = unit.senses[0x25] = {0x70, 0, 0x02, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x3a, 0x00};
    const Identified result = identify(unit, 0x05);
    EXPECT_EQ(result.found.sectors, 0U);
    EXPECT_EQ(result.found.driver, nullptr);
}

TEST(ScsiIdentify, KnowsDisksAndCdsThatAreThere)
{
    const auto is_driven = [](uint8_t first) { return scsi_is_driven(&first); };
    EXPECT_TRUE(is_driven(0x00));
    EXPECT_TRUE(is_driven(0x05));
    EXPECT_FALSE(is_driven(0x01));
    EXPECT_FALSE(is_driven(0x20));
    EXPECT_FALSE(is_driven(0x7f));
}

}  // namespace
