// Recordings that cannot be good say so, say whose fault it is, and what to do: stacks that nobody can
// follow, and a program without names.
#include <gtest/gtest.h>

#include <string>

#include "integration_fixture.h"
#include "report_checks.h"

namespace strobe::test {
namespace {

using nlohmann::json;

/// The first row of `rows` whose `key` has that value; null where there is none.
json row_with(const json& rows, const char* key, const std::string& value) {
  for (const json& row : rows) {
    if (row.value(key, "") == value) return row;
  }
  return nullptr;
}

bool any_text_has(const json& rows, const char* key, const std::string& part) {
  for (const json& row : rows) {
    const std::string text = row.is_string() ? row.get<std::string>() : row.value(key, "");
    if (text.find(part) != std::string::npos) return true;
  }
  return false;
}

class QualityOf : public Integration, public ::testing::WithParamInterface<const char*> {};

TEST_P(QualityOf, StacksThatCannotBeFollowed) {
  if (std::string(GetParam()) == "perf") STROBE_NEED_PERF();
  const StrobeRun run =
      run_strobe(strobe_run({STROBE_NO_UNWIND_INFO, "600000000"}, {"--engine", GetParam()}));
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  expect_quality_invariants(run.report);
  const json& quality = run.report.at("quality");
  EXPECT_LT(quality.at("complete").get<double>(), 0.95) << quality.dump(1);

  const json& stacks = quality.at("stacks");
  const json& worst = stacks.at("blame").at(0);
  EXPECT_EQ(worst.at("module"), STROBE_NO_UNWIND_INFO);
  EXPECT_EQ(worst.at("reason"), "no_unwind_info");
  EXPECT_GT(worst.at("share").get<double>(), 0.05);
  const json& thread = stacks.at("threads").at(0);
  EXPECT_EQ(thread.at("thread"), "lost");
  EXPECT_GT(thread.at("share").get<double>(), 0.9);
  const json found = row_with(stacks.at("threads"), "thread", "found");
  EXPECT_TRUE(found.is_null() || found.at("share").get<double>() < 0.1) << "its stacks are whole: " << found;
  EXPECT_TRUE(any_text_has(quality.at("warnings"), "", "of the stacks are not complete"));
  EXPECT_TRUE(any_text_has(quality.at("warnings"), "", "(lost) of process"));
  EXPECT_TRUE(any_text_has(quality.at("advice"), "text", "-fasynchronous-unwind-tables"));

  // Loud: the first thing that is said, and marked in the summary's line.
  EXPECT_NE(run.program.err.find("\nWARNING: "), std::string::npos) << run.program.err;
  EXPECT_LT(run.program.err.find("WARNING: "), run.program.err.find("Ordered by")) << run.program.err;
  EXPECT_NE(run.program.err.find("of stacks complete (WARNING)"), std::string::npos) << run.program.err;
  const ProgramResult page = strobe({"report", run.recording, "quality"});
  EXPECT_NE(page.out.find("What would help"), std::string::npos) << page.out;
}

INSTANTIATE_TEST_SUITE_P(Both, QualityOf, ::testing::Values("perf", "ptrace"),
                         [](const auto& parameter) { return std::string(parameter.param); });

using Nameless = Integration;

TEST_F(Nameless, ProgramIsNamedWithWhatToDo) {
  const std::string program = workload("stripped");
  const StrobeRun run = run_strobe(strobe_run({program, "0.5"}));
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  const json& quality = run.report.at("quality");
  const json module = row_with(quality.at("symbols").at("modules"), "module", program);
  ASSERT_TRUE(module.is_object()) << quality.dump(1);
  EXPECT_EQ(module.at("reason"), "no_symbols");
  EXPECT_GE(module.at("missing").get<uint64_t>(), 1U);
  EXPECT_LT(module.at("missing").get<uint64_t>(), module.at("frames").get<uint64_t>()) << "main has a name";
  const double hidden = run.truth.at("hidden_s").get<double>() / run.truth.at("cpu_s").get<double>();
  EXPECT_NEAR(module.at("share").get<double>(), hidden, 0.15);
  EXPECT_TRUE(any_text_has(quality.at("advice"), "text", "compile it with -g"));
}

}  // namespace
}  // namespace strobe::test
