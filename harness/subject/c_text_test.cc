// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "subject/c_text.h"

using rogate::subject::api_prototypes;
using rogate::subject::format_names;
using rogate::subject::quoted_includes;

using Words = std::vector<std::string>;

TEST(CText, FormatNamesStandFirstOrByTheirField)
{
    EXPECT_EQ(format_names("BlockDriver bdrv_cow = {\n    \"cow\",\n    sizeof(S),\n};\n"), Words{"cow"});
    EXPECT_EQ(format_names("static BlockDriver bdrv_vpc = {\n    .format_name\t= \"vpc\",\n};\n"), Words{"vpc"});
    EXPECT_EQ(format_names("BlockDriver a = { .bdrv_open = f, .format_name = \"x\" };\nBlockDriver b = { \"y\" };\n"),
              (Words{"y", "x"}));
    EXPECT_EQ(format_names("int bdrv_find_format(const char *format_name);\nprintf(\"raw\");\n"), Words{});
}

TEST(CText, PrototypesTellTheGeneration)
{
    EXPECT_EQ(
        api_prototypes(
            "void bdrv_init(void);\nBlockDriverState *bdrv_new(const char *name);\n"
            "int bdrv_open(BlockDriverState *bs, const char *f,\n              int flags);\nint bdrv_open3(int);\n"),
        (Words{"BlockDriverState *bdrv_new(const char *name);",
               "int bdrv_open(BlockDriverState *bs, const char *f, int flags);"}));
}

TEST(CText, IncludesAreThoseInQuotes)
{
    EXPECT_EQ(quoted_includes("#ident \"g.h\"\n#include \"a.h\"\n  #  include\t\"b/c.h\" // x\n#include <d.h>\n// "
                              "#include \"e.h\"\n#include \"\"\n#include \"f"),
              (Words{"a.h", "b/c.h"}));
}

TEST(CText, WhateverIsCutShortOrHugeIsPassedOver)
{
    const std::string huge(1 << 20, ' ');
    EXPECT_EQ(format_names("BlockDriver x = {" + huge + "\"raw\""), Words{"raw"});
    EXPECT_EQ(api_prototypes("int bdrv_open(" + huge + ");\n"), Words{});
    const std::string text =
        "BlockDriver a = { \"x\" };\n.format_name = \"y\"\n#include \"z.h\"\nint bdrv_open(int a);\n";
    for (size_t length = 0; length < text.size(); ++length) {
        const std::string cut = text.substr(0, length);
        EXPECT_LE(format_names(cut).size() + api_prototypes(cut).size() + quoted_includes(cut).size(), 4U);
    }
}
