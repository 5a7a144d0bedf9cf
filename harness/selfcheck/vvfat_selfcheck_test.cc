// SPDX-License-Identifier: GPL-2.0-or-later
// vvfat: a directory as a FAT disk. Oracles: mtools, fsck.fat and 7z, which share no code with the driver; diff(1);
// the kernel's view of files and descriptors.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>

#include "fixture.h"
#include "process/group.h"

namespace rogate::selfcheck {
namespace {

namespace fs = std::filesystem;

/// Sectors of a disk that the tools get to see: the beginning, where the files lie.
constexpr int64_t kExported = 16384;

struct Layout {
    const char* name;
    const char* options;
    int64_t sectors;
    int64_t partition;  ///< first sector
    int fat_bits;
    int cluster_sectors;
    int fat_sectors;
};

// formats/vvfat.md, "Disk layouts" and "Boot sector"; a floppy's clusters as the Microsoft FAT specification has them.
constexpr Layout kLayouts[] = {
    {"default", "", 1032192, 63, 16, 16, 252},     {"fat16", "16:", 1032192, 63, 16, 16, 252},
    {"fat12", "12:", 64512, 63, 12, 16, 12},       {"floppy", "floppy:", 5760, 0, 12, 2, 9},
    {"floppy12", "floppy:12:", 2880, 0, 12, 1, 9},
};

unsigned le(const Bytes& data, size_t offset, int width)
{
    unsigned value = 0;
    for (int i = width - 1; i >= 0; i--) {
        value = value << 8 | data[offset + i];
    }
    return value;
}

/// A directory `dir` for the disk, next to it what must stay as it is, and an own place for temporary files.
class VvfatTest : public DiskTest {
protected:
    VvfatTest()
    {
        setenv("MTOOLS_SKIP_CHECK", "1", 1);
        setenv("LC_ALL", "C.UTF-8", 1);
        if (const char* before = std::getenv("TMPDIR")) {
            tmpdir_before_ = before;
        }
        setenv("TMPDIR", path("tmp").c_str(), 1);
        fs::create_directories(path("tmp"));
        fs::create_directories(path("outside"));
        put("outside/secret", 100);
        fs::create_directories(path("dir"));
    }
    ~VvfatTest() override
    {
        if (tmpdir_before_.empty()) {
            unsetenv("TMPDIR");
        } else {
            setenv("TMPDIR", tmpdir_before_.c_str(), 1);
        }
    }

    void put(const std::string& name, size_t bytes)
    {
        Bytes data(bytes);
        std::generate(data.begin(), data.end(), [this] { return static_cast<uint8_t>(random_()); });
        write_bytes(path(name), data);
    }
    void put_usual_files();
    void put_what_a_guest_must_not_see();
    std::string disk_name(const std::string& options) { return "fat:" + options + path("dir"); }
    uint64_t below(uint64_t limit) { return random_() % limit; }

    std::string tmpdir_before_;
    std::mt19937_64 random_{kSeed};
};

void VvfatTest::put_usual_files()
{
    fs::create_directories(path("dir/sub/deeper"));
    fs::create_directories(path("dir/a directory with a long name"));
    fs::create_directories(path("dir/EMPTY"));
    put("dir/HELLO.TXT", 300);
    put("dir/lower.txt", 700);
    put("dir/A long name, with commas + plus.data", 40000);
    put("dir/.hidden", 4);
    put("dir/zero", 0);
    put("dir/sub/cluster.bin", 8192);
    put("dir/sub/deeper/odd.bin", 30001);
    put("dir/sub/\xc3\x9cn\xc3\xaf \xe5\x90\x8d.txt", 20);
    for (int i = 0; i < 12; i++) {
        put("dir/a directory with a long name/collision of names " + std::to_string(i) + ".text", 10 + i);
    }
}

void VvfatTest::put_what_a_guest_must_not_see()
{
    fs::create_symlink("../outside/secret", path("dir/link"));
    fs::create_symlink("../outside", path("dir/dirlink"));
    fs::create_symlink(".", path("dir/loop"));
    ASSERT_EQ(mkfifo(path("dir/fifo").c_str(), 0600), 0);
}

/// A disk as the tools see it: a raw file, which is copied from and to the open disk.
class Guest {
public:
    Guest(const std::string& disk_name, const std::string& raw, int64_t partition)
        : disk_(disk_name, ""), raw_(raw), partition_(partition)
    {
        if (disk_.status() == 0) {
            shown_.resize(static_cast<size_t>(std::min(disk_.sectors(), kExported)) * SECTOR_SIZE);
            EXPECT_EQ(disk_.read(0, shown_), 0);
            write_bytes(raw_, shown_);
        }
    }
    Disk& disk() { return disk_; }
    /// What mtools wants after -i.
    std::string image() const { return partition_ > 0 ? raw_ + "@@" + std::to_string(partition_ * SECTOR_SIZE) : raw_; }
    Ran mtool(const std::string& tool, std::vector<std::string> arguments)
    {
        arguments.insert(arguments.begin(), {tool, "-i", image()});
        return run(arguments);
    }
    /// A command that may fail, or crash (mren and mmove sometimes do): what that leaves of the disk is thrown away.
    void mtool_try(const std::string& tool, std::vector<std::string> arguments)
    {
        arguments.insert(arguments.begin(), {tool, "-i", image()});
        fs::copy_file(raw_, raw_ + ".before", fs::copy_options::overwrite_existing);
        process::Spec spec;
        spec.argv = arguments;
        auto outcome = process::run(spec);
        if (!outcome || outcome->signal != 0) {
            fs::rename(raw_ + ".before", raw_);
        }
    }
    void mtool_ok(const std::string& tool, const std::vector<std::string>& arguments)
    {
        Ran ran = mtool(tool, arguments);
        EXPECT_EQ(ran.exit_status, 0) << tool << " " << arguments.back() << ": " << ran.err;
    }
    /// Writes what the tools changed to the disk, sector by sector in random order; `part` of it at most.
    void write_back(std::mt19937_64& random, double part = 1.0)
    {
        Bytes now = read_bytes(raw_);
        ASSERT_EQ(now.size(), shown_.size());
        std::vector<int64_t> changed;
        for (size_t at = 0; at < now.size(); at += SECTOR_SIZE) {
            if (memcmp(&now[at], &shown_[at], SECTOR_SIZE) != 0) {
                changed.push_back(static_cast<int64_t>(at / SECTOR_SIZE));
            }
        }
        std::shuffle(changed.begin(), changed.end(), random);
        changed.resize(static_cast<size_t>(static_cast<double>(changed.size()) * part));
        for (int64_t sector : changed) {
            Bytes data(now.begin() + sector * SECTOR_SIZE, now.begin() + (sector + 1) * SECTOR_SIZE);
            ASSERT_EQ(disk_.write(sector, data), 0);
            std::copy(data.begin(), data.end(), shown_.begin() + sector * SECTOR_SIZE);
        }
    }
    int flush() { return bdrv_flush(disk_.get()); }

private:
    Disk disk_;
    std::string raw_;
    int64_t partition_;
    Bytes shown_;
};

/// The names in `folder` and below, sorted, without what a guest must not see.
std::string listing(const std::string& folder)
{
    return run_ok({"find", folder, "-printf", "%P %y %s %T@ %i\n"});
}

void expect_same_files(const std::string& folder, const std::string& other)
{
    Ran ran =
        run({"diff", "-r", "--exclude=link", "--exclude=dirlink", "--exclude=loop", "--exclude=fifo", folder, other});
    EXPECT_EQ(ran.exit_status, 0) << ran.out << ran.err;
}

class VvfatLayout : public VvfatTest, public ::testing::WithParamInterface<Layout> {
protected:
    std::string name(const std::string& options = "") { return disk_name(GetParam().options + options); }
    /// Has mtools copy all files of a raw disk.
    void extract(Guest& guest, const std::string& to)
    {
        fs::remove_all(path(to));
        fs::create_directories(path(to));
        guest.mtool_ok("mcopy", {"-s", "-m", "-n", "::/", path(to)});
    }
    void random_tool(Guest& guest);
    std::string random_directory() { return below(2) ? "::/" : below(2) ? "::/sub/" : "::/made/"; }
    std::string random_name();
};

// Oracle: the sheet's numbers.
TEST_P(VvfatLayout, HasTheGeometryOfTheSheet)
{
    Disk disk(name(), "");
    ASSERT_EQ(disk.status(), 0);
    EXPECT_STREQ(bdrv_get_format(disk.get()), "vvfat");
    EXPECT_EQ(disk.sectors(), GetParam().sectors);
    Bytes boot(SECTOR_SIZE);
    ASSERT_EQ(disk.read(GetParam().partition, boot), 0);
    EXPECT_EQ(le(boot, 11, 2), 512u);
    EXPECT_EQ(boot[13], GetParam().cluster_sectors);
    EXPECT_EQ(le(boot, 22, 2), static_cast<unsigned>(GetParam().fat_sectors));
    EXPECT_EQ(boot[21], GetParam().partition > 0 ? 0xf8 : 0xf0);
    EXPECT_EQ(std::string(&boot[54], &boot[59]), "FAT" + std::to_string(GetParam().fat_bits));
    EXPECT_EQ(le(boot, 510, 2), 0xaa55u);
    auto total = static_cast<unsigned>(GetParam().sectors - GetParam().partition);
    EXPECT_EQ(total < 65536 ? le(boot, 19, 2) : le(boot, 32, 4), total);
    if (GetParam().partition > 0) {
        Bytes table(SECTOR_SIZE);
        ASSERT_EQ(disk.read(0, table), 0);
        EXPECT_EQ(table[446], 0x80);
        EXPECT_EQ(table[450], GetParam().fat_bits == 16 ? 0x06 : 0x01);
        EXPECT_EQ(le(table, 454, 4), 63u);
        EXPECT_EQ(le(table, 458, 4), total);
    }
}

// Oracle: fsck.fat.
TEST_P(VvfatLayout, IsACleanFileSystem)
{
    put_usual_files();
    put_what_a_guest_must_not_see();
    Disk disk(name(), "");
    ASSERT_EQ(disk.status(), 0);
    Bytes content = disk.content();
    content.erase(content.begin(), content.begin() + GetParam().partition * SECTOR_SIZE);
    write_bytes(path("partition"), content);
    Ran ran = run({"fsck.fat", "-n", path("partition")});
    EXPECT_EQ(ran.exit_status, 0) << ran.out;
}

// Oracle: mtools and diff.
TEST_P(VvfatLayout, HasTheFilesOfTheDirectoryForMtools)
{
    put_usual_files();
    put_what_a_guest_must_not_see();
    Guest guest(name(), path("raw"), GetParam().partition);
    ASSERT_EQ(guest.disk().status(), 0);
    extract(guest, "out");
    expect_same_files(path("dir"), path("out"));
    EXPECT_FALSE(fs::exists(path("out/link")) || fs::exists(path("out/dirlink")) || fs::exists(path("out/loop")));
}

// Oracle: 7z and diff.
TEST_P(VvfatLayout, HasTheFilesOfTheDirectoryForSevenZip)
{
    put_usual_files();
    Disk disk(name(), "");
    ASSERT_EQ(disk.status(), 0);
    write_bytes(path("raw"), disk.content());
    run_ok({"7z", "x", "-y", "-o" + path("out"), path("raw")});
    expect_same_files(path("dir"), path("out"));
}

// Oracle: an array of bytes. The FATs are overwritten too, so that nothing of it may reach the directory.
TEST_P(VvfatLayout, KeepsWhatIsWrittenLikeAFlatDisk)
{
    put_usual_files();
    std::string before = listing(path("dir"));
    Disk disk(name("rw:"), "");
    ASSERT_EQ(disk.status(), 0);
    int64_t sectors = std::min(disk.sectors(), kExported);
    Bytes model(static_cast<size_t>(sectors) * SECTOR_SIZE);
    ASSERT_EQ(disk.read(0, model), 0);
    for (int i = 0; i < 12000; i++) {
        auto sector = i == 0 ? GetParam().partition + 1 : static_cast<int64_t>(below(sectors));
        auto count = 1 + below(std::min<uint64_t>(40, sectors - sector));
        Bytes data(count * SECTOR_SIZE);
        if (i == 0 || below(2)) {
            std::generate(data.begin(), data.end(), [this] { return static_cast<uint8_t>(random_()); });
            ASSERT_EQ(disk.write(sector, data), 0);
            std::copy(data.begin(), data.end(), model.begin() + sector * SECTOR_SIZE);
        } else {
            ASSERT_EQ(disk.read(sector, data), 0);
            ASSERT_TRUE(std::equal(data.begin(), data.end(), model.begin() + sector * SECTOR_SIZE)) << sector;
        }
        if (below(500) == 0) {
            ASSERT_EQ(bdrv_flush(disk.get()), 0);
        }
    }
    Bytes all(model.size());
    ASSERT_EQ(disk.read(0, all), 0);
    EXPECT_EQ(all, model);
    EXPECT_EQ(listing(path("dir")), before);
}

// Oracle: mtools (what it finds on the disk that it changed), diff.
TEST_P(VvfatLayout, TakesOverWhatMtoolsDid)
{
    put_usual_files();
    put("new", 20000);
    put("large", 150000);
    auto guest = std::make_unique<Guest>(name("rw:"), path("raw"), GetParam().partition);
    ASSERT_EQ(guest->disk().status(), 0);
    guest->mtool_ok("mcopy", {path("new"), "::/new file one.bin"});
    guest->mtool_ok("mcopy", {path("new"), "::/NEWUP.BIN"});
    guest->mtool_ok("mcopy", {path("large"), "::/sub/lower.dat"});
    guest->mtool_ok("mcopy", {"-o", path("new"), "::/HELLO.TXT"});
    guest->mtool_ok("mcopy", {"-o", path("dir/zero"), "::/A long name, with commas + plus.data"});
    guest->mtool_ok("mmd", {"::/made"});
    guest->mtool_ok("mmd", {"::/made/Second Level"});
    guest->mtool_ok("mcopy", {path("large"), "::/made/Second Level/x y z.txt"});
    guest->mtool_ok("mdel", {"::/sub/cluster.bin"});
    guest->mtool_ok("mren", {"::/lower.txt", "::/renamed file.txt"});
    guest->mtool_ok("mmove", {"::/sub/deeper", "::/made"});
    guest->mtool_ok("mdeltree", {"::/a directory with a long name"});
    guest->write_back(random_);
    EXPECT_EQ(guest->flush(), 0);
    extract(*guest, "out");
    expect_same_files(path("dir"), path("out"));
    EXPECT_EQ(fs::file_size(path("dir/made/Second Level/x y z.txt")), 150000u);
    EXPECT_FALSE(fs::exists(path("dir/lower.txt")));
}

std::string VvfatLayout::random_name()
{
    static const char* const names[] = {"UPPER.TXT",
                                        "lower.txt",
                                        "Mixed Case Name.doc",
                                        "HELLO.TXT",
                                        "no_suffix",
                                        "two.dots.here",
                                        "\xc3\xa4\xc3\xb6.x",
                                        "x",
                                        "longer name of a file with many characters.data",
                                        "sub2"};
    return names[below(std::size(names))];
}

/// Some command of mtools; it may fail, as long as it leaves a file system.
void VvfatLayout::random_tool(Guest& guest)
{
    std::string name = random_directory() + random_name();
    switch (below(7)) {
    case 0:
    case 1:
    case 2:
        put("new", below(3) ? below(30000) : below(3) * 512);
        guest.mtool_try("mcopy", {"-o", path("new"), name});
        break;
    case 3:
        guest.mtool_try("mdel", {name});
        break;
    case 4:
        guest.mtool_try("mren", {"-D", "s", name, random_name()});
        break;
    case 5:
        guest.mtool_try("mmove", {"-D", "s", name, random_directory()});
        break;
    default:
        guest.mtool_try(below(2) ? "mmd" : "mdeltree", {"-D", "s", below(2) ? name : "::/made"});
        break;
    }
}

// Oracle: mtools, diff; fsck.fat for the disk made anew from what was taken over.
TEST_P(VvfatLayout, FollowsALongRandomSession)
{
    put_usual_files();
    for (int session = 0; session < 3; session++) {
        auto guest = std::make_unique<Guest>(name("rw:"), path("raw"), GetParam().partition);
        ASSERT_EQ(guest->disk().status(), 0);
        for (int i = 0; i < 25; i++) {
            for (uint64_t n = 1 + below(4); n > 0; n--) {
                random_tool(*guest);
            }
            // a flush in between, with a part of the sectors only
            guest->write_back(random_, 0.5);
            ASSERT_EQ(guest->flush(), 0);
            guest->write_back(random_);
            ASSERT_EQ(guest->flush(), 0);
            extract(*guest, "out");
            expect_same_files(path("dir"), path("out"));
            if (HasFailure()) {
                return;
            }
        }
        guest.reset();
        expect_same_files(path("dir"), path("out"));
    }
    EXPECT_TRUE(fs::is_empty(path("tmp")));
}

void PrintTo(const Layout& layout, std::ostream* out)
{
    *out << layout.name;
}

INSTANTIATE_TEST_SUITE_P(Layouts, VvfatLayout, ::testing::ValuesIn(kLayouts),
                         [](const auto& shape) { return shape.param.name; });

/// The disk with FAT12 on 1.44 MB: root directory at sector 19, clusters of one sector from sector 33 on.
constexpr const char* kFloppy = "floppy:12:";
constexpr const char* kFloppyRw = "floppy:12:rw:";
constexpr int64_t kRoot = 19;
constexpr int64_t kData = 33;

class Vvfat : public VvfatTest {
protected:
    int open_status(const std::string& name) { return Disk(name, "").status(); }
    /// Writes a sector of a guest's.
    void set_sector(Disk& disk, int64_t sector, const Bytes& data) { ASSERT_EQ(disk.write(sector, data), 0); }
    Bytes sector(Disk& disk, int64_t number)
    {
        Bytes data(SECTOR_SIZE);
        EXPECT_EQ(disk.read(number, data), 0);
        return data;
    }
    /// Gives an empty file of this long name to the root directory of an else empty disk.
    void add_to_root(Disk& disk, const std::u16string& long_name, const std::string& short_name);
};

void Vvfat::add_to_root(Disk& disk, const std::u16string& long_name, const std::string& short_name)
{
    static constexpr int kOffsets[] = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};
    Bytes root(3 * SECTOR_SIZE);
    ASSERT_EQ(disk.read(kRoot, root), 0);
    uint8_t sum = 0;
    for (char c : short_name) {
        sum = static_cast<uint8_t>((sum << 7 | sum >> 1) + static_cast<uint8_t>(c));
    }
    size_t slots = (long_name.size() + 12) / 13;
    for (size_t slot = slots; slot > 0; slot--) {
        uint8_t* entry = &root[32 * (slots - slot + 1)];
        entry[0] = static_cast<uint8_t>(slot | (slot == slots ? 0x40 : 0));
        entry[11] = 0x0f;
        entry[13] = sum;
        for (size_t i = 0; i < 13; i++) {
            size_t at = (slot - 1) * 13 + i;
            unsigned unit = at < long_name.size() ? long_name[at] : at == long_name.size() ? 0 : 0xffff;
            entry[kOffsets[i]] = static_cast<uint8_t>(unit);
            entry[kOffsets[i] + 1] = static_cast<uint8_t>(unit >> 8);
        }
    }
    memcpy(&root[32 * (slots + 1)], short_name.data(), 11);
    root[32 * (slots + 1) + 11] = 0x20;
    set_sector(disk, kRoot, root);
}

TEST_F(Vvfat, RefusesNamesThatAreNoDisk)
{
    put("dir/file", 1);
    EXPECT_EQ(open_status("fat:"), -EINVAL);
    EXPECT_EQ(open_status(disk_name("32:")), -ENOTSUP);
    EXPECT_EQ(open_status(disk_name("floppy:16:")), -ENOTSUP);
    EXPECT_EQ(open_status(disk_name("12:16:")), -EINVAL);
    EXPECT_EQ(open_status("fat:" + path("nowhere")), -ENOENT);
    EXPECT_EQ(open_status("fat:" + path("dir/file")), -ENOTDIR);
    EXPECT_EQ(open_status("fat:rw:" + path("nowhere")), -ENOENT);
    EXPECT_TRUE(fs::is_empty(path("tmp")));
}

TEST_F(Vvfat, TakesARelativeDirectory)
{
    put("dir/HELLO.TXT", 10);
    fs::path before = fs::current_path();
    fs::current_path(path(""));
    Disk disk("fat:floppy:dir", "");
    fs::current_path(before);
    ASSERT_EQ(disk.status(), 0);
    EXPECT_EQ(disk.content().size(), 2949120u);
}

TEST_F(Vvfat, RefusesADirectoryThatHasNoPlaceOnTheDisk)
{
    for (int i = 0; i < 600; i++) {
        put("dir/F" + std::to_string(i), 0);
    }
    EXPECT_EQ(open_status(disk_name("")), -ENOSPC);
    fs::remove_all(path("dir"));
    fs::create_directory(path("dir"));
    put("dir/large", 0);
    fs::resize_file(path("dir/large"), 5ull << 30);
    EXPECT_EQ(open_status(disk_name("")), -EFBIG);
    fs::resize_file(path("dir/large"), 530ull << 20);
    EXPECT_EQ(open_status(disk_name("")), -ENOSPC);
    fs::resize_file(path("dir/large"), 500ull << 20);
    EXPECT_EQ(open_status(disk_name("")), 0);
    fs::remove(path("dir/large"));
    std::string deep = "dir";
    for (int i = 0; i < 33; i++) {
        deep += "/d";
    }
    fs::create_directories(path(deep));
    EXPECT_EQ(open_status(disk_name("")), -ELOOP);
}

TEST_F(Vvfat, IsReadOnlyWithoutRw)
{
    put_usual_files();
    std::string before = listing(path("dir"));
    Disk disk(disk_name(kFloppy), "");
    ASSERT_EQ(disk.status(), 0);
    EXPECT_EQ(bdrv_is_read_only(disk.get()), 1);
    Bytes content = disk.content();
    EXPECT_EQ(disk.write(kData, Bytes(SECTOR_SIZE, 1)), -EACCES);
    EXPECT_EQ(bdrv_truncate(disk.get(), 0), -ENOTSUP);
    EXPECT_EQ(bdrv_flush(disk.get()), 0);
    EXPECT_EQ(disk.content(), content);
    EXPECT_EQ(listing(path("dir")), before);
    EXPECT_TRUE(fs::is_empty(path("tmp")));
}

// Oracle: /proc/self/fd. H41: the option decides, whatever the disk was configured as.
TEST_F(Vvfat, RwMakesTheDiskWritable)
{
    put("dir/DATA.BIN", 4 * SECTOR_SIZE);
    Bytes nonce(SECTOR_SIZE, 0x5a);
    Bytes expected = read_bytes(path("dir/DATA.BIN"));
    std::copy(nonce.begin(), nonce.end(), expected.begin() + 2 * SECTOR_SIZE);
    Disk disk(disk_name(kFloppyRw), "");
    ASSERT_EQ(disk.status(), 0);
    EXPECT_EQ(bdrv_is_read_only(disk.get()), 0);
    // the overlay has no name any more
    EXPECT_TRUE(fs::is_empty(path("tmp")));
    set_sector(disk, kData + 2, nonce);
    EXPECT_EQ(bdrv_flush(disk.get()), 0);
    EXPECT_EQ(read_bytes(path("dir/DATA.BIN")), expected);
}

TEST_F(Vvfat, TakesOverAtTheCloseToo)
{
    put("dir/DATA.BIN", 4 * SECTOR_SIZE);
    Bytes nonce(SECTOR_SIZE, 0x5a);
    {
        Disk disk(disk_name(kFloppyRw), "");
        ASSERT_EQ(disk.status(), 0);
        set_sector(disk, kData, nonce);
    }
    Bytes now = read_bytes(path("dir/DATA.BIN"));
    EXPECT_TRUE(std::equal(nonce.begin(), nonce.end(), now.begin()));
}

// Oracle: /proc/self/fd.
TEST_F(Vvfat, OpensFilesForReadingOnly)
{
    put("dir/DATA.BIN", 4 * SECTOR_SIZE);
    Disk disk(disk_name(kFloppyRw), "");
    ASSERT_EQ(disk.status(), 0);
    disk.content();
    int seen = 0;
    for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
        std::error_code error;
        if (fs::read_symlink(entry.path(), error).string().starts_with(path("dir")) && !error) {
            seen++;
            EXPECT_EQ(fcntl(std::stoi(entry.path().filename()), F_GETFL) & O_ACCMODE, O_RDONLY);
        }
    }
    EXPECT_EQ(seen, 2);
}

TEST_F(Vvfat, ReportsAFileThatWasChangedBehindItsBack)
{
    put("dir/DATA.BIN", 4 * SECTOR_SIZE);
    Disk disk(disk_name(kFloppy), "");
    ASSERT_EQ(disk.status(), 0);
    sector(disk, kData);
    fs::resize_file(path("dir/DATA.BIN"), 100);
    Bytes data(SECTOR_SIZE);
    EXPECT_EQ(disk.read(kData, data), -ESTALE);
    // a link put in the file's place is not followed
    Disk again(disk_name(kFloppy), "");
    fs::remove(path("dir/DATA.BIN"));
    fs::create_symlink("../outside/secret", path("dir/DATA.BIN"));
    EXPECT_EQ(again.read(kData, data), -ELOOP);
    EXPECT_EQ(again.read(kRoot, data), 0);
}

TEST_F(Vvfat, TheNameOfTheOverlaysBaseIsOfNoUseToOthers)
{
    put_usual_files();
    create("disk", "qcow", 2880, "fat:");
    EXPECT_EQ(Disk(path("disk"), "qcow").status(), -EINVAL);
    Disk disk(disk_name(kFloppyRw), "");
    ASSERT_EQ(disk.status(), 0);
    EXPECT_EQ(Disk(path("disk"), "qcow").status(), -EINVAL);
}

TEST_F(Vvfat, ASnapshotTakesTheWrites)
{
    put_usual_files();
    std::string before = listing(path("dir"));
    {
        Disk disk(disk_name(kFloppy), "", true);
        ASSERT_EQ(disk.status(), 0);
        set_sector(disk, kData, Bytes(SECTOR_SIZE, 1));
        EXPECT_EQ(sector(disk, kData), Bytes(SECTOR_SIZE, 1));
    }
    EXPECT_EQ(listing(path("dir")), before);
    EXPECT_TRUE(fs::is_empty(path("tmp")));
}

TEST_F(Vvfat, WaitsUntilTheFileSystemIsComplete)
{
    put("dir/KEEP.BIN", 1000);
    put("new", 5000);
    std::string before = listing(path("dir"));
    Guest guest(disk_name(kFloppyRw), path("raw"), 0);
    ASSERT_EQ(guest.disk().status(), 0);
    guest.mtool_ok("mcopy", {path("new"), "::/NEW.BIN"});
    // one FAT only
    Bytes first = read_bytes(path("raw"));
    set_sector(guest.disk(), 1, Bytes(first.begin() + SECTOR_SIZE, first.begin() + 2 * SECTOR_SIZE));
    EXPECT_EQ(guest.flush(), 0);
    EXPECT_EQ(listing(path("dir")), before);
    guest.write_back(random_);
    EXPECT_EQ(guest.flush(), 0);
    EXPECT_EQ(read_bytes(path("dir/NEW.BIN")), read_bytes(path("new")));
}

// All but one sector arrives: of the second FAT, or a boot sector that is not the disk's own any more.
TEST_F(Vvfat, TakesNothingFromADiskWithAWrongSector)
{
    put("dir/KEEP.BIN", 1000);
    put("dir/GONE.BIN", 5000);
    std::string before = listing(path("dir"));
    for (int64_t wrong : {10, 0}) {
        Guest guest(disk_name(kFloppyRw), path("raw"), 0);
        ASSERT_EQ(guest.disk().status(), 0);
        Bytes data = sector(guest.disk(), wrong);
        guest.mtool_ok("mdel", {"::/GONE.BIN"});
        guest.write_back(random_);
        // a cluster of two sectors; a chain for the free cluster 20
        data[wrong == 0 ? 13 : 30] = 2;
        set_sector(guest.disk(), wrong, data);
        EXPECT_EQ(guest.flush(), 0);
        EXPECT_EQ(listing(path("dir")), before) << wrong;
    }
    EXPECT_EQ(listing(path("dir")), before);
}

// ONE.BIN takes the clusters of TWO.BIN, which goes, and the beginning is written anew: all of it has to be copied.
TEST_F(Vvfat, TakesDataFromAFileThatGoes)
{
    put("dir/ONE.BIN", 3 * SECTOR_SIZE);
    put("dir/TWO.BIN", 3 * SECTOR_SIZE);
    Bytes expected = read_bytes(path("dir/TWO.BIN"));
    std::fill(expected.begin(), expected.begin() + SECTOR_SIZE, uint8_t{0x77});
    Disk disk(disk_name(kFloppyRw), "");
    Bytes root = sector(disk, kRoot), fat = sector(disk, 1);
    root[32 + 26] = 5;
    root[64] = 0xe5;
    set_sector(disk, kRoot, root);
    set_sector(disk, kData + 3, Bytes(SECTOR_SIZE, 0x77));
    // the clusters 2, 3 and 4 become free
    fat[3] = fat[4] = fat[5] = fat[6] = 0;
    fat[7] &= 0xf0;
    set_sector(disk, 1, fat);
    set_sector(disk, 10, fat);
    EXPECT_EQ(bdrv_flush(disk.get()), 0);
    EXPECT_EQ(read_bytes(path("dir/ONE.BIN")), expected);
    EXPECT_FALSE(fs::exists(path("dir/TWO.BIN")));
}

// Oracle: stat(2), and mtools for the way there.
TEST_F(Vvfat, FilesKeepTheirTimes)
{
    put("dir/OLD.BIN", 100);
    put("new", 100);
    run_ok({"touch", "-d", "2003-04-05 06:07:08", path("dir/OLD.BIN")});
    run_ok({"touch", "-d", "2001-02-03 04:05:06", path("new")});
    Guest guest(disk_name(kFloppyRw), path("raw"), 0);
    guest.mtool_ok("mcopy", {"-m", path("new"), "::/NEW.BIN"});
    guest.write_back(random_);
    EXPECT_EQ(guest.flush(), 0);
    EXPECT_EQ(fs::last_write_time(path("dir/NEW.BIN")), fs::last_write_time(path("new")));
    fs::create_directories(path("out"));
    guest.mtool_ok("mcopy", {"-m", "-n", "::/OLD.BIN", path("out")});
    EXPECT_EQ(fs::last_write_time(path("out/OLD.BIN")), fs::last_write_time(path("dir/OLD.BIN")));
}

TEST_F(Vvfat, AFormattedOrErasedDiskIsNotTakenOver)
{
    put_usual_files();
    std::string before = listing(path("dir"));
    for (int fill : {0x00, 0xff, 0xf6}) {
        Disk disk(disk_name(kFloppyRw), "");
        ASSERT_EQ(disk.status(), 0);
        ASSERT_EQ(disk.write(0, Bytes(2880 * SECTOR_SIZE, static_cast<uint8_t>(fill))), 0);
        EXPECT_EQ(bdrv_flush(disk.get()), 0);
    }
    EXPECT_EQ(listing(path("dir")), before);
}

// A file that vanishes from one directory before it is in the other must not be lost.
TEST_F(Vvfat, AFileOnItsWayKeepsItsPlace)
{
    fs::create_directory(path("dir/SUB"));
    put("dir/MOVED.BIN", 3000);
    Bytes data = read_bytes(path("dir/MOVED.BIN"));
    ino_t inode = 0;
    struct stat st;
    if (stat(path("dir/MOVED.BIN").c_str(), &st) == 0) {
        inode = st.st_ino;
    }
    Guest guest(disk_name(kFloppyRw), path("raw"), 0);
    guest.mtool_ok("mmove", {"::/MOVED.BIN", "::/SUB"});
    Bytes raw = read_bytes(path("raw"));
    set_sector(guest.disk(), kRoot, Bytes(raw.begin() + kRoot * SECTOR_SIZE, raw.begin() + (kRoot + 1) * SECTOR_SIZE));
    EXPECT_EQ(guest.flush(), 0);
    EXPECT_TRUE(fs::exists(path("dir/MOVED.BIN")));
    guest.write_back(random_);
    EXPECT_EQ(guest.flush(), 0);
    EXPECT_EQ(read_bytes(path("dir/SUB/MOVED.BIN")), data);
    ASSERT_EQ(stat(path("dir/SUB/MOVED.BIN").c_str(), &st), 0);
    EXPECT_EQ(st.st_ino, inode);
}

TEST_F(Vvfat, LeavesOtherFilesAlone)
{
    put_usual_files();
    std::string before = run_ok({"find", path("dir/sub"), "-type", "f", "-printf", "%P %s %T@ %C@ %i\n"});
    put("new", 3000);
    Guest guest(disk_name(kFloppyRw), path("raw"), 0);
    guest.mtool_ok("mcopy", {"-o", path("new"), "::/HELLO.TXT"});
    guest.write_back(random_);
    EXPECT_EQ(guest.flush(), 0);
    EXPECT_EQ(read_bytes(path("dir/HELLO.TXT")), read_bytes(path("new")));
    EXPECT_EQ(run_ok({"find", path("dir/sub"), "-type", "f", "-printf", "%P %s %T@ %C@ %i\n"}), before);
}

// Two files that change their names with each other, which no order of renames can do.
TEST_F(Vvfat, ExchangesTwoNames)
{
    put("dir/ONE.BIN", 3000);
    put("dir/TWO.BIN", 5000);
    Bytes one = read_bytes(path("dir/ONE.BIN")), two = read_bytes(path("dir/TWO.BIN"));
    Disk disk(disk_name(kFloppyRw), "");
    Bytes root = sector(disk, kRoot);
    std::swap_ranges(root.begin() + 32, root.begin() + 43, root.begin() + 64);
    set_sector(disk, kRoot, root);
    EXPECT_EQ(bdrv_flush(disk.get()), 0);
    EXPECT_EQ(read_bytes(path("dir/ONE.BIN")), two);
    EXPECT_EQ(read_bytes(path("dir/TWO.BIN")), one);
    // and what they hold
    std::swap_ranges(root.begin() + 32 + 26, root.begin() + 64, root.begin() + 64 + 26);
    set_sector(disk, kRoot, root);
    EXPECT_EQ(bdrv_flush(disk.get()), 0);
    EXPECT_EQ(read_bytes(path("dir/ONE.BIN")), one);
    EXPECT_EQ(read_bytes(path("dir/TWO.BIN")), two);
}

TEST_F(Vvfat, ShortensAndLengthensAFile)
{
    put("dir/DATA.BIN", 4 * SECTOR_SIZE);
    Bytes data = read_bytes(path("dir/DATA.BIN"));
    Disk disk(disk_name(kFloppyRw), "");
    Bytes root = sector(disk, kRoot);
    root[32 + 28] = 100;
    root[32 + 29] = 2;
    set_sector(disk, kRoot, root);
    EXPECT_EQ(bdrv_flush(disk.get()), 0);
    EXPECT_EQ(read_bytes(path("dir/DATA.BIN")), Bytes(data.begin(), data.begin() + 612));
    // the clusters are the file's still, and so is what is in them
    root[32 + 28] = 0;
    root[32 + 29] = 8;
    set_sector(disk, kRoot, root);
    EXPECT_EQ(bdrv_flush(disk.get()), 0);
    EXPECT_EQ(read_bytes(path("dir/DATA.BIN")), data);
}

TEST_F(Vvfat, RefusesNamesThatLeadOut)
{
    const std::u16string kBad[] = {u"..",
                                   u".",
                                   u"a/b",
                                   u"../outside/x",
                                   u"/x",
                                   u"a\\b",
                                   u"a\u0001",
                                   u"a:b",
                                   u"x.",
                                   u"x ",
                                   std::u16string(1, 0xd800) + u"x",
                                   std::u16string(256, u'x'),
                                   std::u16string(120, 0x540d)};
    for (const auto& name : kBad) {
        Disk disk(disk_name(kFloppyRw), "");
        ASSERT_EQ(disk.status(), 0);
        add_to_root(disk, name, "BAD     BIN");
        EXPECT_EQ(bdrv_flush(disk.get()), 0);
        EXPECT_TRUE(fs::is_empty(path("dir")));
    }
    for (const char* name :
         {"A/B     BIN", "A\\B     BIN", "..         ", ".          ", "        BIN", "A\001B     BIN"}) {
        Disk disk(disk_name(kFloppyRw), "");
        add_to_root(disk, u"", name);
        EXPECT_EQ(bdrv_flush(disk.get()), 0);
        EXPECT_TRUE(fs::is_empty(path("dir"))) << name;
    }
    Disk disk(disk_name(kFloppyRw), "");
    add_to_root(disk, u"good name", "BAD     BIN");
    EXPECT_EQ(bdrv_flush(disk.get()), 0);
    EXPECT_TRUE(fs::exists(path("dir/good name")));
    EXPECT_EQ(run_ok({"ls", "-A", path("outside")}), "secret\n");
}

TEST_F(Vvfat, NeverReplacesWhatTheGuestCannotSee)
{
    for (const char16_t* name : {u"link", u"dirlink", u"fifo"}) {
        fs::remove_all(path("dir"));
        fs::create_directory(path("dir"));
        put_what_a_guest_must_not_see();
        std::string before = listing(path("dir")), outside = listing(path("outside"));
        Disk disk(disk_name(kFloppyRw), "");
        ASSERT_EQ(disk.status(), 0);
        add_to_root(disk, name, "BAD     BIN");
        EXPECT_EQ(bdrv_flush(disk.get()), -EEXIST);
        EXPECT_EQ(listing(path("dir")), before);
        EXPECT_EQ(listing(path("outside")), outside);
        // the guest takes the name back
        Bytes root = sector(disk, kRoot);
        root[32] = 0;
        set_sector(disk, kRoot, root);
        EXPECT_EQ(bdrv_flush(disk.get()), 0);
        EXPECT_EQ(listing(path("dir")), before);
    }
}

TEST_F(Vvfat, DoesNotOverwriteOrRemoveAFileThatTheHostChanged)
{
    put("dir/DATA.BIN", 4 * SECTOR_SIZE);
    Disk disk(disk_name(kFloppyRw), "");
    put("dir/DATA.BIN", 700);
    Bytes hosts = read_bytes(path("dir/DATA.BIN"));
    set_sector(disk, kData, Bytes(SECTOR_SIZE, 1));
    EXPECT_EQ(bdrv_flush(disk.get()), -ESTALE);
    EXPECT_EQ(read_bytes(path("dir/DATA.BIN")), hosts);
}

// The chain of the one file is made to go round, to cross another's, to leave the disk.
TEST_F(Vvfat, RefusesHostileChains)
{
    put("dir/ONE.BIN", 3 * SECTOR_SIZE);
    put("dir/TWO.BIN", 3 * SECTOR_SIZE);
    std::string before = listing(path("dir"));
    Disk disk(disk_name(kFloppyRw), "");
    Bytes good = sector(disk, 1);
    // entry 3 of a FAT12: the upper half of byte 4 and byte 5
    for (unsigned next : {0x000u, 0x001u, 0x002u, 0x003u, 0x005u, 0x7ffu, 0xb21u, 0xff0u, 0xff7u}) {
        Bytes fat = good;
        fat[4] = static_cast<uint8_t>((fat[4] & 0x0f) | next << 4);
        fat[5] = static_cast<uint8_t>(next >> 4);
        set_sector(disk, 1, fat);
        set_sector(disk, 10, fat);
        EXPECT_EQ(bdrv_flush(disk.get()), 0);
        EXPECT_EQ(listing(path("dir")), before) << std::hex << next;
    }
    set_sector(disk, 1, good);
    set_sector(disk, 10, good);
    EXPECT_EQ(bdrv_flush(disk.get()), 0);
    EXPECT_EQ(listing(path("dir")), before);
}

}  // namespace
}  // namespace rogate::selfcheck
