// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "base/file.h"
#include "series/series.h"

using namespace rogate;
using namespace rogate::series;

namespace {

constexpr const char* kDiff = "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n";

/// A throwaway series folder.
class Folder {
public:
    Folder() : folder_(*TempDir::make("/tmp", "rogate-series-")) {}
    void put(const std::string& name, const std::string& text)
    {
        std::filesystem::create_directories((path() / name).parent_path());
        ASSERT_TRUE(write_file(path() / name, text));
    }
    [[nodiscard]] const std::filesystem::path& path() const { return folder_.path(); }
    [[nodiscard]] std::string name(const std::string& file) const { return "'" + (path() / file).string() + "'"; }

private:
    TempDir folder_;
};

/// Text and hint of the error that loading must end in.
std::string error_of(const Folder& folder, ErrorKind kind)
{
    const auto series = load_series(folder.path());
    if (series) {
        return "loaded";
    }
    EXPECT_EQ(series.error().kind, kind);
    return series.error().text + (series.error().hint.empty() ? "" : "\n" + series.error().hint);
}

std::string parse_error(const std::string& text)
{
    const auto entries = parse_series_file(text, "s");
    return entries ? "parsed" : entries.error().text;
}

}  // namespace

// Oracle of all tests here: files written by hand after quilt(1).
TEST(ParseSeriesFile, TakesNamesOptionsAndComments)
{
    const auto entries =
        parse_series_file("# a comment\n\n  \na.patch\n\tb.patch -p0 # why\nsub/c.patch\t-p12\r\nd -pab", "s");
    ASSERT_TRUE(entries) << entries.error().text;
    ASSERT_EQ(entries->size(), 4U);
    const SeriesEntry expected[] = {{"a.patch", 1, 4}, {"b.patch", 0, 5}, {"sub/c.patch", 12, 6}, {"d", 1, 7}};
    for (size_t i = 0; i < 4; ++i) {
        EXPECT_EQ((*entries)[i].file_name, expected[i].file_name);
        EXPECT_EQ((*entries)[i].strip, expected[i].strip);
        EXPECT_EQ((*entries)[i].line, expected[i].line);
    }
}

TEST(ParseSeriesFile, NamesTheLineThatIsWrong)
{
    EXPECT_EQ(parse_error("a\nb -R\n"), "'s' line 2: unknown option '-R'");
    EXPECT_EQ(parse_error("a -p\n"), "'s' line 1: unknown option '-p'");
    EXPECT_EQ(parse_error("a -p1x\n"), "'s' line 1: unknown option '-p1x'");
    EXPECT_EQ(parse_error("a -p101\n"), "'s' line 1: unknown option '-p101'");
    EXPECT_EQ(parse_error("a b\n"), "'s' line 1: unknown option 'b'");
    EXPECT_EQ(parse_error("a\n\na\n"), "'s' line 3: 'a' is named twice");
    EXPECT_EQ(parse_error("../a\n"), "'s' line 1: unsafe path '../a': it holds '.' or '..'");
    EXPECT_EQ(parse_error("/a\n"), "'s' line 1: unsafe path '/a': it is absolute");
}

TEST(LoadSeries, ReadsPatchesInOrderAndNamesTheUnlisted)
{
    Folder folder;
    folder.put("series", "2.patch -p2\n1.patch\n");
    folder.put("1.patch", kDiff);
    folder.put("2.patch", "--- x/a/g\n+++ x/b/g\n@@ -1 +1 @@\n-a\n+b\n");
    folder.put("3.patch", "not read");
    folder.put("expect.toml", "");
    const auto series = load_series(folder.path());
    ASSERT_TRUE(series) << series.error().text;
    EXPECT_EQ(series->name, folder.path().filename().string());
    ASSERT_EQ(series->patches.size(), 2U);
    EXPECT_EQ(series->patches[0].file_name, "2.patch");
    EXPECT_EQ(series->patches[0].changes.at(0).path(), "g");
    EXPECT_EQ(series->patches[1].changes.at(0).path(), "f");
    EXPECT_EQ(series->unlisted, std::vector<std::string>{"3.patch"});
    EXPECT_EQ(touched_paths(*series), (std::vector<std::string>{"f", "g"}));
    EXPECT_EQ(load_series(folder.path() / "")->name, series->name);
}

TEST(LoadSeries, NamesWhatIsMissing)
{
    Folder folder;
    const std::string none = folder.path().string() + "/none";
    EXPECT_EQ(load_series(none).error().text, "there is no folder '" + none + "'");
    EXPECT_EQ(error_of(folder, ErrorKind::not_found), "'" + folder.path().string() + "' has no file 'series'");
    folder.put("series", "# x\n0003-rwa.patch\n");
    folder.put("0003-raw.patch", kDiff);
    EXPECT_EQ(error_of(folder, ErrorKind::not_found),
              folder.name("series") + " line 2: there is no patch '0003-rwa.patch'\n"
                                      "did you mean '0003-raw.patch'? correct the line, or take it out");
}

TEST(LoadSeries, NamesFileAndLineOfABrokenPatch)
{
    Folder folder;
    folder.put("series", "1.patch\n");
    folder.put("1.patch", "Subject: x\n\nhello\n");
    EXPECT_EQ(error_of(folder, ErrorKind::corrupt), folder.name("1.patch") + " holds no diff");
    folder.put("1.patch", "Subject: x\n\nhello\n---\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n*b\n");
    EXPECT_EQ(error_of(folder, ErrorKind::corrupt),
              folder.name("1.patch") +
                  " line 9: '*b' does not fit the hunk of line 7, which lacks 0 old and 1 new lines");
}

TEST(LoadSeries, TakesNoDiffOutOfAMessage)
{
    Folder folder;
    folder.put("series", "1.patch\n");
    folder.put("1.patch", "From: A <a@b>\nSubject: x\n\nSee\n@@ -1 +1 @@\n---\n" + std::string(kDiff));
    const auto series = load_series(folder.path());
    ASSERT_TRUE(series) << series.error().text;
    EXPECT_EQ(series->patches[0].changes.size(), 1U);
}

TEST(LoadSeries, DecodesAnEncodedMail)
{
    Folder folder;
    folder.put("series", "1.patch\n");
    folder.put("1.patch",
               "From: A <a@b>\nSubject: [PATCH] x\nContent-Transfer-Encoding: quoted-printable\n\nhello\n---\n"
               "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a =3D 1\n+b=\n\n");
    const auto series = load_series(folder.path());
    ASSERT_TRUE(series) << series.error().text;
    EXPECT_EQ(series->patches[0].changes.at(0).hunks.at(0).lines.at(0).text, "a = 1\n");
    const auto mail = read_mail(series->patches[0]);
    ASSERT_TRUE(mail) << mail.error().text;
    EXPECT_EQ(mail->subject, "x");
}

TEST(ReadMail, NamesThePatchThatIsNone)
{
    const auto patch = parse_patch("1.patch", std::make_shared<const std::string>(kDiff), 1, "1.patch");
    ASSERT_TRUE(patch);
    EXPECT_EQ(read_mail(*patch).error().text, "'1.patch': it has no mail headers");
}
