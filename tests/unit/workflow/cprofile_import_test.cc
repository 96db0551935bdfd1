#include "workflow/cprofile_import.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace strobe::workflow {
namespace {

using namespace std::string_view_literals;

Result<Profile> import(std::string_view file) {
  return import_cprofile(std::as_bytes(std::span(file)), "x.prof");
}

/// Pieces of a file, in marshal's oldest words.
std::string number(uint32_t value) {
  std::string bytes = "i";
  for (int i = 0; i < 4; ++i) bytes += static_cast<char>((value >> (8 * i)) & 0xff);
  return bytes;
}
std::string text(std::string_view content) {
  std::string bytes = number(static_cast<uint32_t>(content.size()));
  bytes[0] = 'u';
  return bytes.append(content);
}
std::string tuple(std::initializer_list<std::string> parts) {
  std::string bytes = number(static_cast<uint32_t>(parts.size()));
  bytes[0] = '(';
  for (const std::string& part : parts) bytes += part;
  return bytes;
}
std::string label(std::string_view file, uint32_t line, std::string_view name) {
  return tuple({text(file), number(line), text(name)});
}
const std::string kHalf("g\0\0\0\0\0\0\xe0\x3f"sv);     // 0.5
const std::string kQuarter("g\0\0\0\0\0\0\xd0\x3f"sv);  // 0.25

// {("b.py", 3, "g"): (1, 2, 0.25, 0.5, {("a.py", 1, "f"): (2, 1, 0.25, 0.5)})}
TEST(CProfileImport, FunctionsAndCallers) {
  const std::string callers =
      "{" + label("a.py", 1, "f") + tuple({number(2), number(1), kQuarter, kHalf}) + "0";
  const Result<Profile> profile =
      import("{" + label("b.py", 3, "g") + tuple({number(1), number(2), kQuarter, kHalf, callers}) + "0");
  ASSERT_TRUE(profile) << profile.error().what;
  ASSERT_TRUE(profile->counts);
  ASSERT_EQ(profile->functions.size(), 2u) << "a caller that has no entry is a function too";
  EXPECT_EQ(profile->text(profile->functions[0].name), "f");
  EXPECT_EQ(profile->text(profile->functions[1].file), "b.py");
  EXPECT_EQ(profile->functions[1].line, 3u);
  EXPECT_EQ(profile->functions[1].language, Language::python);
  const CallCount& count = profile->counts->functions[1];
  EXPECT_EQ(count.primitive_calls, 1u);
  EXPECT_EQ(count.calls, 2u);
  EXPECT_EQ(count.self_seconds, 0.25);
  EXPECT_EQ(count.total_seconds, 0.5);
  ASSERT_EQ(profile->counts->edges.size(), 1u);
  EXPECT_EQ(profile->counts->edges[0].caller.value, 0u);
  EXPECT_EQ(profile->counts->edges[0].callee.value, 1u);
  EXPECT_EQ(profile->counts->edges[0].count.calls, 2u);
  EXPECT_EQ(profile->counts->edges[0].count.primitive_calls, 1u);
}

TEST(CProfileImport, FunctionsOfCAreShownAsPstatsShowsThem) {
  const Result<Profile> profile = import("{" + label("~", 0, "<built-in method len>") +
                                         tuple({number(4), number(4), kHalf, kHalf, "{0"}) + "0");
  ASSERT_TRUE(profile) << profile.error().what;
  EXPECT_EQ(profile->text(profile->functions[0].name), "{built-in method len}");
  EXPECT_EQ(profile->functions[0].language, Language::native);
  EXPECT_TRUE(profile->text(profile->functions[0].file).empty());
}

TEST(CProfileImport, WhatIsSharedIsReadOnceAndEverywhere) {
  // The name is kept as value 0 of the file and stands for the file's name as well.
  std::string shared = text("f");
  shared[0] = static_cast<char>('u' | 0x80);
  const std::string key = tuple({shared, number(7), std::string("r\0\0\0\0"sv)});
  const Result<Profile> profile = import("{" + key + tuple({number(1), number(1), kHalf, kHalf, "{0"}) + "0");
  ASSERT_TRUE(profile) << profile.error().what;
  EXPECT_EQ(profile->text(profile->functions[0].file), "f");
  EXPECT_EQ(profile->text(profile->functions[0].name), "f");
}

TEST(CProfileImport, LongIntegers) {
  const std::string value = std::string("l\3\0\0\0\1\0\0\0\2\0"sv);  // 1 + (2 << 30)
  const Result<Profile> profile =
      import("{" + label("a.py", 1, "f") + tuple({value, value, kHalf, kHalf, "{0"}) + "0");
  ASSERT_TRUE(profile) << profile.error().what;
  EXPECT_EQ(profile->counts->functions[0].calls, (uint64_t{2} << 30) + 1);
  const Result<Profile> negative =
      import("{" + label("a.py", 1, "f") +
             tuple({number(1), std::string("l\xff\xff\xff\xff\1\0"sv), kHalf, kHalf, "{0"}) + "0");
  EXPECT_FALSE(negative) << "a negative number of calls";
}

TEST(CProfileImport, WhatIsNoProfileIsRefused) {
  const std::string good =
      "{" + label("a.py", 1, "f") + tuple({number(1), number(1), kHalf, kHalf, "{0"}) + "0";
  ASSERT_TRUE(import(good));
  for (size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(import(std::string_view(good).substr(0, size))) << "cut at " << size;
  const std::string not_finite("g\0\0\0\0\0\0\xf0\x7f"sv);
  const std::string key = label("a.py", 1, "f");
  for (const std::string& bad :
       {std::string("N"), std::string("[\1\0\0\0N"sv), "{" + text("a") + text("b") + "0",
        "{" + key + number(1) + "0", "{" + key + tuple({number(1), number(1), kHalf, kHalf}) + "0",
        "{" + key + tuple({number(1), number(1), not_finite, kHalf, "{0"}) + "0",
        "{" + key + tuple({number(1), number(1), kHalf, kHalf, "N"}) + "0",
        "{" + label(std::string(5000, 'x'), 1, "f") + tuple({number(1), number(1), kHalf, kHalf, "{0"}) + "0",
        "{" + key + tuple({number(1), number(1), kHalf, kHalf, std::string("r\5\0\0\0"sv)}) + "0"}) {
    const Result<Profile> refused = import(bad);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().what.find("x.prof: it is no file of cProfile"), std::string::npos);
    EXPECT_FALSE(refused.error().hint.empty());
  }
}

TEST(CProfileImport, DepthIsBounded) {
  std::string deep = "{";
  for (int i = 0; i < 100'000; ++i) deep += ")\1";
  const Result<Profile> refused = import(deep);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().what.find("nested too deeply"), std::string::npos);
}

TEST(CProfileImport, AValueThatHoldsItselfIsRefused) {
  // A tuple whose part is the tuple itself, which is not whole yet.
  EXPECT_FALSE(import(std::string("{\xa9\1r\0\0\0\0"sv)));
}

TEST(CProfileImport, IsKnownByItsFirstByte) {
  EXPECT_TRUE(looks_like_cprofile(std::as_bytes(std::span("{0"sv))));
  EXPECT_TRUE(looks_like_cprofile(std::as_bytes(std::span("\xfb"sv))));
  EXPECT_FALSE(looks_like_cprofile(std::as_bytes(std::span("SQLite format 3"sv))));
  EXPECT_FALSE(looks_like_cprofile({}));
}

}  // namespace
}  // namespace strobe::workflow
