// Where pages became resident, by stack: against programs that touch pages they know.
#include <gtest/gtest.h>

#include <cmath>

#include "integration_fixture.h"
#include "report_checks.h"
#include "targets.h"

namespace strobe::test {
namespace {

using nlohmann::json;

class PageFaults : public Integration {
 protected:
  void SetUp() override {
    Integration::SetUp();
    STROBE_NEED_PERF();
  }
  /// What is said of the function of that name; null where nothing is.
  static json memory_of(const json& report, const std::string& name) {
    for (const json& function : report.at("memory").at("functions")) {
      if (function.at("name") == name) return function;
    }
    return {};
  }
  /// One in 17 is seen of each thread on each CPU: the rest of the last seventeen may be missing on all of
  /// them, and the first may be of another function.
  static void expect_faults(const json& use, double pages) {
    ASSERT_TRUE(use.is_object());
    EXPECT_NEAR(use.at("count").get<double>(), pages, 17 * 16 + 0.02 * pages);
    EXPECT_EQ(use.at("bytes").get<double>(), use.at("count").get<double>() * 4096);
    EXPECT_GT(use.at("error").get<double>(), 0);
  }
};

TEST_F(PageFaults, AreThoseOfTheFunctionThatTouchedThePages) {
  const StrobeRun run = run_strobe(strobe_run({workload("copy_on_write"), "0.4"}, {"--memory=resident"}));
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  expect_quality_invariants(run.report);
  EXPECT_EQ(run.report.at("memory").at("mode"), "resident");
  EXPECT_EQ(run.report.at("memory").at("interval_bytes"), 17);
  const json& truth = run.truth.at("memory");
  const json fill = memory_of(run.report, "fill");
  const json copy = memory_of(run.report, "copy_half");
  ASSERT_TRUE(fill.is_object() && copy.is_object()) << run.report.at("memory").dump().substr(0, 2'000);
  expect_faults(fill.at("own"), truth.at("filled").get<double>() / 4096);
  expect_faults(copy.at("own"), truth.at("copied").get<double>() / 4096);
  for (const json& function : run.report.at("memory").at("functions")) {
    EXPECT_NE(function.at("name"), "asm_exc_page_fault")
        << "the kernel's part is none of the program's stack";
  }
  const double exact = run.report.at("memory").at("minor_faults").get<double>();
  EXPECT_NEAR(run.report.at("memory").at("total_count").get<double>(), exact, 0.05 * exact + 17 * 64);
}

TEST_F(PageFaults, OfAProcessThatAlreadyRan) {
  ChildProgram target({workload("mapped_file"), "600"});
  AttachedStrobe::Setup setup;
  setup.folder = folder();
  setup.options = {"--memory=resident", "-d", "1"};
  setup.pids = {target.pid()};
  AttachedStrobe attached(setup);
  const StrobeRun run = attached.finish();
  target.send(SIGKILL);
  target.finish();
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  const json touch = memory_of(run.report, "touch_pages");
  ASSERT_TRUE(touch.is_object()) << run.report.at("memory").dump().substr(0, 2'000);
  // It maps the file anew again and again, and touches every page first.
  const double all = run.report.at("memory").at("total_count").get<double>();
  EXPECT_GT(all, 17 * 100);
  EXPECT_GT(touch.at("own").at("count").get<double>(), 0.9 * all);
}

TEST_F(PageFaults, ThePtraceEngineHasNone) {
  const StrobeRun run =
      run_strobe(strobe_run({workload("copy_on_write"), "0.1"}, {"--memory=resident", "--engine", "ptrace"}));
  EXPECT_EQ(run.program.status, 125);
  EXPECT_NE(run.program.err.find("sees no page faults"), std::string::npos) << run.program.err;
}

}  // namespace
}  // namespace strobe::test
