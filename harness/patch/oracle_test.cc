// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>
#include <random>

#include "base/file.h"
#include "patch/parse.h"
#include "patch/place.h"
#include "process/group.h"

using namespace rogate;
using namespace rogate::patch;

namespace {

constexpr unsigned kSeed = 20080724;

using Lines = std::vector<std::string>;

std::string join(const Lines& lines)
{
    std::string text;
    for (const std::string& line : lines) {
        text += line;
    }
    return text;
}

/// Random texts and edits of them; the same for the same seed.
class Generator {
public:
    explicit Generator(unsigned seed) : random_(seed) {}

    size_t below(size_t limit) { return std::uniform_int_distribution<size_t>(0, limit - 1)(random_); }

    /// `common` of a hundred lines are braces, blanks and their like, which stand in many places.
    std::string line(size_t common)
    {
        static const Lines kCommon = {"{\n", "}\n", "\n", "    return 0;\n", "    }\n", "/* x */\n"};
        return below(100) < common ? kCommon[below(kCommon.size())] : "    line " + std::to_string(++count_) + ";\n";
    }

    Lines text(size_t max_lines, size_t common)
    {
        Lines lines(below(max_lines + 1));
        for (std::string& one : lines) {
            one = line(common);
        }
        return lines;
    }

    /// Removes, adds and replaces runs of lines at `edits` places.
    Lines edited(Lines lines, size_t edits, size_t common)
    {
        for (; edits > 0; --edits) {
            const size_t at = below(lines.size() + 1);
            const size_t gone = std::min(below(4), lines.size() - at);
            const auto begin = lines.begin() + static_cast<ptrdiff_t>(at);
            const auto next = lines.erase(begin, begin + static_cast<ptrdiff_t>(gone));
            Lines fresh(below(4) + (gone == 0 ? 1 : 0));
            for (std::string& one : fresh) {
                one = line(common);
            }
            lines.insert(next, fresh.begin(), fresh.end());
        }
        return lines;
    }

    /// Takes the last newline away, sometimes, or gives all lines carriage returns.
    std::string ended(Lines lines)
    {
        if (below(5) == 0) {
            for (std::string& one : lines) {
                one.insert(one.size() - 1, "\r");
            }
        }
        std::string all = join(lines);
        if (below(4) == 0 && !all.empty()) {
            all.pop_back();
        }
        return all;
    }

private:
    std::mt19937 random_;
    size_t count_ = 0;
};

/// A folder in which programs make and apply patches of one file, "f".
class Bench {
public:
    Bench() : folder_(*TempDir::make("/tmp", "rogate-patch-")) {}

    /// What `diff -u` says of two texts, with names that -p1 strips.
    std::string diff(const std::string& before, const std::string& after)
    {
        put("old", before);
        put("new", after);
        const auto outcome = run({"diff", "-u", "--label", "a/f", "--label", "b/f", "old", "new"});
        EXPECT_LT(outcome.exit_status, 2) << outcome.err;
        return outcome.out;
    }

    /// The patched text, or nothing when the program refuses.
    std::optional<std::string> git_apply(const std::string& text, const std::string& patch)
    {
        return applied(text, patch, {"git", "apply", "p"});
    }
    std::optional<std::string> gnu_patch(const std::string& text, const std::string& patch)
    {
        return applied(text, patch, {"patch", "-p1", "-s", "-f", "-F0", "-r", "-", "--binary", "-i", "p"});
    }

private:
    void put(const char* name, const std::string& text) { ASSERT_TRUE(write_file(folder_.path() / name, text)); }

    process::Outcome run(std::vector<std::string> argv)
    {
        auto outcome = process::run(
            {.argv = std::move(argv), .env = {{"GIT_CEILING_DIRECTORIES", "/tmp"}}, .folder = folder_.path()});
        EXPECT_TRUE(outcome) << outcome.error().text;
        return *outcome;
    }

    std::optional<std::string> applied(const std::string& text, const std::string& patch, std::vector<std::string> argv)
    {
        put("f", text);
        put("p", patch);
        const auto outcome = run(std::move(argv));
        auto result = read_file(folder_.path() / "f");
        EXPECT_TRUE(result);
        return outcome.ok() ? std::optional<std::string>(*result) : std::nullopt;
    }

    TempDir folder_;
};

std::variant<Applied, Conflict> ours(const std::string& text, const std::string& patch)
{
    auto changes = parse_diff(std::make_shared<const std::string>(patch));
    if (!changes || changes->size() != 1) {
        ADD_FAILURE() << (changes ? "not one change" : changes.error().text) << "\n" << patch;
        return Conflict{};
    }
    return apply_hunks(text, changes->front());
}

}  // namespace

// Oracle: the edited text itself; diff(1) makes the patch.
TEST(PatchOracle, GivesTheEditedTextBack)
{
    Generator generator(kSeed);
    Bench bench;
    for (int round = 0; round < 250; ++round) {
        SCOPED_TRACE("seed " + std::to_string(kSeed) + " round " + std::to_string(round));
        const size_t common = generator.below(100);
        const Lines before = generator.text(120, common);
        const std::string old_text = generator.ended(before);
        const std::string new_text = generator.ended(generator.edited(before, 1 + generator.below(6), common));
        const std::string patch = bench.diff(old_text, new_text);
        if (patch.empty()) {
            continue;
        }
        const auto outcome = ours(old_text, patch);
        const auto* applied = std::get_if<Applied>(&outcome);
        ASSERT_TRUE(applied) << describe(std::get<Conflict>(outcome), "f") << "\n" << patch;
        ASSERT_EQ(applied->text, new_text) << patch;
        for (const Placement& placement : applied->placements) {
            ASSERT_EQ(placement.offset_lines, 0) << patch;
        }
        // And back again.
        auto changes = parse_diff(std::make_shared<const std::string>(patch));
        const auto back = apply_hunks(new_text, reversed(changes->front()));
        ASSERT_TRUE(std::holds_alternative<Applied>(back)) << patch;
        ASSERT_EQ(std::get<Applied>(back).text, old_text) << patch;
    }
}

// Oracle: git apply and patch -F0, on texts that have changed since the patch was made. Where one of them accepts, we
// accept with the same text, except for two equally near places; where we accept, one of them does, with that text.
TEST(PatchOracle, AgreesWithGitAndPatchOnTextsThatHaveMoved)
{
    Generator generator(kSeed + 1);
    Bench bench;
    int accepted = 0;
    int refused = 0;
    int ambiguous = 0;
    for (int round = 0; round < 350; ++round) {
        SCOPED_TRACE("seed " + std::to_string(kSeed + 1) + " round " + std::to_string(round));
        const size_t common = generator.below(25);
        const Lines before = generator.text(150, common);
        const std::string patch =
            bench.diff(join(before), join(generator.edited(before, 1 + generator.below(3), common)));
        const std::string text = join(generator.edited(before, 1 + generator.below(4), common));
        if (patch.empty() || text.empty()) {
            continue;
        }
        const auto outcome = ours(text, patch);
        const auto by_git = bench.git_apply(text, patch);
        const auto by_patch = bench.gnu_patch(text, patch);
        if (const auto* conflict = std::get_if<Conflict>(&outcome)) {
            ++refused;
            if (conflict->reason == Conflict::Reason::ambiguous) {
                ++ambiguous;
                continue;
            }
            ASSERT_FALSE(by_git) << describe(*conflict, "f") << "\n" << patch << "---- on\n" << text;
            ASSERT_FALSE(by_patch) << describe(*conflict, "f") << "\n" << patch << "---- on\n" << text;
            continue;
        }
        ++accepted;
        const std::string& result = std::get<Applied>(outcome).text;
        ASSERT_TRUE(by_git || by_patch) << patch << "---- on\n" << text;
        if (by_patch) {
            ASSERT_EQ(result, *by_patch) << patch << "---- on\n" << text;
        }
        if (by_git) {
            ASSERT_EQ(result, *by_git) << patch << "---- on\n" << text;
        }
    }
    EXPECT_GT(accepted, 100);
    EXPECT_GT(refused, 80);
    EXPECT_LT(ambiguous, 20);
    RecordProperty("accepted", accepted);
    RecordProperty("refused", refused);
    RecordProperty("ambiguous", ambiguous);
}
