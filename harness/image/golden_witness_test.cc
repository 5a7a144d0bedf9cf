// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/golden_witness.h"

#include <sys/stat.h>

#include "image/test_support.h"

namespace rogate::image {
namespace {

class GoldenWitnessTest : public test::ImageTest {
protected:
    GoldenWitnessTest()
    {
        golden_.folder = at("golden");
        golden_.image.files = {"disk", "base"};
        std::filesystem::create_directory(golden_.folder);
        test::put_file(golden_.folder / "disk", std::string(100000, 'd'));
        test::put_file(golden_.folder / "base", std::string(5, 'b'));
    }
    [[nodiscard]] std::filesystem::path kept() const { return golden_.folder / kWitnessesName; }
    [[nodiscard]] std::vector<FileWitness> witnesses() const { return golden_witnesses(golden_).value(); }
    /// What is found must be what digesting finds.
    void expect_true_witnesses()
    {
        const auto found = witnesses();
        const auto oracle = witness_files(golden_.folder, golden_.image.files).value();
        ASSERT_EQ(found.size(), 2u);
        for (size_t i = 0; i < 2; ++i) {
            EXPECT_EQ(found[i].name, oracle[i].name);
            EXPECT_EQ(found[i].state, oracle[i].state);
            EXPECT_EQ(found[i].digest, oracle[i].digest);
        }
    }
    /// Marks what is kept, so that taking it shows.
    void mark()
    {
        std::string text = test::get_file(kept());
        const std::string digest = to_hex(witness_files(golden_.folder, {"disk"}).value()[0].digest.evidence);
        text.replace(text.find(digest), 64, std::string(64, '7'));
        test::put_file(kept(), text);
    }
    [[nodiscard]] bool mark_is_taken() const { return to_hex(witnesses()[0].digest.evidence) == std::string(64, '7'); }

    Golden golden_;
};

TEST_F(GoldenWitnessTest, IsKeptAndTakenWhileTheFilesStay)
{
    expect_true_witnesses();
    EXPECT_TRUE(std::filesystem::exists(kept()));
    expect_true_witnesses();
    mark();
    EXPECT_TRUE(mark_is_taken());
}

TEST_F(GoldenWitnessTest, AChangedFileIsDigestedAnew)
{
    const auto disk = golden_.folder / "disk";
    const auto meddle = [&](int how) {
        const struct stat st = [&] {
            struct stat now {};
            EXPECT_EQ(::stat(disk.c_str(), &now), 0);
            return now;
        }();
        if (how == 0) {
            test::poke(disk, 10, "x");
        } else if (how == 1) {  // the time put back
            test::poke(disk, 20, "x");
            const timespec times[2] = {st.st_atim, st.st_mtim};
            EXPECT_EQ(::utimensat(AT_FDCWD, disk.c_str(), times, 0), 0);
        } else if (how == 2) {
            test::resize(disk, 100001);
        } else {  // another file with the same times
            std::filesystem::rename(disk, at("old"));
            test::put_file(disk, std::string(100001, 'e'));
            const timespec times[2] = {st.st_atim, st.st_mtim};
            EXPECT_EQ(::utimensat(AT_FDCWD, disk.c_str(), times, 0), 0);
        }
    };
    for (const int how : {0, 1, 2, 3}) {
        expect_true_witnesses();
        mark();
        ASSERT_TRUE(mark_is_taken()) << how;
        ::usleep(20000);  // past the file system's clock tick, so that ctime moves
        meddle(how);
        EXPECT_FALSE(mark_is_taken()) << how;
        expect_true_witnesses();
    }
}

TEST_F(GoldenWitnessTest, WhatCannotBeReadIsMadeAnew)
{
    expect_true_witnesses();
    const std::string good = test::get_file(kept());
    std::string other = good;
    other.replace(other.find("rogate-chunks"), 13, "another-chunk");
    std::string cut_hash = good;
    cut_hash.replace(cut_hash.find("\"hashes\":\"") + 10, 1, "");
    for (const std::string& text : {std::string(), std::string("{}"), good.substr(0, good.size() / 2), other, cut_hash,
                                    std::string("[1,2]"), std::string("\xff")}) {
        test::put_file(kept(), text);
        expect_true_witnesses();
        EXPECT_EQ(test::get_file(kept()), good);
    }
}

TEST_F(GoldenWitnessTest, OtherFilesAreOtherWitnesses)
{
    expect_true_witnesses();
    std::swap(golden_.image.files[0], golden_.image.files[1]);
    expect_true_witnesses();
    golden_.image.files = {"disk", "missing"};
    EXPECT_EQ(golden_witnesses(golden_).error().kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace rogate::image
