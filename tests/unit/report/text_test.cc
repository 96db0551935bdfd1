#include "report/text.h"

#include <gtest/gtest.h>

#include <sstream>

#include "report/escape.h"
#include "report/text_calls.h"
#include "report/text_style.h"
#include "support/profile_builder.h"

namespace strobe::report {
namespace {

std::string functions_of(const Profile& profile, const TextStyle& style,
                         const FunctionTextOptions& options = {}) {
  return write_functions(analyze::make_function_table(profile, analyze::select_all(profile)), options, style);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string everything_of(const Profile& profile, const TextStyle& style) {
  const analyze::SelectedThreads all = analyze::select_all(profile);
  const analyze::QualityView quality = analyze::judge_quality(profile);
  return functions_of(profile, style) +
         write_threads(analyze::make_thread_tree(profile, all, analyze::attribute(profile, all)), style) +
         write_warnings(quality, style) + write_quality(quality, style) + write_quality_line(quality, style);
}

TEST(Text, FitsTheTerminal) {
  for (const size_t width : {80u, 100u, 200u}) {
    for (const std::string& line : lines_of(functions_of(test::varied_profile(), {.width = width}))) {
      EXPECT_LE(display_width(line), width) << line;
    }
  }
  // Narrower than the numbers: it may wrap, not fail.
  EXPECT_FALSE(functions_of(test::varied_profile(), {.width = 10}).empty());
}

TEST(Text, EveryViewFitsTheTerminal) {
  const Profile profile = test::varied_profile();
  const analyze::SelectedThreads all = analyze::select_all(profile);
  const analyze::QualityView quality = analyze::judge_quality(profile);
  const auto stacks = analyze::weigh_stacks(profile, all, {});
  const auto table = analyze::make_function_table(profile, stacks, stacks.functions, true);
  const auto comparison = analyze::compare_profiles({&profile, all}, {&profile, all}, {});
  for (const size_t width : {80u, 100u, 200u}) {
    const TextStyle style{.width = width};
    std::string text =
        write_threads(analyze::make_thread_tree(profile, all, analyze::attribute(profile, all)), style) +
        write_warnings(quality, style) + write_quality_line(quality, style) +
        write_calls(table, CallDirection::callers, {}, style) +
        write_calls(table, CallDirection::callees, {}, style);
    for (const bool by_total : {false, true}) {
      text += write_comparison(comparison, {"a.strobe", "b.strobe"}, {.by_total = by_total}, style);
    }
    for (const std::string& line : lines_of(text)) EXPECT_LE(display_width(line), width) << line;
  }
}

/// Of the times that there is no room for it is said how they can be had.
TEST(Text, ANarrowComparisonShowsWhatItIsOrderedBy) {
  const Profile profile = test::varied_profile();
  const analyze::SelectedThreads all = analyze::select_all(profile);
  const auto comparison = analyze::compare_profiles({&profile, all}, {&profile, all}, {});
  for (const bool by_total : {false, true}) {
    const std::string text = write_comparison(comparison, {"a", "b"}, {.by_total = by_total}, {.width = 80});
    EXPECT_EQ(text.find("  cumtime       ->") != std::string::npos, by_total);
    EXPECT_EQ(text.find("  tottime       ->") != std::string::npos, !by_total);
    EXPECT_NE(text.find(by_total ? "--sort tottime" : "--sort cumtime"), std::string::npos) << text;
  }
}

TEST(Wrap, BreaksAtBlanksAndIndents) {
  const std::string text = "aaaaaaaaaa bbbbbbbbbb cccccccccc dddddddddd eeeeeeeeee ffffffffff";
  EXPECT_EQ(wrap(text, 3, 3, {}), text);
  EXPECT_EQ(wrap(text, 3, 3, {.width = 80}), text);
  EXPECT_EQ(wrap(text, 3, 3, {.width = 48}),
            "aaaaaaaaaa bbbbbbbbbb cccccccccc dddddddddd\n   eeeeeeeeee ffffffffff");
  EXPECT_EQ(wrap(text, 9, 3, {.width = 48}),
            "aaaaaaaaaa bbbbbbbbbb cccccccccc\n   dddddddddd eeeeeeeeee ffffffffff");
}

TEST(FitLocation, KeepsTheNameOfTheFunction) {
  const auto fit = [](const std::string& directories, const std::string& stripped, size_t columns) {
    return fit_location({directories + stripped, stripped}, columns);
  };
  EXPECT_EQ(fit("", "libsqlite3.so.0(sqlite3_step)", 0), "libsqlite3.so.0(sqlite3_step)");
  EXPECT_EQ(fit("", "libsqlite3.so.0(sqlite3_step)", 29), "libsqlite3.so.0(sqlite3_step)");
  EXPECT_EQ(fit("/usr/src/", "a.c:17(parse)", 18), "…src/a.c:17(parse)");
  EXPECT_EQ(fit("/usr/src/", "a.c:17(parse)", 13), "a.c:17(parse)");
  EXPECT_EQ(fit("", "libsqlite3.so.0(sqlite3_step)", 26), "libsqlite3.…(sqlite3_step)");
  EXPECT_EQ(fit("/x/", "memmove-unaligned.S:264(copy_bytes)", 24), "…igned.S:264(copy_bytes)")
      << "its line stays";
  EXPECT_EQ(fit("", "libsqlite3.so.0(sqlite3BtreeIndexMoveto)", 24), "libsqlite…(sqlite3Btree…");
  EXPECT_EQ(fit("", "libsqlite3.so.0 [no symbols]", 20), "libsqlite3.so.0 [no…");
  EXPECT_EQ(fit("", "(anonymous namespace)::f", 10), "(anonymou…");
}

TEST(Text, PipesGetWholeNamesWithoutColour) {
  const std::string text = everything_of(test::varied_profile(), {});
  EXPECT_NE(text.find("sum<double>(double const*, unsigned long)"), std::string::npos);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(Text, ColourOnlyWhereAskedFor) {
  EXPECT_NE(everything_of(test::varied_profile(), {.color = true, .width = 80}).find("\x1b["),
            std::string::npos);
}

TEST(Text, HostileNamesNeverReachTheTerminalRaw) {
  const std::string text = everything_of(test::hostile_profile(), {});
  for (const char c : text) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20);
  EXPECT_EQ(valid_utf8(text), text);
  EXPECT_EQ(text.find("\xe2\x80\xae"), std::string::npos);
  EXPECT_EQ(text.find("\xc2\x9b"), std::string::npos);
  for (const std::string& line : lines_of(text)) EXPECT_LT(line.size(), 5000u);
}

TEST(Text, LossesAreNotRoundedAway) {
  Profile profile;
  profile.state = RecordingState::symbolized;
  profile.quality.stacks.by_class = {100'000, 0, 0, 1, 0};
  profile.quality.samples.stored = 100'001;
  const std::string line = write_quality_line(analyze::judge_quality(profile), {});
  EXPECT_NE(line.find("99.999 % of stacks complete"), std::string::npos) << line;
}

}  // namespace
}  // namespace strobe::report
