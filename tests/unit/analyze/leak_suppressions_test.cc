#include "analyze/leak_suppressions.h"

#include <gtest/gtest.h>

#include "support/profile_builder.h"

namespace strobe::analyze {
namespace {

TEST(MatchesSuppression, AsLeakSanitizerDoes) {
  const struct {
    const char* pattern;
    const char* text;
    bool matches;
  } cases[] = {
      {"foo", "foo", true},       {"foo", "a_foo_b", true},
      {"foo", "fo", false},       {"^foo", "foobar", true},
      {"^foo", "a_foo", false},   {"foo$", "a_foo", true},
      {"foo$", "foo_b", false},   {"foo$", "foofoo", true},
      {"^foo$", "foo", true},     {"^foo$", "foofoo", false},
      {"f*o", "xfaaaoy", true},   {"^f*o$", "faaao", true},
      {"^f*o$", "faaaoy", false}, {"f*", "f", true},
      {"*", "anything", true},    {"**a**", "bab", true},
      {"a*b*c", "a1b2c", true},   {"a*b*c", "a1c2b", false},
      {"^a*b*c$", "abcbc", true}, {"libc.so*$", "libc.so.6", true},
      {"foo", "", false},         {"operator*", "operator new", true},
  };
  for (const auto& c : cases)
    EXPECT_EQ(matches_suppression(c.pattern, c.text), c.matches) << c.pattern << ' ' << c.text;
}

TEST(LeakSuppressions, AreReadLineByLine) {
  const auto rules =
      LeakSuppressions::parse("# comment\n\n  leak:one\r\nleak:two*three\n\t# more\nleak:x y\n");
  ASSERT_TRUE(rules) << rules.error().what;
  EXPECT_EQ(rules->patterns(), (std::vector<std::string>{"one", "two*three", "x y"}));
  EXPECT_TRUE(LeakSuppressions::parse("")->empty());
}

TEST(LeakSuppressions, WhatIsNoRuleIsSaidWithItsLine) {
  for (const char* text : {"leak:a\nb\n", "leak:a\nrace:b\n", "leak:a\nleak:\n", "leak:a\nleak\n"}) {
    const auto rules = LeakSuppressions::parse(text);
    ASSERT_FALSE(rules) << text;
    EXPECT_NE(rules.error().what.find("line 2"), std::string::npos) << rules.error().what;
    EXPECT_FALSE(rules.error().hint.empty());
  }
  std::string many;
  for (int i = 0; i < 10'001; ++i) many += "leak:a\n";
  EXPECT_FALSE(LeakSuppressions::parse(many));
  EXPECT_FALSE(LeakSuppressions::parse("leak:" + std::string(1'001, 'a')));
}

TEST(LeakSuppressions, MatchFunctionsFilesAndModulesAnywhereOnTheStack) {
  test::ProfileBuilder b;
  const ModuleId app = b.module("/usr/bin/app");
  const ModuleId library = b.module("/usr/lib/libknown.so.2");
  const FrameId main = b.frame(b.function("main", "/src/main.cc", 1, app));
  const FrameId grow = b.frame(b.function("grow", "/src/grow.cc", 1, app));
  const FrameId known = b.nameless_frame(library, 0x10);
  const StackId plain = b.stack({main});
  const StackId by_file = b.stack({main, grow});
  const StackId by_module = b.stack({known, main});
  const Profile profile = b.build();
  const auto rules = LeakSuppressions::parse("leak:libknown\nleak:grow.cc$\n");
  ASSERT_TRUE(rules);
  const auto of_stack = rules->match(profile, frame_functions(profile));
  EXPECT_EQ(of_stack[plain.index()], LeakSuppressions::kNoRule);
  EXPECT_EQ(of_stack[by_file.index()], 1U);
  EXPECT_EQ(of_stack[by_module.index()], 0U);
}

}  // namespace
}  // namespace strobe::analyze
