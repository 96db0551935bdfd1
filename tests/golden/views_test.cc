// Every view of the fixed profiles, byte for byte.
#include "analyze/thread_tree.h"
#include "golden_file.h"
#include "report/json_report.h"
#include "report/text.h"
#include "support/profile_builder.h"

namespace strobe::report {
namespace {

using test::expect_golden;

std::string functions_of(const Profile& profile, const FunctionTextOptions& options = {},
                         const TextStyle& style = {}) {
  return write_functions(analyze::make_function_table(profile, analyze::select_all(profile)), options, style);
}

std::string threads_of(const Profile& profile) {
  const analyze::SelectedThreads all = analyze::select_all(profile);
  return write_threads(analyze::make_thread_tree(profile, all, analyze::attribute(profile, all)), {});
}

std::string json_of(const Profile& profile) {
  std::string text;
  write_json_report(profile, analyze::select_all(profile), [&](std::string_view piece) { text += piece; });
  return text;
}

TEST(GoldenViews, Functions) { expect_golden("functions.txt", functions_of(test::varied_profile())); }

TEST(GoldenViews, FunctionsOrderedAndRestricted) {
  FunctionTextOptions options;
  options.order.keys = {analyze::SortKey::total_time, analyze::SortKey::name};
  for (const char* word : {"8", "src", "0.5"})
    options.order.restrictions.push_back(*analyze::parse_restriction(word));
  options.strip_directories = true;
  options.intervals = true;
  expect_golden("functions_restricted.txt", functions_of(test::varied_profile(), options));
}

TEST(GoldenViews, FunctionsOnATerminal) {
  expect_golden("functions_terminal.txt",
                functions_of(test::varied_profile(), {}, {.color = true, .width = 72}));
}

TEST(GoldenViews, FunctionsWithoutKernelSamples) {
  Profile profile = test::varied_profile();
  profile.info.kernel_sampled = false;
  profile.processes[0].user_ns = 900;
  profile.processes[0].system_ns = 100;
  expect_golden("functions_user_only.txt", functions_of(profile));
}

TEST(GoldenViews, HostileNames) {
  const Profile profile = test::hostile_profile();
  expect_golden("hostile.txt", functions_of(profile) + threads_of(profile) +
                                   write_quality(analyze::judge_quality(profile), {}));
}

TEST(GoldenViews, Threads) { expect_golden("threads.txt", threads_of(test::varied_profile())); }

TEST(GoldenViews, Quality) {
  const analyze::QualityView view = analyze::judge_quality(test::varied_profile());
  expect_golden("quality.txt", write_warnings(view, {}) + write_quality(view, {}));
  expect_golden("quality_line.txt", write_quality_line(view, {}));
}

/// `profile` after a change: one function is gone, another new, the rest moved and has other amounts.
Profile changed(Profile profile) {
  for (FunctionRow& function : profile.functions) function.line += function.line != 0 ? 5 : 0;
  for (FrameRow& frame : profile.frames) frame.line += frame.line != 0 ? 5 : 0;
  const std::string& name = profile.text(profile.functions.back().name);
  profile.strings.push_back("renamed_" + name);
  profile.functions.back().name = StringId{static_cast<uint32_t>(profile.strings.size() - 1)};
  for (ThreadRow& thread : profile.threads) thread.cpu_ns *= 3;
  const std::vector<SampleRow> samples = profile.samples;
  profile.samples.insert(profile.samples.end(), samples.begin(), samples.begin() + samples.size() / 2);
  profile.info.hostname = "elsewhere";
  return profile;
}

std::string comparison_of(const Profile& a, const Profile& b, bool normalized,
                          const CompareTextOptions& options, const TextStyle& style = {}) {
  const analyze::Comparison comparison = analyze::compare_profiles(
      {&a, analyze::select_all(a)}, {&b, analyze::select_all(b)}, {.normalized = normalized});
  return write_comparison(comparison, {"a.strobe", "b.strobe"}, options, style);
}

TEST(GoldenViews, Comparison) {
  const Profile a = test::varied_profile();
  const Profile b = changed(a);
  expect_golden("compare_functions.txt", comparison_of(a, b, false, {}));
  expect_golden("compare_lines.txt", comparison_of(a, b, true, {.lines = true, .strip_directories = true}));
  expect_golden(
      "compare_terminal.txt",
      comparison_of(a, b, false, {.by_total = true, .restrictions = {*analyze::parse_restriction("4")}},
                    {.color = true, .width = 100}));
  expect_golden("compare_hostile.txt", comparison_of(test::hostile_profile(), b, false, {}));
}

TEST(GoldenViews, QualityOfABadRecording) {
  const analyze::QualityView view = analyze::judge_quality(test::poor_profile());
  expect_golden("quality_poor.txt", write_warnings(view, {}) + write_quality(view, {}));
  expect_golden("quality_poor_terminal.txt", write_warnings(view, {.color = true}) +
                                                 write_quality(view, {.color = true}) +
                                                 write_quality_line(view, {.color = true}));
}

TEST(GoldenViews, Json) {
  expect_golden("report_poor.json", json_of(test::poor_profile()));
  expect_golden("report.json", json_of(test::varied_profile()));
  expect_golden("report_empty.json", json_of(Profile{}));
}

}  // namespace
}  // namespace strobe::report
