// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/text.h"

#include <gtest/gtest.h>

namespace rogate::report {
namespace {

TEST(Printable, LeavesTextAlone)
{
    EXPECT_EQ(printable("abc \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"), "abc \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
}

TEST(Printable, SpellsOutWhatDrivesATerminal)
{
    EXPECT_EQ(printable("a\x1b[31mb\x07\x7f\n"), "a\\x1b[31mb\\x07\\x7f\\x0a");
    EXPECT_EQ(printable("\xc2\x9b"), "\\u{9b}");            // a control character of one byte in 8-bit terminals
    EXPECT_EQ(printable("\xe2\x80\xae x"), "\\u{202e} x");  // right to left
    EXPECT_EQ(printable("a\nb", true), "a\nb");
}

// Source: RFC 3629: overlong forms, surrogates and what is beyond U+10FFFF are no UTF-8.
TEST(Printable, SpellsOutWhatIsNoUtf8)
{
    EXPECT_EQ(printable("\xff"), "\\xff");
    EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf");
    EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");
    EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
    EXPECT_EQ(printable("\xe2\x82"), "\\xe2\\x82");
    EXPECT_EQ(printable("\x80z"), "\\x80z");
}

TEST(Xml, EscapesMarkup)
{
    EXPECT_EQ(xml("<a b=\"c\" d='e'>&"), "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;");
}

TEST(CodeSpan, OutgrowsTheTicksWithin)
{
    EXPECT_EQ(code_span("ab"), "`ab`");
    EXPECT_EQ(code_span("a``b`c"), "```a``b`c```");
    EXPECT_EQ(code_span("`a"), "`` `a ``");
    EXPECT_EQ(code_span("a|b"), "`a\\|b`");
    EXPECT_EQ(code_span(""), "");
}

TEST(Wrap, BreaksBetweenWordsAndCutsLongOnes)
{
    EXPECT_EQ(wrap("aa bb cc", 5, "", "  "), "aa bb\n  cc\n");
    EXPECT_EQ(wrap("aa bb", 20, "> ", ". "), "> aa bb\n");
    EXPECT_EQ(wrap("abcdefgh", 5, "", " "), "abcde\n fgh\n");
    EXPECT_EQ(wrap("\xc3\xa4\xc3\xa4\xc3\xa4", 2, "", ""), "\xc3\xa4\xc3\xa4\n\xc3\xa4\n");
    EXPECT_EQ(wrap("", 5, "x", ""), "x\n");
}

TEST(Listed, CountsWhatItLeavesOut)
{
    EXPECT_EQ(listed({"a"}), "a");
    EXPECT_EQ(listed({"a", "b", "c"}), "a, b and c");
    EXPECT_EQ(listed({"a", "b", "c"}, 1), "a and 2 more");
}

}  // namespace
}  // namespace rogate::report
