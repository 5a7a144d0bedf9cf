// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "subject/draft.h"

using rogate::subject::api_prototypes;
using rogate::subject::format_names;

using Words = std::vector<std::string>;

TEST(Draft, FormatNamesStandFirstOrByTheirField)
{
    EXPECT_EQ(format_names("BlockDriver bdrv_cow = {\n    \"cow\",\n    sizeof(S),\n};\n"), Words{"cow"});
    EXPECT_EQ(format_names("static BlockDriver bdrv_vpc = {\n    .format_name\t= \"vpc\",\n};\n"), Words{"vpc"});
    EXPECT_EQ(format_names("BlockDriver a = { .bdrv_open = f, .format_name = \"x\" };\nBlockDriver b = { \"y\" };\n"), (Words{"y", "x"}));
    EXPECT_EQ(format_names("int bdrv_find_format(const char *format_name);\nprintf(\"raw\");\n"), Words{});
}

TEST(Draft, PrototypesTellTheGeneration)
{
    EXPECT_EQ(api_prototypes("void bdrv_init(void);\nBlockDriverState *bdrv_new(const char *name);\n"
                             "int bdrv_open(BlockDriverState *bs, const char *f,\n              int flags);\nint bdrv_open3(int);\n"),
              (Words{"BlockDriverState *bdrv_new(const char *name);", "int bdrv_open(BlockDriverState *bs, const char *f, int flags);"}));
}
