// SPDX-License-Identifier: GPL-2.0-or-later
// The disks of a Xen domain, from a store that lives in this program: its xs_... functions stand in for libxenstore's.
#include <fcntl.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <set>
#include <utility>

#include "fixture.h"
#include "open_modes.h"

extern "C" {
#include <xenstore.h>
}

extern "C" int ioemu_main(int argc, char** argv);

namespace {

/// The store: values by path, the watches (path to token) and what they have to tell.
struct Store {
    bool reachable = true;
    int connections = 0;
    std::map<std::string, std::string> nodes = {};
    std::map<std::string, std::string> watches = {};
    std::deque<std::pair<std::string, std::string>> events = {};
};
Store store;

/// Copies strings behind an array of pointers to them: one block, as libxenstore hands them out.
char** packed(const std::vector<std::string>& strings)
{
    size_t bytes = strings.size() * sizeof(char*);
    for (const auto& string : strings) {
        bytes += string.size() + 1;
    }
    char** block = static_cast<char**>(malloc(bytes + 1));
    char* text = reinterpret_cast<char*>(block + strings.size());
    for (size_t i = 0; i < strings.size(); ++i) {
        block[i] = strcpy(text, strings[i].c_str());
        text += strings[i].size() + 1;
    }
    return block;
}

}  // namespace

extern "C" {

struct xs_handle* xs_open(unsigned long)
{
    errno = ENOENT;
    store.connections += store.reachable ? 1 : 0;
    return store.reachable ? reinterpret_cast<xs_handle*>(&store) : nullptr;
}

void xs_close(struct xs_handle*)
{
    store.connections--;
    store.watches.clear();
}

char* xs_get_domain_path(struct xs_handle*, unsigned int domid)
{
    return strdup(("/local/domain/" + std::to_string(domid)).c_str());
}

void* xs_read(struct xs_handle*, xs_transaction_t, const char* path, unsigned int* len)
{
    const auto node = store.nodes.find(path);
    if (node == store.nodes.end()) {
        errno = ENOENT;
        return nullptr;
    }
    *len = static_cast<unsigned>(node->second.size());
    return strdup(node->second.c_str());
}

char** xs_directory(struct xs_handle*, xs_transaction_t, const char* path, unsigned int* num)
{
    const std::string prefix = std::string(path) + "/";
    std::set<std::string> names;
    for (const auto& [node, value] : store.nodes) {
        if (node.compare(0, prefix.size(), prefix) == 0) {
            names.insert(node.substr(prefix.size(), node.find('/', prefix.size()) - prefix.size()));
        }
    }
    *num = static_cast<unsigned>(names.size());
    return packed({names.begin(), names.end()});
}

bool xs_watch(struct xs_handle*, const char* path, const char* token)
{
    store.watches[path] = token;
    store.events.emplace_back(path, token);  // each watch is told of once at its start
    return true;
}

int xs_fileno(struct xs_handle*) { return 0; }

char** xs_check_watch(struct xs_handle*)
{
    if (store.events.empty()) {
        errno = EAGAIN;
        return nullptr;
    }
    const auto [path, token] = store.events.front();
    store.events.pop_front();
    return packed({path, token});
}
}

namespace rogate::selfcheck {
namespace {

constexpr int64_t kSectors = 64;

class Xenstore : public DiskTest {
protected:
    ~Xenstore() override
    {
        clear();
        xenstore_close();
        EXPECT_EQ(store.connections, 0);
    }
    void SetUp() override
    {
        store = {};
        for (const char* name : {"a.raw", "b.raw", "c.raw"}) {
            create(name, "raw", kSectors);
        }
        create("d.qcow", "qcow", kSectors);
    }
    static void clear()
    {
        for (auto& bs : bs_table) {
            if (bs) {
                bdrv_delete(std::exchange(bs, nullptr));
            }
        }
        for (auto& bs : fd_table) {
            if (bs) {
                bdrv_delete(std::exchange(bs, nullptr));
            }
        }
    }
    static std::string front(int id) { return "/local/domain/7/device/vbd/" + std::to_string(id); }
    static std::string back(int id) { return "/local/domain/0/backend/vbd/7/" + std::to_string(id); }
    static void add_disk(int id, const std::string& dev, const std::string& params, const std::string& type = "file",
                         const std::string& device_type = "disk")
    {
        store.nodes[front(id) + "/backend"] = back(id);
        store.nodes[front(id) + "/device-type"] = device_type;
        store.nodes[back(id) + "/dev"] = dev;
        store.nodes[back(id) + "/type"] = type;
        store.nodes[back(id) + "/params"] = params;
    }
    int start(std::vector<std::string> words = {"-d", "7"})
    {
        words.insert(words.begin(), "ioemu");
        std::vector<char*> argv;
        for (auto& word : words) {
            argv.push_back(word.data());
        }
        argv.push_back(nullptr);
        ::testing::internal::CaptureStderr();
        const int code = ioemu_main(static_cast<int>(words.size()), argv.data());
        said_ = ::testing::internal::GetCapturedStderr();
        return code;
    }
    /// The image of a slot: its name and format, empty = no medium or no drive.
    static std::string at(int slot)
    {
        BlockDriverState* bs = bs_table[slot];
        return bs && bdrv_is_inserted(bs)
                   ? std::filesystem::path(bdrv_get_filename(bs)).filename().string() + " " + bdrv_get_format(bs)
                   : "";
    }
    static void change_params(int id, const std::string& params)
    {
        const std::string path = back(id) + "/params";
        store.nodes[path] = params;
        store.events.emplace_back(path, store.watches.at(path));
        xenstore_process_event(nullptr);
    }
    std::string said_;
};

TEST_F(Xenstore, FillsTheSlotsByTheNamesInTheGuest)
{
    add_disk(768, "hda", path("a.raw"));
    add_disk(5696, "hdd", path("d.qcow"));
    add_disk(2048, "sda", path("b.raw"));
    add_disk(2144, "sdg", path("c.raw"));
    add_disk(51712, "xvda", path("a.raw"));
    add_disk(1, "hde", path("a.raw"));
    add_disk(2, "sdh", path("a.raw"));
    add_disk(3, "hdaa", path("a.raw"));
    ASSERT_EQ(start(), 0) << said_;
    EXPECT_EQ(at(0), "a.raw raw");
    EXPECT_EQ(at(1), "");
    EXPECT_EQ(at(3), "d.qcow qcow") << "probed";
    EXPECT_EQ(at(MAX_DISKS), "b.raw raw");
    EXPECT_EQ(at(MAX_DISKS + 6), "c.raw raw");
    EXPECT_EQ(said_, "");
}

TEST_F(Xenstore, TheFormatIsNamedByANodeOrByTap)
{
    add_disk(768, "hda", path("d.qcow"));
    store.nodes[back(768) + "/format"] = "raw";
    add_disk(832, "hdb", "aio:" + path("d.qcow"), "tap");
    add_disk(2048, "sda", "qcow:" + path("d.qcow"), "tap");
    add_disk(2064, "sdb", path("a.raw"));
    store.nodes[back(2064) + "/format"] = "zip";
    ASSERT_EQ(start(), 0) << said_;
    EXPECT_EQ(at(0), "d.qcow raw");
    EXPECT_EQ(at(1), "d.qcow raw");
    EXPECT_EQ(at(MAX_DISKS), "d.qcow qcow");
    EXPECT_EQ(bs_table[MAX_DISKS + 1], nullptr);
    EXPECT_EQ(said_, "qemu: unknown format 'zip' of disk 'sdb'\n");
}

TEST_F(Xenstore, DevicesAreNamedWithoutTheirFolder)
{
    add_disk(768, "hda", "rogate-none", "phy");
    add_disk(832, "hdb", path("a.raw"), "phy");
    add_disk(2048, "sda", path("a.raw"));
    store.nodes[front(2048) + "/phantom_vbd"] = "/local/domain/0/backend/vbd/0/51712";
    store.nodes["/local/domain/0/backend/vbd/0/51712/dev"] = "rogate-phantom";
    ASSERT_EQ(start(), 0);
    EXPECT_EQ(at(1), "a.raw raw");
    EXPECT_STREQ(bdrv_get_filename(bs_table[0]), "/dev/rogate-none");
    EXPECT_STREQ(bdrv_get_filename(bs_table[MAX_DISKS]), "/dev/rogate-phantom");
}

TEST_F(Xenstore, TellsWhatIsWrong)
{
    add_disk(768, "hda", "/none/x");
    add_disk(769, "hda", path("a.raw"));
    store.nodes[front(832) + "/backend"] = back(832);
    ASSERT_EQ(start(), 0);
    EXPECT_EQ(said_, "qemu: could not open hard disk image '/none/x': No such file or directory\n"
                     "qemu: two disks 'hda' in xenstore\n");
    clear();
    store.nodes.clear();
    add_disk(768, "hda", path("a.raw"));
    EXPECT_EQ(start({"-d", "7", "-hda", path("b.raw")}), 1);
    EXPECT_EQ(said_, "qemu: drive 'hda' is domain 7's already\n");
    clear();
    EXPECT_EQ(start({"-d", "7", "-hdb", path("b.raw")}), 0) << said_;
    EXPECT_EQ(at(1), "b.raw raw");
    clear();
    xenstore_close();
    store.reachable = false;
    EXPECT_EQ(start(), 1);
    EXPECT_EQ(said_, "qemu: cannot reach xenstore: No such file or directory\n");
}

TEST_F(Xenstore, AMediumComesAndGoes)
{
    add_disk(5632, "hdc", path("a.raw"), "file", "cdrom");
    add_disk(768, "hda", path("b.raw"));
    ASSERT_EQ(start(), 0) << said_;
    ASSERT_EQ(xenstore_watch_media(), 0);
    EXPECT_EQ(store.watches.size(), 1u) << "of the CD drive alone";
    EXPECT_TRUE(xenstore_is_media_drive(2));
    EXPECT_FALSE(xenstore_is_media_drive(0));
    BlockDriverState* before = bs_table[2];
    xenstore_process_event(nullptr);
    EXPECT_EQ(bs_table[2], before) << "nothing has changed";
    change_params(5632, path("d.qcow"));
    EXPECT_EQ(at(2), "d.qcow qcow");
    EXPECT_EQ(open_modes(path("a.raw")), Modes{}) << "the old medium is closed";
    EXPECT_EQ(bdrv_get_type_hint(bs_table[2]), BDRV_TYPE_CDROM);
    EXPECT_STREQ(bdrv_get_device_name(bs_table[2]), "hdc");
    change_params(5632, "");
    EXPECT_EQ(at(2), "");
    ::testing::internal::CaptureStderr();
    change_params(5632, "/none/x");
    EXPECT_EQ(::testing::internal::GetCapturedStderr(),
              "qemu: could not open hard disk image '/none/x': No such file or directory\n");
    EXPECT_EQ(at(2), "");
    change_params(5632, path("c.raw"));
    EXPECT_EQ(at(2), "c.raw raw");
    store.nodes.erase(back(5632) + "/params");
    store.events.emplace_back("", store.watches.at(back(5632) + "/params"));
    xenstore_process_event(nullptr);
    EXPECT_EQ(at(2), "") << "the node is gone";
    store.events.emplace_back("", "99");
    store.events.emplace_back("", "-1");
    store.events.emplace_back("", "hdc");
    xenstore_process_event(nullptr);
    EXPECT_EQ(at(0), "b.raw raw");
}

/// The faults that the unpatched tree must keep. Oracle: the kernel's view of this process.
TEST_F(Xenstore, NobodyAsksForTheMode)
{
    add_disk(768, "hda", path("b.raw"));
    add_disk(5632, "hdc", path("a.raw"), "file", "cdrom");
    store.nodes[back(768) + "/mode"] = "r";
    store.nodes[back(5632) + "/mode"] = "r";
    ASSERT_EQ(start(), 0) << said_;
    ASSERT_EQ(xenstore_watch_media(), 0);
    EXPECT_EQ(open_modes(path("b.raw")), Modes{O_RDWR});
    EXPECT_EQ(open_modes(path("a.raw")), Modes{O_RDWR});
    change_params(5632, path("c.raw"));
    EXPECT_EQ(open_modes(path("c.raw")), Modes{O_RDWR});
}

}  // namespace
}  // namespace rogate::selfcheck
