// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "subject/build.h"
#include "subject/profile.h"
#include "subject/subject.h"

using namespace rogate;
using namespace rogate::subject;

namespace {

constexpr const char* kProfile = "[tree]\nsources = [\"io/*.c\"]\nexclude = [\"io/tool.c\"]\n"
                                 "[build]\ndefines = [\"A=1\"]\ninclude = [\"io\"]\nflags = [\"-O1\"]\nlibraries = [\"z\"]\n"
                                 "[file.\"io/vl.c\"]\ndefines = [\"main=other\"]\n"
                                 "[bridge]\nsources = [\"bridge/*.c\"]\n[image-tool]\nsources = [\"io/tool.c\", \"io/b.c\"]\n";

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
    const auto text = ninja_text(*profile, tree_of({"io/b.c", "io/vl.c", "io/tool.c", "io/vl.h", "bridge/x.c"}), "cc");
    ASSERT_TRUE(text);
    EXPECT_EQ(*text, "flags = -std=gnu11 -O1 -DA=1 -Isrc/io\n"
                     "rule cc\n  command = cc $flags $more -c $in -o $out\n  description = CC $in\n"
                     "rule plugin\n  command = cc -shared -o $out $in -lz\n  description = LINK $out\n"
                     "rule program\n  command = cc -o $out $in -lz\n  description = LINK $out\n"
                     "build obj/io/b.c.o: cc src/io/b.c\n"
                     "build obj/io/vl.c.o: cc src/io/vl.c\n  more = -Dmain=other\n"
                     "build obj/bridge/x.c.o: cc src/bridge/x.c\n"
                     "build obj/io/tool.c.o: cc src/io/tool.c\n"
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
    EXPECT_EQ(error_of("[tree]\nsources = [\"a\"]\n"), "'p.toml' names no sources in [tree] or [bridge]");
    EXPECT_EQ(expand({"nothing/*.c"}, {}, {"io/a.c"}).error().text,
              "the profile's source 'nothing/*.c' fits no file of the tree");
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
