#include "report/text.h"

#include <gtest/gtest.h>

#include <sstream>

#include "report/escape.h"
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
