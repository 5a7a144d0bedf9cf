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

XenDisk disk(const char* device, const char* file, const char* format, std::optional<std::string> mode)
{
    return {.device = device, .file = file, .format = format, .mode = std::move(mode), .cdrom = false, .type = "file", .phantom = {}};
}

}  // namespace

TEST(XenStore, TellsADomainsDisksToTheToolstacksClient)
{
    auto folder = TempDir::make(std::filesystem::temp_directory_path(), "xenstore-test-");
    ASSERT_TRUE(folder);
    auto store = XenStore::start(folder->path());
    ASSERT_TRUE(store) << store.error().text;
    auto first = (*store)->add_domain({disk("hda", "/a.qcow", "qcow", "r"), disk("hdc", "/b.raw", "raw", std::nullopt)});
    auto second = (*store)->add_domain({disk("hdb", "/c.raw", "raw", "w!")});
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

TEST(XenStore, TellsTheTypeAPhantomACdAndItsChangeOfMedium)
{
    auto folder = TempDir::make(std::filesystem::temp_directory_path(), "xenstore-test-");
    ASSERT_TRUE(folder);
    auto store = XenStore::start(folder->path());
    ASSERT_TRUE(store) << store.error().text;
    XenDisk tap = disk("hda", "qcow:/a.qcow", "", "r");
    tap.type = "tap";
    XenDisk cd = disk("hdc", "/first.raw", "raw", "r");
    cd.cdrom = true;
    cd.phantom = "loop7";
    auto domain = (*store)->add_domain({tap, cd});
    ASSERT_TRUE(domain);
    const std::string back = "/local/domain/0/backend/vbd/" + std::to_string(*domain);
    const std::string front = "/local/domain/" + std::to_string(*domain) + "/device/vbd";
    EXPECT_EQ(read_key(**store, back + "/768/type"), "tap\n");
    EXPECT_EQ(read_key(**store, back + "/768/format"), "");
    EXPECT_EQ(read_key(**store, front + "/768/device-type"), "disk\n");
    EXPECT_EQ(read_key(**store, front + "/768/phantom_vbd"), "");
    EXPECT_EQ(read_key(**store, front + "/5632/device-type"), "cdrom\n");
    const std::string phantom = read_key(**store, front + "/5632/phantom_vbd");
    EXPECT_EQ(read_key(**store, phantom.substr(0, phantom.find('\n')) + "/dev"), "loop7\n");
    ASSERT_TRUE((*store)->set_params(*domain, "hdc", "/second.raw"));
    EXPECT_EQ(read_key(**store, back + "/5632/params"), "/second.raw\n");
}
