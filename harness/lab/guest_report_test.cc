// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "lab/guest_report.h"
#include "lab/payload.h"

using namespace rogate::lab;

namespace {

const std::string kHead = "rogate-probe 2 nonce=0123456789abcdef writes=on\n"
                          "disk ide0.0 index=0 kind=ata sectors=17136 st=50 er=00 to=0 model=\"QEMU HARDDISK\"\n";
const std::string kRead = "cmd ide0.0 op=20 class=read proto=pio lba=0 n=1 st=50 er=00 to=0 crc=1a2b3c4d name=READ_SECTORS\n";
const std::string kWrite =
    "cmd ide0.0 op=ca class=write proto=dma lba=24 n=8 st=41 er=04 to=0 bm=04 back=old crc=0000ffff name=WRITE_DMA\n";
const std::string kEnd = "end disks=1 cmds=2\n";

}  // namespace

TEST(GuestReport, ReadsDisksAndRawRegisters)
{
    const GuestReport report = parse_guest_report(kHead + kRead + kWrite + kEnd);
    EXPECT_EQ(report.problem, "");
    ASSERT_TRUE(report.complete);
    EXPECT_EQ(report.nonce, "0123456789abcdef");
    ASSERT_EQ(report.disks.size(), 1U);
    EXPECT_EQ(report.disks[0].model, "QEMU HARDDISK");
    EXPECT_EQ(report.disks[0].sectors, 17136U);
    ASSERT_EQ(report.commands.size(), 2U);
    EXPECT_TRUE(report.commands[0].accepted());
    EXPECT_EQ(report.commands[0].crc, 0x1a2b3c4dU);
    EXPECT_FALSE(report.commands[0].bus_master);
    const GuestCommand& write = report.commands[1];
    EXPECT_EQ(write.opcode, 0xcaU);
    EXPECT_EQ(write.command_class, CommandClass::write);
    EXPECT_EQ(write.status, 0x41U);
    EXPECT_EQ(write.error, 0x04U);
    EXPECT_EQ(write.bus_master, 4U);
    EXPECT_EQ(write.read_back, "old");
    EXPECT_EQ(write.lba, 24U);
    EXPECT_EQ(write.sectors, 8U);
    EXPECT_FALSE(write.accepted());
}

TEST(GuestReport, SilenceIsAProblem)
{
    const GuestReport report = parse_guest_report("");
    EXPECT_FALSE(report.complete);
    EXPECT_EQ(report.problem, "the guest said nothing");
}

TEST(GuestReport, AMissingEndIsAProblem)
{
    const GuestReport report = parse_guest_report(kHead + kRead);
    EXPECT_FALSE(report.complete);
    EXPECT_EQ(report.problem, "the guest's report has no end line");
}

TEST(GuestReport, ALineCutInTheMiddleIsAProblem)
{
    const GuestReport report = parse_guest_report(kHead + "cmd ide0.0 op=20 cla");
    EXPECT_FALSE(report.complete);
    EXPECT_EQ(report.problem, "line 3 of the guest's report cannot be read: 'cmd ide0.0 op=20 cla'");
}

TEST(GuestReport, AnEndThatCountsOtherwiseIsAProblem)
{
    const GuestReport report = parse_guest_report(kHead + kRead + kEnd);
    EXPECT_FALSE(report.complete);
    EXPECT_EQ(report.problem, "the guest counted 1 disks and 2 commands, its report has 1 and 1");
}

TEST(GuestReport, APanicIsAProblemEvenBeforeTheFirstLine)
{
    EXPECT_EQ(parse_guest_report("panic nonce\n").problem, "panic nonce");
    const GuestReport report = parse_guest_report(kHead + "panic vector=13 eip=00101234 err=0\n");
    EXPECT_FALSE(report.complete);
    EXPECT_EQ(report.problem, "panic vector=13 eip=00101234 err=0");
}

TEST(GuestReport, RefusesLinesOfAnUnknownForm)
{
    for (const char* line : {"hello\n", "cmd ide0.0 op=1ca class=write proto=dma lba=0 n=1 st=50 er=00 to=0\n",
                             "cmd ide0.0 op=ca class=wipe proto=dma lba=0 n=1 st=50 er=00 to=0\n",
                             "cmd op=ca class=write proto=dma lba=0 n=1 st=50 er=00 to=0\n",
                             "cmd ide0.0 op=ca class=write proto=dma lba=-1 n=1 st=50 er=00 to=0\n", "disk ide0.1 index=x\n",
                             "cmd ide0.1 op=ca class=write proto=dma lba=0 n=1 st=50 er=00 to=0\n",
                             "disk ide0.0 index=1 kind=ata sectors=1 st=50 er=00 to=0 model=\"\"\n",
                             "disk ide0.1 index=256 kind=ata sectors=1 st=50 er=00 to=0 model=\"\"\n"}) {
        const GuestReport report = parse_guest_report(kHead + line + kEnd);
        EXPECT_FALSE(report.complete) << line;
        EXPECT_NE(report.problem, "") << line;
    }
}

TEST(GuestReport, NothingMayFollowTheEnd)
{
    EXPECT_FALSE(parse_guest_report(kHead + kRead + kWrite + kEnd + kWrite).complete);
}

TEST(GuestReport, ReadsTheAnswersOfEveryKind)
{
    const GuestReport report = parse_guest_report(
        "rogate-probe 2 nonce=0123456789abcdef writes=on\n"
        "disk vscsi0.3 index=4 kind=scsi sectors=17136 st=00 er=00 to=0 model=\"QEMU HARDDISK\"\n"
        "cmd vscsi0.3 op=2a class=write proto=dma lba=16 n=1 st=02 er=00 to=0 sense=072700 back=old crc=0000ffff name=WRITE_10\n"
        "disk nvme0 index=5 kind=nvme sectors=17136 st=00 er=00 to=0 model=\"QEMU NVMe Ctrl\"\n"
        "cmd nvme0 op=01 class=write proto=dma lba=16 n=1 st=0280 er=00 to=0 back=old crc=0000ffff name=WRITE\n"
        "cmd nvme0 op=01 class=recheck proto=dma lba=16 n=1 st=00 er=00 to=0 back=new crc=0000fffe name=WRITE\n"
        "end disks=2 cmds=3\n");
    EXPECT_EQ(report.problem, "");
    ASSERT_TRUE(report.complete);
    ASSERT_EQ(report.commands.size(), 3U);
    EXPECT_EQ(report.commands[0].kind, "scsi");
    EXPECT_EQ(report.commands[0].sense, "072700");
    EXPECT_EQ(report.disks[1].index, 5U);
    EXPECT_EQ(report.commands[1].kind, "nvme");
    EXPECT_EQ(report.commands[1].status, 0x280U);
    EXPECT_EQ(report.commands[1].sense, "");
    EXPECT_FALSE(report.commands[1].source);
    EXPECT_EQ(report.commands[2].command_class, CommandClass::recheck);
    EXPECT_FALSE(report.commands[2].changes_data());
}

TEST(ExpectedOverwrites, ACopyLeavesWhatItsSourceHolds)
{
    const std::string nonce = "0123456789abcdef";
    const GuestReport report = parse_guest_report(
        "rogate-probe 2 nonce=" + nonce + " writes=on\n"
        "disk nvme0 index=5 kind=nvme sectors=17136 st=00 er=00 to=0 model=\"\"\n"
        "cmd nvme0 op=01 class=write proto=dma lba=24 n=2 st=00 er=00 to=0 back=new name=WRITE\n"
        "cmd nvme0 op=01 class=write proto=dma lba=26 n=1 st=0280 er=00 to=0 back=old name=WRITE\n"
        "cmd nvme0 op=19 class=write proto=dma lba=40 n=3 src=24 st=00 er=00 to=0 back=other name=COPY\n"
        "cmd nvme0 op=09 class=trim proto=dma lba=24 n=1 st=00 er=00 to=0 back=zero name=DSM_DEALLOCATE\n"
        "end disks=1 cmds=4\n");
    ASSERT_TRUE(report.complete) << report.problem;
    const auto sectors = expected_overwrites(nonce, report.disks[0].index, report.commands);
    ASSERT_EQ(sectors.size(), 4U);
    EXPECT_EQ(sectors.at(24), rogate::image::Sector{});
    EXPECT_EQ(sectors.at(25), payload_sector(nonce, 25, 0x01, 5));
    EXPECT_EQ(sectors.at(40), payload_sector(nonce, 24, 0x01, 5));
    EXPECT_EQ(sectors.at(41), payload_sector(nonce, 25, 0x01, 5));
}

TEST(GuestReport, AcceptedFollowsTheKind)
{
    struct Row {
        const char* kind;
        unsigned status;
        unsigned error;
        bool accepted;
    };
    for (const Row& row : {Row{"atapi", 0x50, 0, true}, {"atapi", 0x70, 0, true}, {"atapi", 0x51, 0x50, false}, {"scsi", 0, 0, true},
                           {"scsi", 2, 0, false}, {"scsi", 0, 1, false}, {"scsi-cd", 0, 0, true}, {"scsi-cd", 2, 0, false},
                           {"virtio", 0, 0, true}, {"virtio", 1, 0, false}, {"virtio", 0xff, 0, false}, {"nvme", 0, 0, true},
                           {"nvme", 0x280, 0, false}, {"nvme", 2, 0, false}, {"floppy", 0x04, 0, true}, {"floppy", 0x3f, 0, true},
                           {"floppy", 0x44, 0, false}, {"floppy", 0x84, 0, false}, {"drum", 0, 0, false}}) {
        GuestCommand command;
        command.kind = row.kind;
        command.status = row.status;
        command.error = row.error;
        EXPECT_EQ(command.accepted(), row.accepted) << row.kind << ' ' << row.status << ' ' << row.error;
        command.timed_out = true;
        EXPECT_FALSE(command.accepted()) << row.kind;
    }
}

TEST(GuestReport, AcceptedNeedsNeitherErrNorDfNorATimeOut)
{
    GuestCommand command;
    for (const auto& [status, timed_out, accepted] :
         {std::tuple{0x50U, false, true}, {0x58U, false, true}, {0x51U, false, false}, {0x70U, false, false}, {0x50U, true, false}}) {
        command.status = status;
        command.timed_out = timed_out;
        EXPECT_EQ(command.accepted(), accepted) << status;
    }
}
