#include "report/escape.h"

#include <gtest/gtest.h>

namespace strobe::report {
namespace {

TEST(Printable, HostileTextIsShownNotObeyed) {
  struct Case {
    std::string in, out;
  };
  for (const Case& c : {
           Case{"plain text", "plain text"},
           Case{"\x1b[2J", "\\x1b[2J"},
           Case{"a\nb\rc\td", "a\\x0ab\\x0dc\\x09d"},
           Case{std::string("nul\0x", 5), "nul\\x00x"},
           Case{"\x7f", "\\x7f"},
           Case{"\xc2\x9b"
                "31m",
                "\\u{9b}31m"},                 // C1: a one-character escape sequence
           Case{"\xe2\x80\xae", "\\u{202e}"},  // right-to-left override
           Case{"\xe2\x81\xa6", "\\u{2066}"},
           Case{"\xf3\xa0\x81\x81", "\\u{e0041}"},  // tag characters
           Case{"\xff", "\\xff"},
           Case{"\xc0\xaf", "\\xc0\\xaf"},                    // overlong
           Case{"\xed\xa0\x80", "\\xed\\xa0\\x80"},           // surrogate
           Case{"\xe2\x82", "\\xe2\\x82"},                    // cut short
           Case{"\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80"},  // beyond Unicode
           Case{"ä日本", "ä日本"},
       }) {
    EXPECT_EQ(printable(c.in), c.out);
  }
}

TEST(Printable, IsBounded) {
  const std::string shown = printable(std::string(100'000, 'x'));
  EXPECT_EQ(display_width(shown), 1000u);
  EXPECT_TRUE(shown.ends_with("…"));
  std::string zalgo = "a";
  for (int i = 0; i < 100'000; ++i) zalgo += "\xcc\x80";
  EXPECT_LT(printable(zalgo).size(), 5000u);
}

TEST(Shorten, FitsColumns) {
  EXPECT_EQ(shorten("abcdef", 6), "abcdef");
  EXPECT_EQ(shorten("abcdef", 4), "abc…");
  EXPECT_EQ(printable("abcdef", 4), "abc…");
  EXPECT_EQ(printable("日本語", 4), "日…");
  EXPECT_EQ(printable("abc\n", 4), "abc…") << "an escape is shown whole or not at all";
  EXPECT_EQ(shorten("日本語", 4), "日…");
  EXPECT_EQ(shorten("abc", 0), "");
  EXPECT_EQ(shorten_front("abcdef", 4), "…def");
  EXPECT_EQ(shorten_front("abc", 3), "abc");
}

TEST(ValidUtf8, ReplacesWhatIsNone) {
  EXPECT_EQ(valid_utf8("a\xff"
                       "b"),
            "a\xef\xbf\xbd"
            "b");
  EXPECT_EQ(valid_utf8("ä"), "ä");
}

}  // namespace
}  // namespace strobe::report
