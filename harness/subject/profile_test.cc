// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "subject/build.h"
#include "subject/profile.h"
#include "subject/subject.h"

using namespace rogate;
using namespace rogate::subject;

namespace {

constexpr const char* kProfile =
    "[tree]\nsources = [\"io/*.c\"]\nexclude = [\"io/tool.c\"]\n"
    "[build]\ndefines = [\"A=1\"]\ninclude = [\"io\"]\nflags = [\"-O1\"]\nlibraries = [\"z\"]\n"
    "[file.\"io/vl.c\"]\ndefines = [\"main=other\"]\nflags = [\"-fno-builtin\"]\n"
    "[bridge]\ndisks = \"main\"\nsources = [\"bridge/*.c\"]\n[image-tool]\nsources = [\"io/tool.c\", \"io/b.c\"]\n";

git::Tree tree_of(const std::vector<std::string>& names)
{
    git::Tree tree;
    for (const std::string& name : names) {
        tree[name].content = std::make_shared<const std::string>("");
    }
    return tree;
}

std::string error_of(const std::string& text)
{
    const auto profile = parse_profile(text, "p.toml");
    return profile ? "" : profile.error().text;
}

}  // namespace

TEST(Profile, NinjaGetsEachSourceOnceWithItsOwnDefines)
{
    const auto profile = parse_profile(kProfile, "p.toml");
    ASSERT_TRUE(profile) << profile.error().text;
    const auto text = ninja_text(
        *profile, tree_of({"io/b.c", "io/vl.c", "io/tool.c", "io/vl.h", "bridge/probe/sync_io.c", "bridge/x.c"}), "cc");
    ASSERT_TRUE(text);
    EXPECT_EQ(text->substr(0, text->find("rule ")),
              "flags = -std=gnu11 -O1 -DA=1 -Isrc/io\nbridge = -Igen -Isrc/bridge\n");
    EXPECT_EQ(text->substr(text->find("build ")),
              "build gen/SYNC_IO.h: probe src/bridge/probe/sync_io.c\n  name = SYNC_IO\n"
              "build gen/bridge_probes.h: join gen/SYNC_IO.h\n"
              "build obj/io/b.c.o: cc src/io/b.c\n"
              "build obj/io/vl.c.o: cc src/io/vl.c\n  more = -Dmain=other -fno-builtin\n"
              "build obj/io/tool.c.o: cc src/io/tool.c\n"
              "build obj/bridge/x.c.o: cc src/bridge/x.c | gen/bridge_probes.h\n  more = $bridge\n"
              "build bridge.so: plugin obj/io/b.c.o obj/io/vl.c.o obj/bridge/x.c.o\ndefault bridge.so\n"
              "build ioemu-img: program obj/io/b.c.o obj/io/tool.c.o\ndefault ioemu-img\n");
}

TEST(Profile, AGlobDoesNotCrossFolders)
{
    const auto files = expand({"io/*.c"}, {}, {"io/a.c", "io/hw/b.c"});
    ASSERT_TRUE(files);
    EXPECT_EQ(*files, std::vector<std::string>{"io/a.c"});
}

TEST(Profile, MistakesAreNamedWithTheirLine)
{
    EXPECT_EQ(error_of("[tree]\nsource = [\"a\"]\n"), "'p.toml' line 2: unknown key 'tree.source'");
    EXPECT_EQ(error_of("[tree]\nsources = \"a\"\n"), "'p.toml' line 2: 'tree.sources' must be a list of strings");
    EXPECT_EQ(error_of("[tre]\n"), "'p.toml' line 1: unknown key 'tre'");
    EXPECT_EQ(error_of("[build]\ninclude = [\"a\"]\n"), "'p.toml' names no sources in [tree]");
    EXPECT_EQ(error_of("[bridge]\ndisks = \"disks\"\n"), "'p.toml' line 2: 'bridge.disks' cannot be 'disks'");
    EXPECT_EQ(error_of("[formats]\nraw = \"a b\"\n"),
              "'p.toml' line 2: 'formats.raw' must be the tree's name of that format");
    EXPECT_EQ(error_of("[tree]\nsources = [\"a\"]\n[bridge]\ndisks = \"main\"\n[formats]\nvpc = \"vhd\"\n"),
              "'p.toml' renames the format 'vpc', but its disks are opened by the tree's main program, which is told "
              "rogate's name");
    EXPECT_EQ(expand({"nothing/*.c"}, {}, {"io/a.c"}).error().text,
              "the profile's source 'nothing/*.c' fits no file of the tree");
}

TEST(Profile, PathsOfTheTreeStartAtItsRoot)
{
    const auto profile =
        parse_profile("[tree]\nfolder = \"tools/io/\"\nsources = [\"*.c\"]\n[build]\ninclude = [\".\", \"hw\"]\n"
                      "[file.\"vl.c\"]\ndefines = [\"X\"]\n",
                      "p.toml");
    ASSERT_TRUE(profile) << profile.error().text;
    EXPECT_EQ(profile->sources, std::vector<std::string>{"tools/io/*.c"});
    EXPECT_EQ(profile->include, (std::vector<std::string>{"tools/io", "tools/io/hw"}));
    EXPECT_TRUE(profile->files.contains("tools/io/vl.c"));
}

TEST(Profile, TwoStarsAreAnyNumberOfFolders)
{
    EXPECT_TRUE(fits_glob("include/**/*.h", "include/a.h"));
    EXPECT_TRUE(fits_glob("include/**/*.h", "include/x/y/a.h"));
    EXPECT_TRUE(fits_glob("**/block.h", "block.h"));
    EXPECT_TRUE(fits_glob("**/block.h", "a/block.h"));
    EXPECT_FALSE(fits_glob("include/**/*.h", "other/a.h"));
    EXPECT_FALSE(fits_glob("include/**/*.h", "include/x/a.c"));
    EXPECT_FALSE(fits_glob("**/block.h", "a/myblock.h"));
    EXPECT_FALSE(fits_glob("include/*.h", "include/x/a.h"));
}

TEST(Profile, CasesThatMakeNoSenseHaveAReason)
{
    const auto profile = parse_profile("[tree]\nsources = [\"*.c\"]\n[formats]\nraw = \"raw\"\nvpc = \"vhd\"\n"
                                       "[cases]\nbuses = [\"ide\"]\nshapes = [\"plain\"]\n",
                                       "p.toml");
    ASSERT_TRUE(profile) << profile.error().text;
    const Limits& limits = profile->limits;
    EXPECT_EQ(limits.skip_reason("vpc", "ide", "drive", "plain"), "");
    EXPECT_EQ(limits.skip_reason("cow", "ide", "drive", "plain"), "the tree's profile has no format cow");
    EXPECT_EQ(limits.skip_reason("raw", "scsi", "drive", "plain"), "the tree's profile has no bus scsi");
    EXPECT_EQ(limits.skip_reason("raw", "ide", "xenstore", "plain"),
              "the tree's profile has no configuration by xenstore");
    EXPECT_EQ(limits.skip_reason("raw", "ide", "drive", "backed"), "the tree's profile has no backed images");
    EXPECT_NE(bridge_profile_text(*profile).find("{ \"vpc\", \"vhd\" },"), std::string::npos);
}

TEST(State, WordsBecomeSortedNumbersEachOnce)
{
    EXPECT_EQ(*parse_at("tip,base", 7), (std::vector<size_t>{0, 7}));
    EXPECT_EQ(*parse_at("all,3", 4), (std::vector<size_t>{0, 1, 2, 3, 4}));
    EXPECT_EQ(*parse_at("3", 4), std::vector<size_t>{3});
    EXPECT_EQ(parse_at("tp", 4).error().hint, "did you mean 'tip'? it takes base, tip, all or 0..4");
    EXPECT_EQ(parse_at("9", 4).error().text, "'--at 9' is beyond the series, which has 4 patches");
    EXPECT_FALSE(parse_at("", 4));
    EXPECT_FALSE(parse_at("base,", 4));
}

TEST(State, HasTheNameThatSelectsIt)
{
    EXPECT_EQ(state_name(0, 3), "base");
    EXPECT_EQ(state_name(2, 3), "2");
    EXPECT_EQ(state_name(3, 3), "tip");
    EXPECT_EQ(state_name(0, 0), "base");
}
