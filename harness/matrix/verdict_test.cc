// SPDX-License-Identifier: GPL-2.0-or-later
// The oracle of each test is the verdict table of README: one piece of evidence is changed, the verdict must follow.
#include <gtest/gtest.h>

#include "matrix/verdict.h"

using namespace rogate;
using namespace rogate::matrix;

namespace {

const Case kReadOnly{"qcow", "ide", Mode::ro, "drive", "backed"};
const Case kReadWrite{"qcow", "ide", Mode::rw, "drive", "backed"};

lab::GuestCommand command(lab::CommandClass command_class, const std::string& name, unsigned status, const std::string& back = "")
{
    lab::GuestCommand one;
    one.disk = "ide0.0";
    one.command_class = command_class;
    one.name = name;
    one.status = status;
    one.error = (status & 1U) != 0 ? 4 : 0;
    one.sectors = 1;
    one.read_back = back;
    return one;
}

lab::WireRequest request(const std::string& operation, const std::string& error = "")
{
    return {"hda", operation, 512, 512, true, error};
}

/// A refused write, a read and a flush that work, two files that nobody touched.
lab::Evidence sealed_evidence()
{
    lab::Evidence evidence;
    evidence.guest_complete = true;
    evidence.qemu.exit_status = 33;
    evidence.commands = {command(lab::CommandClass::identify, "IDENTIFY", 0x50), command(lab::CommandClass::read, "READ", 0x50),
                         command(lab::CommandClass::write, "WRITE", 0x41, "old"), command(lab::CommandClass::flush, "FLUSH", 0x50)};
    evidence.requests = {request("Read"), request("Write", "EACCES"), request("Flush")};
    evidence.open_files = {{"disk.qcow", false, false, "fd 7 O_RDONLY"}, {"base.raw", false, false, "fd 8 O_RDONLY"}};
    evidence.files = {{"disk.qcow", false, "aa", "aa", {}, {}}, {"base.raw", true, "bb", "bb", {}, {}}};
    return evidence;
}

lab::Evidence writes_evidence()
{
    lab::Evidence evidence = sealed_evidence();
    evidence.commands[2] = command(lab::CommandClass::write, "WRITE", 0x50, "new");
    evidence.requests[1] = request("Write");
    evidence.files[0].digest_after = "cc";
    evidence.files[0].changed = {{9, 1}};
    evidence.reader = lab::ReaderEvidence{};
    return evidence;
}

std::string read_only(const lab::Evidence& evidence) { return std::string(to_string(judge(kReadOnly, evidence).kind)); }
std::string read_write(const lab::Evidence& evidence) { return std::string(to_string(judge(kReadWrite, evidence).kind)); }

}  // namespace

TEST(VerdictReadOnly, SealedWhenEveryWitnessAgrees)
{
    EXPECT_EQ(read_only(sealed_evidence()), "sealed");
}

TEST(VerdictReadOnly, HoleWhenAnyFileOfTheChainChanged)
{
    for (const size_t file : {0U, 1U}) {
        auto evidence = sealed_evidence();
        evidence.files[file].digest_after = "cc";
        EXPECT_EQ(read_only(evidence), "hole") << file;
    }
}

TEST(VerdictReadOnly, HoleWhenOnlyStatOrTheKernelSawIt)
{
    auto evidence = sealed_evidence();
    evidence.files[0].stat_changes = {"mtime"};
    EXPECT_EQ(read_only(evidence), "hole");
    for (const char* what : {"MODIFY", "ATTRIB", "CREATE", "DELETE", "MOVED_FROM", "MOVED_TO", "OVERFLOW"}) {
        evidence = sealed_evidence();
        evidence.events = {{"disk.qcow", what}};
        EXPECT_EQ(read_only(evidence), "hole") << what;
    }
}

TEST(VerdictReadOnly, HoleOutweighsACrashAndAHang)
{
    auto evidence = sealed_evidence();
    evidence.files[0].digest_after = "cc";
    evidence.device_model.signal = 11;
    EXPECT_EQ(read_only(evidence), "hole");
    evidence.device_model.signal = 0;
    evidence.qemu.timed_out = true;
    EXPECT_EQ(read_only(evidence), "hole");
}

TEST(VerdictReadOnly, LeakWhenAFileWasOpenForWriting)
{
    auto evidence = sealed_evidence();
    evidence.open_files[1].writable = true;
    EXPECT_EQ(read_only(evidence), "leak");
    evidence = sealed_evidence();
    evidence.events = {{"base.raw", "CLOSE_WRITE"}};
    EXPECT_EQ(read_only(evidence), "leak");
}

TEST(VerdictReadOnly, SilentWhenAWriteWasAcceptedAndNothingChanged)
{
    auto evidence = sealed_evidence();
    evidence.commands[2] = command(lab::CommandClass::write, "WRITE", 0x50, "old");
    EXPECT_EQ(read_only(evidence), "silent");
    evidence = sealed_evidence();
    evidence.requests[1] = request("Write");
    EXPECT_EQ(read_only(evidence), "silent");
    evidence = sealed_evidence();
    evidence.commands[2].read_back = "new";
    EXPECT_EQ(read_only(evidence), "silent");
}

TEST(VerdictReadOnly, OverblockedWhenWhatMustWorkFails)
{
    for (const size_t i : {0U, 1U, 3U}) {
        auto evidence = sealed_evidence();
        evidence.commands[i].status = 0x41;
        EXPECT_EQ(read_only(evidence), "overblocked") << evidence.commands[i].name;
    }
    auto evidence = sealed_evidence();
    evidence.requests[2] = request("Flush", "EACCES");
    EXPECT_EQ(read_only(evidence), "overblocked");
    evidence = sealed_evidence();
    evidence.subject_refusal = "could not open hard disk image";
    EXPECT_EQ(read_only(evidence), "overblocked");
}

TEST(VerdictReadOnly, VoidWhenNoWriteReachedTheBlockLayerEvenIfAFileWasOpenForWriting)
{
    auto evidence = sealed_evidence();
    evidence.requests.erase(evidence.requests.begin() + 1);
    EXPECT_EQ(read_only(evidence), "void");
    evidence.open_files[0].writable = true;
    EXPECT_EQ(read_only(evidence), "void");
    evidence = sealed_evidence();
    evidence.commands.erase(evidence.commands.begin() + 2);
    EXPECT_EQ(read_only(evidence), "void");
}

TEST(Verdict, CrashOfSubjectOrGuestAndHangAreNeverAPass)
{
    for (const bool ro : {true, false}) {
        const auto verdict = [&](const lab::Evidence& evidence) { return ro ? read_only(evidence) : read_write(evidence); };
        const auto fine = ro ? sealed_evidence() : writes_evidence();
        auto evidence = fine;
        evidence.device_model.signal = 11;
        EXPECT_EQ(verdict(evidence), ro ? "crash" : "crash");
        evidence = fine;
        evidence.guest_complete = false;
        EXPECT_EQ(verdict(evidence), "crash");
        evidence = fine;
        evidence.qemu.timed_out = true;
        EXPECT_EQ(verdict(evidence), "hang");
        evidence = fine;
        evidence.commands[1].timed_out = true;
        EXPECT_EQ(verdict(evidence), "hang");
        evidence = fine;
        evidence.requests[0].answered = false;
        EXPECT_EQ(verdict(evidence), "hang");
    }
}

TEST(Verdict, AnEnvironmentErrorIsAnErrorWhateverElseWasSeen)
{
    auto evidence = sealed_evidence();
    evidence.environment_error = "cannot find the program 'uml_moo'";
    EXPECT_EQ(read_only(evidence), "error");
    evidence.files[0].digest_after = "cc";
    EXPECT_EQ(read_only(evidence), "error");
    evidence = writes_evidence();
    evidence.environment_error = "cannot find the program 'uml_moo'";
    EXPECT_EQ(read_write(evidence), "error");
}

TEST(VerdictReadWrite, WritesWhenTheReaderFoundThemAndOnlyThem)
{
    EXPECT_EQ(read_write(writes_evidence()), "writes");
}

TEST(VerdictReadWrite, CorruptWhenReaderReadBackOrBackingFileDisagree)
{
    auto evidence = writes_evidence();
    evidence.reader->wrong = {{7, 1}};
    EXPECT_EQ(read_write(evidence), "corrupt");
    evidence = writes_evidence();
    evidence.reader->failure = "cannot read";
    EXPECT_EQ(read_write(evidence), "corrupt");
    evidence = writes_evidence();
    evidence.commands[2].read_back = "old";
    EXPECT_EQ(read_write(evidence), "corrupt");
    evidence = writes_evidence();
    evidence.files[1].digest_after = "dd";
    EXPECT_EQ(read_write(evidence), "corrupt");
}

TEST(VerdictReadWrite, WithoutAReaderItIsAnErrorUnlessWritesGoToASnapshot)
{
    auto evidence = writes_evidence();
    evidence.reader.reset();
    EXPECT_EQ(read_write(evidence), "error");
    evidence.files[0].digest_after = evidence.files[0].digest_before;
    const Case snapshot{"qcow", "ide", Mode::rw, "drive", "snapshot"};
    EXPECT_EQ(judge(snapshot, evidence).kind, VerdictKind::writes);
    evidence.files[0].digest_after = "cc";
    EXPECT_EQ(judge(snapshot, evidence).kind, VerdictKind::corrupt);
}

TEST(VerdictReadWrite, RefusedWhenAWriteOrTheDiskIs)
{
    auto evidence = writes_evidence();
    evidence.commands[2].status = 0x41;
    evidence.commands[2].read_back = "old";
    EXPECT_EQ(read_write(evidence), "refused");
    evidence = writes_evidence();
    evidence.subject_refusal = "could not open";
    EXPECT_EQ(read_write(evidence), "refused");
}

TEST(Verdict, ATrimMustReadZerosAndAnUnknownCommandMustChangeNothing)
{
    auto evidence = writes_evidence();
    evidence.commands.push_back(command(lab::CommandClass::trim, "TRIM", 0x50, "zero"));
    EXPECT_EQ(read_write(evidence), "writes");
    evidence.commands.back().read_back = "old";
    EXPECT_EQ(read_write(evidence), "corrupt");
    evidence.commands.back().crc = 0xb2aa7578;  // of 512 zeros: where zeros had been before
    EXPECT_EQ(read_write(evidence), "writes");
    evidence.commands.back().crc = 0xb2aa7579;
    EXPECT_EQ(read_write(evidence), "corrupt");
    evidence = writes_evidence();
    evidence.commands.push_back(command(lab::CommandClass::absent, "WRITE_SAME", 0x50, "new"));
    EXPECT_EQ(read_write(evidence), "corrupt");
}

TEST(Verdict, APlaceThatChangedAfterItsReadBackIsNoPass)
{
    lab::Evidence refused = sealed_evidence();
    refused.commands.push_back(command(lab::CommandClass::recheck, "WRITE", 0x50, "new"));
    EXPECT_EQ(read_only(refused), "silent");  // as any read-back of something else that no other witness saw
    lab::Evidence taken = writes_evidence();
    taken.commands.push_back(command(lab::CommandClass::recheck, "WRITE", 0x50, "old"));
    EXPECT_EQ(read_write(taken), "corrupt");
}

TEST(Verdict, SkipKeepsItsReason)
{
    Case one = kReadOnly;
    one.skip = "no such image";
    const Verdict verdict = judge(one, {});
    EXPECT_EQ(verdict.kind, VerdictKind::skip);
    EXPECT_EQ(verdict.reasons, std::vector<std::string>{"no such image"});
}

TEST(Verdict, AWishThatCouldNotBeToldIsSaid)
{
    auto evidence = sealed_evidence();
    evidence.wish_expressible = false;
    EXPECT_EQ(judge(kReadOnly, evidence).reasons.back(),
              "the subject has no word for read-only: the disk was configured without it");
}

TEST(Verdict, EveryWordNamesItsKind)
{
    for (const char* word : {"sealed", "leak", "hole", "silent", "overblocked", "void", "hang", "crash", "writes", "refused",
                             "corrupt", "skip", "error"}) {
        const auto kind = verdict_kind(word);
        ASSERT_TRUE(kind) << word;
        EXPECT_EQ(to_string(*kind), word);
    }
    EXPECT_FALSE(verdict_kind("seald"));
}

TEST(VerdictReadOnly, AChangeWithoutDataMustBeRefusedLikeAWrite)
{
    auto evidence = sealed_evidence();
    evidence.commands.push_back(command(lab::CommandClass::change, "SNAPSHOT_CREATE", 0x41, "old"));
    EXPECT_EQ(read_only(evidence), "sealed");
    evidence.commands.back() = command(lab::CommandClass::change, "SNAPSHOT_CREATE", 0x50, "old");
    EXPECT_EQ(read_only(evidence), "silent");
    evidence.commands.back() = command(lab::CommandClass::change, "SNAPSHOT_CREATE", 0x41, "other");
    EXPECT_EQ(read_only(evidence), "silent");
}

TEST(VerdictReadOnly, ABusThatCannotWriteIsSealedWithoutWritesButNotWithoutCommands)
{
    const Case cd{"raw", "atapi", Mode::ro, "cdrom", "plain"};
    auto evidence = sealed_evidence();
    evidence.commands = {command(lab::CommandClass::read, "READ_10", 0x50), command(lab::CommandClass::absent, "WRITE_10", 0x51, "old")};
    evidence.requests = {request("Read")};
    EXPECT_EQ(to_string(judge(cd, evidence).kind), "sealed");
    EXPECT_EQ(read_only(evidence), "void");
    evidence.open_files[0].writable = true;
    EXPECT_EQ(to_string(judge(cd, evidence).kind), "leak");
    evidence.open_files[0].writable = false;
    evidence.commands.clear();
    EXPECT_EQ(to_string(judge(cd, evidence).kind), "void");
}

TEST(VerdictReadWrite, OnlyACommitMayWriteTheBackingFile)
{
    auto evidence = writes_evidence();
    evidence.files[1].digest_after = "dd";
    EXPECT_EQ(read_write(evidence), "corrupt");
    auto commit = command(lab::CommandClass::change, "COMMIT", 0, "old");
    commit.kind = "monitor";
    evidence.commands.push_back(commit);
    EXPECT_EQ(read_write(evidence), "writes");
    evidence.commands.back().read_back = "other";
    EXPECT_EQ(read_write(evidence), "corrupt");
}
