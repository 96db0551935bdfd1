// Baselines of `strobe check`: what is written is read again, and what was not written by Strobe is refused
// with a reason.
#include "workflow/check_baseline.h"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include "report/check_report.h"
#include "support/profile_builder.h"
#include "support/temporary_folder.h"

namespace strobe::workflow {
namespace {

using analyze::check::Measure;
using analyze::check::Measured;
using Runs = std::vector<analyze::check::Run>;

std::string written(const Runs& runs) {
  std::string text;
  report::write_json_baseline(runs, [&](std::string_view piece) { text += piece; });
  return text;
}

Runs some_runs() {
  const std::vector<Measure> measures = analyze::check::plain_measures();
  return {analyze::check::measure_run(test::varied_profile(), "a.strobe", measures),
          analyze::check::measure_run(test::varied_profile(), "b.strobe", measures)};
}

TEST(CheckBaseline, WhatIsWrittenIsReadAgain) {
  const Runs runs = some_runs();
  const Result<Runs> read = decode_baseline(written(runs), "b.json");
  ASSERT_TRUE(read) << read.error().what;
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ((*read)[1].origin, runs[1].origin);
  ASSERT_EQ((*read)[0].measures.size(), runs[0].measures.size());
  for (const auto& [name, measured] : runs[0].measures) {
    const Measured& again = (*read)[0].measures.at(name);
    EXPECT_EQ(again.state, measured.state) << name;
    EXPECT_EQ(again.reason, measured.reason) << name;
    EXPECT_NEAR(again.value, measured.value, 1e-9 * measured.value) << name;
    EXPECT_NEAR(again.effective_samples, measured.effective_samples, 1e-9 * measured.effective_samples)
        << name;
  }
}

TEST(CheckBaseline, AnythingElseIsRefused) {
  const std::string good = written(some_runs());
  const struct {
    std::string text;
    const char* what;
  } kCases[] = {
      {good.substr(0, good.size() / 2), "is no JSON"},
      {"", "is no JSON"},
      {"[]", "is no baseline"},
      {R"({"schema": "strobe-report/1"})", "is no baseline"},
      {R"({"schema": "strobe-check-baseline/2", "runs": []})", "made by a newer Strobe"},
      {R"({"schema": "strobe-check-baseline/1"})", "is damaged"},
      {R"({"schema": "strobe-check-baseline/1", "runs": []})", "is damaged"},
      {R"({"schema": "strobe-check-baseline/1", "runs": [7]})", "is damaged"},
      {std::string(100'000, '['), "is no JSON"},
  };
  for (const auto& expected : kCases) {
    const Result<Runs> read = decode_baseline(expected.text, "b.json");
    ASSERT_FALSE(read) << expected.text.substr(0, 80);
    EXPECT_NE(read.error().what.find(expected.what), std::string::npos) << read.error().what;
    EXPECT_FALSE(read.error().hint.empty());
  }
}

TEST(CheckBaseline, NumbersThatCannotBeAreRefused) {
  std::string text = written(some_runs());
  const std::string value = "\"value\": ";
  const size_t at = text.find(value) + value.size();
  for (const char* number : {"-1", "1e999", "null", "\"1\""}) {
    std::string broken = text;
    broken.replace(at, text.find(',', at) - at, number);
    EXPECT_FALSE(decode_baseline(broken, "b.json")) << number;
  }
}

TEST(SmallFiles, AreWrittenAsAWholeAndOnlyReplacedIfAsked) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("b.json");
  ASSERT_TRUE(write_small_file(path, "one", false));
  const Result<void> again = write_small_file(path, "two", false);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().hint, "--force replaces it");
  EXPECT_EQ(*read_small_file(path, 10), "one");
  ASSERT_TRUE(write_small_file(path, "two", true));
  EXPECT_EQ(*read_small_file(path, 10), "two");
  EXPECT_FALSE(read_small_file(path, 2));
  EXPECT_FALSE(read_small_file(folder.path(), 10));
  EXPECT_FALSE(write_small_file(folder.file("no/b.json"), "x", true));
}

}  // namespace
}  // namespace strobe::workflow
