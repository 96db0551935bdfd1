#include "analyze/comparison.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "analyze/function_matching.h"
#include "support/profile_builder.h"

namespace strobe::analyze {
namespace {

FunctionStats row(const std::string& name, const std::string& file, uint32_t line,
                  const std::string& module) {
  FunctionStats stats;
  stats.function = {.name = name, .file = file, .line = line, .module = module};
  return stats;
}

constexpr uint32_t kNone = FunctionTable::kNoRow;

TEST(MatchFunctions, AcrossBuilds) {
  struct Case {
    const char* what;
    std::vector<FunctionStats> a;
    std::vector<FunctionStats> b;
    std::vector<FunctionPair> pairs;
  };
  const std::vector<Case> cases = {
      {"a line that moved", {row("f", "/x/f.c", 3, "/app")}, {row("f", "/x/f.c", 9, "/app")}, {{0, 0}}},
      {"another checkout, a newer library",
       {row("f", "/old/f.c", 3, "/usr/lib/libf.so.1.2")},
       {row("f", "/new/f.c", 3, "/opt/libf.so.2")},
       {{0, 0}}},
      {"another program name",
       {row("f", "/x/f.c", 3, "/app-1")},
       {row("f", "/x/f.c", 3, "/app-2")},
       {{0, 0}}},
      {"another file", {row("f", "/x/f.c", 3, "/app")}, {row("f", "/x/g.c", 3, "/app")}, {{0, 0}}},
      {"no debug information any more", {row("f", "/x/f.c", 3, "/app")}, {row("f", "", 0, "/app")}, {{0, 0}}},
      {"new and gone",
       {row("f", "/x/f.c", 3, "/app")},
       {row("g", "/x/f.c", 3, "/app")},
       {{0, kNone}, {kNone, 0}}},
      {"overloads, in the order of their lines",
       {row("f", "/x/f.c", 30, "/app"), row("f", "/x/f.c", 10, "/app")},
       {row("f", "/x/f.c", 12, "/app"), row("f", "/x/f.c", 32, "/app")},
       {{0, 1}, {1, 0}}},
      {"static functions of equal name in two files",
       {row("init", "/x/a.c", 1, "/app"), row("init", "/x/b.c", 1, "/app")},
       {row("init", "/x/b.c", 1, "/app"), row("init", "/x/a.c", 1, "/app")},
       {{0, 1}, {1, 0}}},
      {"no guess where there is a choice",
       {row("init", "/x/a.c", 1, "/app")},
       {row("init", "/x/b.c", 1, "/app"), row("init", "/x/c.c", 1, "/app")},
       {{0, kNone}, {kNone, 0}, {kNone, 1}}},
      {"the kernel's function is none of the program's",
       {row("copy", "", 0, "/app")},
       {[] {
         FunctionStats stats = row("copy", "", 0, "[kernel]");
         stats.function.language = Language::kernel;
         return stats;
       }()},
       {{0, kNone}, {kNone, 0}}}};
  for (const Case& c : cases) {
    FunctionTable a;
    a.rows = c.a;
    FunctionTable b;
    b.rows = c.b;
    EXPECT_EQ(match_functions(a, b), c.pairs) << c.what;
  }
}

/// A program of `shares.size()` functions f0, f1, … defined `shift` lines further down, sampled at random.
Profile random_profile(const std::vector<double>& shares, uint64_t samples, double cpu_seconds,
                       uint32_t shift, std::mt19937_64& random) {
  test::ProfileBuilder builder;
  const ModuleId module = builder.module("/bin/app");
  const ThreadId thread = builder.thread(builder.process(1, "app"), 1, "app", cpu_seconds);
  std::discrete_distribution<size_t> choose(shares.begin(), shares.end());
  std::vector<uint64_t> counts(shares.size(), 0);
  for (uint64_t i = 0; i < samples; ++i) ++counts[choose(random)];
  for (uint32_t i = 0; i < counts.size(); ++i) {
    const uint32_t line = 10 * i + 1 + shift;
    const FunctionId function = builder.function("f" + std::to_string(i), "/src/app.c", line, module);
    builder.samples(thread, builder.stack({builder.frame(function, line + 2)}), counts[i]);
  }
  return builder.build();
}

Comparison compare_all(const Profile& a, const Profile& b, bool normalized = false) {
  return compare_profiles({&a, select_all(a)}, {&b, select_all(b)}, {.normalized = normalized});
}

const ComparedFunction& find(const Comparison& comparison, const std::string& name) {
  const auto place = std::ranges::find_if(
      comparison.functions, [&](const ComparedFunction& row) { return row.function.name == name; });
  EXPECT_NE(place, comparison.functions.end()) << name;
  return *place;
}

TEST(CompareProfiles, FindsWhatChanged) {
  std::mt19937_64 random(7);
  const Profile a = random_profile({0.5, 0.3, 0.2, 0}, 4000, 4, 0, random);
  const Profile b = random_profile({0.3, 0.5, 0, 0.2}, 6000, 6, 100, random);
  const Comparison comparison = compare_all(a, b);
  EXPECT_DOUBLE_EQ(comparison.a.cpu_seconds, 4);
  EXPECT_DOUBLE_EQ(comparison.b.cpu_seconds, 6);
  const ComparedFunction& grown = find(comparison, "f1");
  EXPECT_TRUE(grown.self.beyond);
  EXPECT_LT(grown.self.interval.low, 1.8);  // 0.3 x 4 to 0.5 x 6
  EXPECT_GT(grown.self.interval.high, 1.8);
  EXPECT_EQ(grown.line_a, 11u);
  EXPECT_EQ(grown.function.line, 111u);
  EXPECT_EQ(find(comparison, "f2").presence, Presence::gone);
  EXPECT_EQ(find(comparison, "f3").presence, Presence::fresh);
  EXPECT_EQ(comparison.functions.front().function.name, "f1");
}

TEST(CompareProfiles, SharesWhereNormalized) {
  std::mt19937_64 random(7);
  const Profile a = random_profile({0.5, 0.5}, 4000, 4, 0, random);
  const Profile b = random_profile({0.5, 0.5}, 9000, 9, 0, random);
  const Comparison comparison = compare_all(a, b, true);
  EXPECT_NEAR(find(comparison, "f0").self.a, 0.5, 0.03);
  EXPECT_FALSE(find(comparison, "f0").self.beyond);
  EXPECT_TRUE(find(compare_all(a, b), "f0").self.beyond);  // 2 s to 4.5 s
}

TEST(CompareProfiles, LinesOfAFunctionThatMovedAreTheSame) {
  std::mt19937_64 random(7);
  const Profile a = random_profile({0.6, 0.4}, 1000, 1, 0, random);
  const Profile b = random_profile({0.6, 0.4}, 1000, 1, 55, random);
  const Comparison comparison = compare_all(a, b);
  ASSERT_EQ(comparison.lines.size(), 2u);
  for (const ComparedLine& line : comparison.lines) EXPECT_EQ(line.line_b, line.line_a + 55);
}

TEST(CompareProfiles, ItselfHasNoChange) {
  const Profile profile = test::varied_profile();
  const Comparison comparison = compare_all(profile, profile);
  for (const ComparedFunction& function : comparison.functions) {
    EXPECT_EQ(function.presence, Presence::both) << function.function.name;
    EXPECT_EQ(function.self.difference(), 0);
    EXPECT_FALSE(function.self.beyond || function.total.beyond);
  }
  for (const ComparedLine& line : comparison.lines) EXPECT_EQ(line.line_a, line.line_b);
}

TEST(CompareProfiles, SamplingErrorAloneIsHardlyEverAChange) {
  std::mt19937_64 random(11);
  constexpr int kTrials = 400;
  int wrong = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    const std::vector<double> shares = {0.4, 0.2, 0.1, 0.1, 0.05, 0.05, 0.03, 0.03, 0.02, 0.02};
    const Profile a = random_profile(shares, 2000, 2, 0, random);
    const Profile b = random_profile(shares, 2000, 2, 0, random);
    const Comparison comparison = compare_all(a, b);
    wrong += std::ranges::any_of(comparison.functions,
                                 [](const ComparedFunction& function) { return function.self.beyond; })
                 ? 1
                 : 0;
  }
  EXPECT_LE(wrong, kTrials / 14);  // 5 % expected; two standard deviations above
}

TEST(CompareProfiles, SaysWhatMakesThemLessComparable) {
  Profile a = test::varied_profile();
  a.quality = {};  // nothing to warn of
  Profile b = a;
  EXPECT_TRUE(compare_all(a, b).notes.empty());
  b.info.hostname = "elsewhere";
  b.info.kernel_sampled = !a.info.kernel_sampled;
  b.info.period_ns = a.info.period_ns / 10;
  EXPECT_EQ(compare_all(a, b).notes.size(), 3u);
}

}  // namespace
}  // namespace strobe::analyze
