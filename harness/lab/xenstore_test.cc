// SPDX-License-Identifier: GPL-2.0-or-later
// Oracle: xenstore-read, the toolstack's own client.
#include <gtest/gtest.h>

#include "base/file.h"
#include "lab/xenstore.h"
#include "process/group.h"

using namespace rogate;
using namespace rogate::lab;

namespace {

std::string read_key(const XenStore& store, const std::string& path)
{
    auto outcome = process::run({.argv = {"xenstore-read", path},
                                 .env = {{"XENSTORED_RUNDIR", store.folder().string()},
                                         {"XENSTORED_PATH", (store.folder() / "socket").string()}}});
    return outcome && outcome->ok() ? outcome->out : "";
}

}  // namespace

TEST(XenStore, TellsADomainsDisksToTheToolstacksClient)
{
    auto folder = TempDir::make(std::filesystem::temp_directory_path(), "xenstore-test-");
    ASSERT_TRUE(folder);
    auto store = XenStore::start(folder->path());
    ASSERT_TRUE(store) << store.error().text;
    auto first = (*store)->add_domain({{"hda", "/a.qcow", "qcow", "r"}, {"hdc", "/b.raw", "raw", ""}});
    auto second = (*store)->add_domain({{"hdb", "/c.raw", "raw", "w!"}});
    ASSERT_TRUE(first && second);
    EXPECT_NE(*first, *second);
    const std::string back = read_key(**store, "/local/domain/" + std::to_string(*first) + "/device/vbd/768/backend");
    const std::string path = back.substr(0, back.find('\n'));
    EXPECT_EQ(read_key(**store, path + "/params"), "/a.qcow\n");
    EXPECT_EQ(read_key(**store, path + "/mode"), "r\n");
    EXPECT_EQ(read_key(**store, path + "/format"), "qcow\n");
    EXPECT_EQ(read_key(**store, path + "/dev"), "hda\n");
    const std::string without_mode = "/local/domain/0/backend/vbd/" + std::to_string(*first) + "/5632";
    EXPECT_EQ(read_key(**store, without_mode + "/params"), "/b.raw\n");
    EXPECT_EQ(read_key(**store, without_mode + "/mode"), "");
    EXPECT_EQ(read_key(**store, "/local/domain/0/backend/vbd/" + std::to_string(*second) + "/832/mode"), "w!\n");
}
