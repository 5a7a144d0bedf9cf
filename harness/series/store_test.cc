// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/store.h"

#include <gtest/gtest.h>

#include "base/file.h"

using namespace rogate;
using namespace rogate::series;

namespace {

namespace fs = std::filesystem;

class Store : public testing::Test {
protected:
    Store() : parent_(*TempDir::make("/tmp", "rogate-store-")), folder_(parent_.path() / "patches")
    {
        fs::create_directory(folder_);
        put("series", "one.patch\ntwo.patch\n");
        put("one.patch", "one\n");
        put("two.patch", "two\n");
    }

    void put(const std::string& name, const std::string& text) { ASSERT_TRUE(write_file(folder_ / name, text)); }

    /// All files but rogate's own, with their contents.
    std::map<std::string, std::string> files() const
    {
        std::map<std::string, std::string> all;
        for (const auto& entry : fs::recursive_directory_iterator(folder_)) {
            const std::string name = entry.path().lexically_relative(folder_).string();
            if (entry.is_regular_file() && !name.starts_with(".rogate/")) {
                all[name] = *read_file(entry.path());
            }
        }
        return all;
    }

    TempDir parent_;
    fs::path folder_;
};

}  // namespace

TEST_F(Store, ReplacesFilesAndBringsThemBack)
{
    const auto before = files();
    ASSERT_TRUE(replace_series(folder_, {{"one.patch", "new one\n"}, {"two.patch", std::nullopt}, {"series", "one.patch\n"}}));
    EXPECT_EQ(files(), (std::map<std::string, std::string>{{"one.patch", "new one\n"}, {"series", "one.patch\n"}}));
    ASSERT_TRUE(replace_series(folder_, {{"one.patch", "third\n"}}));
    ASSERT_TRUE(undo_series(folder_, false));
    EXPECT_EQ(files().at("one.patch"), "new one\n");
    ASSERT_TRUE(undo_series(folder_, false));
    EXPECT_EQ(files(), before);
    const auto none = undo_series(folder_, false);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().kind, ErrorKind::not_found);
    EXPECT_EQ(std::distance(fs::directory_iterator(parent_.path()), fs::directory_iterator()), 1) << "something was left beside it";
}

TEST_F(Store, KeepsWhatPeopleChangedSince)
{
    ASSERT_TRUE(replace_series(folder_, {{"one.patch", "new\n"}}));
    put("one.patch", "edited\n");
    const auto refused = undo_series(folder_, false);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::conflict);
    EXPECT_EQ(files().at("one.patch"), "edited\n");
    ASSERT_TRUE(undo_series(folder_, true));
    EXPECT_EQ(files().at("one.patch"), "one\n");
}

TEST_F(Store, ResolutionsOutliveAnUndo)
{
    ASSERT_TRUE(replace_series(folder_, {{"one.patch", "new\n"}}));
    fs::create_directory(folder_ / "resolutions");
    put("resolutions/r.txt", "r\n");
    ASSERT_TRUE(undo_series(folder_, false));
    EXPECT_EQ(files().at("one.patch"), "one\n");
    EXPECT_EQ(files().at("resolutions/r.txt"), "r\n");
}

TEST_F(Store, TenOldSeriesAreKept)
{
    for (int i = 1; i <= 12; ++i) {
        ASSERT_TRUE(replace_series(folder_, {{"one.patch", std::to_string(i)}}));
    }
    int undone = 0;
    while (undo_series(folder_, false)) {
        ++undone;
    }
    EXPECT_EQ(undone, 10);
    EXPECT_EQ(files().at("one.patch"), "2");
}

TEST_F(Store, WritesConflictsBesideTheSeries)
{
    const auto before = files();
    ASSERT_TRUE(write_conflicts(folder_, {{"conflicts.txt", "c\n"}, {"one.patch/dir/f.c", "f\n"}}));
    EXPECT_EQ(files(), before);
    EXPECT_EQ(*read_file(conflicts_folder(folder_) / "one.patch/dir/f.c"), "f\n");
    ASSERT_TRUE(write_conflicts(folder_, {{"conflicts.txt", "other\n"}}));
    EXPECT_FALSE(fs::exists(conflicts_folder(folder_) / "one.patch"));
    ASSERT_TRUE(write_conflicts(folder_, {}));
    EXPECT_FALSE(fs::exists(conflicts_folder(folder_)));
}
