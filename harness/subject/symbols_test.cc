// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "subject/symbols.h"

using namespace rogate;
using namespace rogate::subject;

namespace {

using Names = std::set<std::string>;

git::Entry file(const std::string& text)
{
    git::Entry entry;
    entry.content = std::make_shared<const std::string>(text);
    return entry;
}

}  // namespace

TEST(DefinedNames, AreFunctionsWithABodyAndVariables)
{
    EXPECT_EQ(defined_names("int f(int a)\n{ return g(a); }\nchar *name, table[3] = { 1, 2 };\nlong h(void);\n"),
              (Names{"f", "name", "table"}));
}

TEST(DefinedNames, LeaveOutWhatOthersCannotUse)
{
    EXPECT_EQ(
        defined_names("static int a(void) { return 1; }\nextern int b;\ntypedef int c;\ntypedef struct { int x; } d;\n"
                      "static const int e[] = { 1 };\nstruct f { int y; };\nenum g { H, I };\nint (*j)(void);\n"),
        Names{});
}

TEST(DefinedNames, IgnoreCommentsStringsAndPreprocessorLines)
{
    EXPECT_EQ(
        defined_names(
            "/* int a(void) { */ // int b;\n#define C int c(void) { \\\n   int d;\nconst char e[] = \"int f; {\";\n"
            "char q = '{', r = '\\'';\nint g(void) { return '}' + \"}\"[0]; }\nint h;\n"),
        (Names{"e", "g", "h", "q", "r"}));
}

TEST(DefinedNames, SeeThroughAttributesMacrosAndStructs)
{
    EXPECT_EQ(defined_names("MACRO(x)\nint a(void)\n{ }\nint b(void) __attribute__((noreturn));\n"
                            "__attribute__((unused)) void c(void) { }\nstruct s { int m; } d = { 1 };\n"),
              (Names{"a", "c", "d"}));
}

TEST(DefinedNames, EndOfTextAnywhereIsFine)
{
    const std::string text = "int a(void) { \"x\\\"\" '\\'' /* c */ } #define X \\\n y\n int b[] = { 1";
    for (size_t length = 0; length <= text.size(); ++length) {
        EXPECT_LE(defined_names(std::string_view(text).substr(0, length)).size(), 2U);
    }
}

TEST(MissingSymbols, EachIsNamedOnceAndNbdkitsAreLeftOut)
{
    EXPECT_EQ(missing_symbols(
                  "/usr/bin/ld: x.o: in function `f': x.c:3: warning: undefined reference to `qemu_malloc'\n"
                  "/usr/bin/ld: x.o: warning: undefined reference to `nbdkit_error'\n"
                  "/usr/bin/ld: y.o: undefined reference to `qemu_malloc'\ny.o: undefined reference to `pstrcpy'\n"),
              (std::vector<std::string>{"qemu_malloc", "pstrcpy"}));
    EXPECT_TRUE(missing_symbols("ninja: no work to do.\n").empty());
}

TEST(FindDefinitions, NamesEveryFileThatHasOne)
{
    git::Tree tree;
    tree["a.c"] = file("void *qemu_malloc(int n)\n{\n return 0; }\n");
    tree["b.c"] = file("int user(void) { return qemu_malloc(1) != 0; }\n");
    tree["sub/c.c"] = file("void *qemu_malloc(int n) { return 0; }\n");
    tree["a.h"] = file("void *qemu_malloc(int n) { }\n");
    const auto found = find_definitions({"qemu_malloc", "nobody"}, tree);
    EXPECT_EQ(found.at("qemu_malloc"), (std::vector<std::string>{"a.c", "sub/c.c"}));
    EXPECT_TRUE(found.at("nobody").empty());
}
