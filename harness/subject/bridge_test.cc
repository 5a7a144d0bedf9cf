// SPDX-License-Identifier: GPL-2.0-or-later
// The bridge's generation detection: block layers of many generations, each compiled with the bridge's headers; they
// print how they were called. What is expected is written down from the generations' own signatures.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "process/group.h"

using namespace rogate;

namespace {

struct Generation {
    const char* name;
    std::vector<std::string> defines;
    std::string calls;  ///< of a read-only snapshot, then of a plain read-write drive
};

void PrintTo(const Generation& generation, std::ostream* out)
{
    *out << generation.name;
}

/// As 0 or 1, what probe/NAME.c answers when the tree is declared by `defines`.
bool probe(const std::string& name, const std::vector<std::string>& flags)
{
    std::vector<std::string> argv{"cc"};
    argv.insert(argv.end(), flags.begin(), flags.end());
    argv.insert(argv.end(), {"-w", "-fsyntax-only", fmt::format("{}/probe/{}.c", ROGATE_BRIDGE, name)});
    const auto outcome = process::run({.argv = argv, .env = {}});
    return outcome && outcome->ok();
}

std::string calls_of(const Generation& generation)
{
    auto folder = TempDir::make("/tmp", "rogate-generation-");
    EXPECT_TRUE(folder);
    const std::string path = folder->path().string();
    std::vector<std::string> flags{"-std=gnu89",
                                   "-Wall",
                                   "-Wextra",
                                   "-Werror",
                                   "-I" + path,
                                   fmt::format("-I{}/generation", ROGATE_TESTDATA),
                                   fmt::format("-I{}", ROGATE_BRIDGE)};
    for (const std::string& define : generation.defines) {
        flags.push_back("-D" + define);
    }
    EXPECT_TRUE(write_file(folder->path() / "bridge_profile.h", "#include <stddef.h>\n"));
    EXPECT_TRUE(write_file(folder->path() / "bridge_probes.h",
                           fmt::format("#define BRIDGE_HAVE_SYNC_IO {}\n#define BRIDGE_HAVE_READ_ONLY_FIELD {}\n",
                                       probe("sync_io", flags) ? 1 : 0, probe("read_only_field", flags) ? 1 : 0)));
    std::vector<std::string> argv{"cc"};
    argv.insert(argv.end(), flags.begin(), flags.end());
    argv.insert(argv.end(), {fmt::format("{}/generation/call.c", ROGATE_TESTDATA), "-o", path + "/call"});
    auto compiled = process::run({.argv = argv, .env = {}});
    EXPECT_TRUE(compiled && compiled->ok()) << (compiled ? compiled->err : compiled.error().text);
    auto ran = process::run({.argv = {path + "/call"}, .env = {}});
    return ran ? ran->out : ran.error().text;
}

class BridgeGeneration : public ::testing::TestWithParam<Generation> {};

}  // namespace

TEST_P(BridgeGeneration, IsFoundAndCalledAsItWants)
{
    EXPECT_EQ(calls_of(GetParam()), GetParam().calls);
}

INSTANTIATE_TEST_SUITE_P(
    All, BridgeGeneration,
    ::testing::Values(
        Generation{
            "SnapshotArgumentAndField",
            {"OPEN=3", "FIELD", "FLUSH_VOID", "GEOMETRY"},
            "new(hda) open(drive,1,none)ro ro; new(hda) open(drive,0,none) -; way=3 named=0 length=1536 flush=0\n"},
        Generation{"Open2WithSnapshotArgument",
                   {"OPEN=3", "OPEN2", "FIELD", "FLUSH_VOID"},
                   "new(hda) open2(drive,1,driver)ro ro; new(hda) open2(drive,0,driver) -; way=3 named=1 length=1536 "
                   "flush=0\n"},
        Generation{"NewWithTheFlag",
                   {"OPEN=3", "OPEN2", "NEW_FLAG", "FIELD"},
                   "new(hda,1) open2(drive,1,driver) -; new(hda,0) open2(drive,0,driver) -; way=1 named=1 length=1536 "
                   "flush=-5\n"},
        Generation{
            "Open2WithFlags",
            {"OPEN=3", "OPEN2", "FILE_OPEN", "FLAGS", "SNAPSHOT_FLAG", "FIELD"},
            "new(hda) open2(drive,8,driver) -; new(hda) open2(drive,2,driver) -; way=2 named=1 length=1536 flush=-5\n"},
        Generation{
            "FlagsWithoutSnapshot",
            {"OPEN=3", "FLAGS"},
            "new(hda) open(drive,0,none) -; new(hda) open(drive,2,none) -; way=2 named=0 length=1536 flush=-5\n"},
        Generation{
            "FlagsAndDriver",
            {"OPEN=4", "FILE_OPEN", "FLAGS", "SNAPSHOT_FLAG", "GEOMETRY_UNSIGNED"},
            "new(hda) open(drive,8,driver) -; new(hda) open(drive,2,driver) -; way=2 named=1 length=1536 flush=-5\n"},
        Generation{
            "OptionsFlagsAndDriver",
            {"OPEN=5", "FILE_OPEN", "FLAGS", "SNAPSHOT_FLAG"},
            "new(hda) open(drive,8,driver) -; new(hda) open(drive,2,driver) -; way=2 named=1 length=1536 flush=-5\n"},
        Generation{"OptionsAndErrors",
                   {"OPEN=6", "FLAGS", "SNAPSHOT_FLAG", "NEW_ERROR"},
                   "new(hda,none) open(drive,8,driver) -; new(hda,none) open(drive,2,driver) -; way=2 named=1 "
                   "length=1536 flush=-5\n"},
        Generation{"FileOpenOnly",
                   {"OPEN=0", "FILE_OPEN", "FLAGS"},
                   "new(hda) delete(drive) file_open(none,0,none) -; new(hda) delete(drive) file_open(none,2,none) -; "
                   "way=2 named=0 length=1536 flush=-5\n"},
        Generation{
            "NoWayToSayReadOnly",
            {"OPEN=3"},
            "new(hda) open(drive,1,none) -; new(hda) open(drive,0,none) -; way=0 named=0 length=1536 flush=-5\n"},
        Generation{"FlagOfNewBesideFlags",
                   {"OPEN=4", "NEW_FLAG", "FLAGS", "SNAPSHOT_FLAG"},
                   "new(hda,1) open(drive,8,driver) -; new(hda,0) open(drive,2,driver) -; way=1 named=1 length=1536 "
                   "flush=-5\n"}),
    [](const auto& generation) { return generation.param.name; });
