// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "series/apply.h"
#include "series/mangle.h"
#include "series/repair.h"

using namespace rogate;
using namespace rogate::series;

namespace {

const std::vector<Corpus>& corpora()
{
    static const std::vector<Corpus> kAll = [] {
        std::vector<Corpus> all;
        for (const char* name : {"drv_read_only", "drv_read_only-v1"}) {
            all.push_back(read_corpus(ROGATE_SOURCE "/overlay", std::string(ROGATE_SOURCE "/patches/") + name));
            all.push_back(tabbed(all.back()));
        }
        return all;
    }();
    return kAll;
}

git::Tree next_state(const git::Tree& state, const std::string& mail)
{
    const auto patch = parse_patch("p", std::make_shared<const std::string>(mail), 1, "p");
    const auto applied = apply_patch(state, *patch);
    EXPECT_TRUE(std::holds_alternative<AppliedPatch>(applied));
    return std::get<AppliedPatch>(applied).tree;
}

std::string all_text(const std::vector<Repair>& repairs)
{
    std::string text;
    for (const Repair& repair : repairs) {
        text += std::to_string(repair.line) + ": " + repair.what + " (" + std::string(to_string(repair.how)) + ")\n";
    }
    return text;
}

class Damaged : public testing::TestWithParam<size_t> {
protected:
    /// How many of the mails come back byte for byte.
    static size_t restored(const Corpus& corpus, const Mangler& mangler)
    {
        size_t good = 0;
        git::Tree state = corpus.base;
        for (const std::string& mail : corpus.mails) {
            const std::string sent = diff_of(mail);
            const auto mended = mend_diff(raw_lines(mangler.spoil(sent)), {.base = &state, .flowed = mangler.flowed});
            EXPECT_TRUE(mended) << mended.error().text;
            if (mended) {
                EXPECT_EQ(mended->diff, sent) << all_text(mended->repairs);
                good += mended->diff == sent ? 1 : 0;
            }
            state = next_state(state, mail);
        }
        return good;
    }
};

}  // namespace

// Oracle of all tests here: the diffs as they were before they were damaged.
TEST_P(Damaged, ComesBackByteForByteWithTheBase)
{
    const Mangler mangler = manglers()[GetParam()];
    for (const Corpus& corpus : corpora()) {
        SCOPED_TRACE(corpus.name + ", " + mangler.name);
        EXPECT_EQ(restored(corpus, mangler), corpus.mails.size());
    }
}

TEST_P(Damaged, IsNeverTakenForWhatItIsNotWithoutTheBase)
{
    const Mangler mangler = manglers()[GetParam()];
    for (const Corpus& corpus : corpora()) {
        for (const std::string& mail : corpus.mails) {
            SCOPED_TRACE(corpus.name + ", " + mangler.name + mail.substr(0, 200));
            const std::string sent = diff_of(mail);
            const auto mended = mend_diff(raw_lines(mangler.spoil(sent)), {.flowed = mangler.flowed});
            if (!mended) {
                EXPECT_EQ(mended.error().kind, ErrorKind::conflict) << mended.error().text;
                EXPECT_TRUE(mended.error().text.starts_with("line ")) << mended.error().text;
            } else if (!mangler.traceless) {
                EXPECT_EQ(mended->diff, sent) << all_text(mended->repairs);
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Ways, Damaged, testing::Range<size_t>(0, manglers().size()), [](const auto& way) {
    std::string name = manglers()[way.param].name;
    std::replace_if(
        name.begin(), name.end(), [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
    return name;
});

TEST(MendDiff, LeavesAnUndamagedDiffAlone)
{
    for (const Corpus& corpus : corpora()) {
        git::Tree state = corpus.base;
        for (const std::string& mail : corpus.mails) {
            for (const git::Tree* base : {static_cast<const git::Tree*>(&state), static_cast<const git::Tree*>(nullptr)}) {
                const auto mended = mend_diff(raw_lines(diff_of(mail)), {.base = base});
                ASSERT_TRUE(mended) << mended.error().text;
                EXPECT_EQ(mended->diff, diff_of(mail));
                EXPECT_EQ(all_text(mended->repairs), "");
            }
            state = next_state(state, mail);
        }
    }
}
