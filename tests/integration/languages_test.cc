// Programs of Rust and Go: names, lines, inlined functions and whole stacks, in both engines.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "integration_fixture.h"
#include "report_checks.h"

namespace strobe::test {
namespace {

class Languages : public Integration, public ::testing::WithParamInterface<const char*> {
 protected:
  [[nodiscard]] static bool is_built(const std::string& name) {
    return ::access(workload(name).c_str(), X_OK) == 0;
  }
  [[nodiscard]] StrobeRun record(const std::string& program) const {
    return run_strobe(strobe_run({workload(program), "1"}, {"--engine", GetParam()}));
  }
  [[nodiscard]] static double tolerance() { return std::string(GetParam()) == "perf" ? 0.02 : 0.06; }
  /// The line of the definition; -1 where the report has no function of that name in a file of that ending.
  [[nodiscard]] static int line_of(const nlohmann::json& report, const std::string& name,
                                   const std::string& ending) {
    for (const auto& function : report.at("functions")) {
      const std::string file = function.value("file", "");
      if (function.value("name", "") == name && file.ends_with(ending)) return function.value("line", 0);
    }
    return -1;
  }
};

#define STROBE_NEED(program, compiler)                                                 \
  if (!is_built(program)) GTEST_SKIP() << "built without " compiler ": it is missing"; \
  if (std::string(GetParam()) == "perf") STROBE_NEED_PERF()

class GoPrograms : public Languages {
 protected:
  void expect_truth(const std::string& program) const {
    const StrobeRun run = record(program);
    ASSERT_EQ(run.program.status, 0) << run.program.err;
    expect_quality_invariants(run.report);
    expect_true_totals(run, tolerance());
    // The runtime's own threads and its vDSO calls, which leave the goroutine's stack, are a few samples.
    expect_complete_stacks(run.report, 0.98);
    EXPECT_EQ(run.report.at("quality").at("symbols").value("missing", 1), 0);
    // Before Go 1.20 the table has the line of the first statement only.
    EXPECT_NEAR(line_of(run.report, "main.(*Heavy).Run", "goroutines.go"), 35, 1);
    EXPECT_NEAR(line_of(run.report, "main.stage", "goroutines.go"), 60, 1);
  }
};

TEST_P(GoPrograms, EndAtTheGoroutinesEntry) {
  STROBE_NEED("goroutines", "go");
  expect_truth("goroutines");
}

TEST_P(GoPrograms, AreNamedByTheirOwnTablesWhenStripped) {
  STROBE_NEED("goroutines_stripped", "go");
  expect_truth("goroutines_stripped");
}

TEST_P(GoPrograms, MayBePositionIndependent) {
  STROBE_NEED("goroutines_pie", "go");
  expect_truth("goroutines_pie");
}

class RustPrograms : public Languages {
 protected:
  void expect_truth(const std::string& program, const std::string& generic) const {
    const StrobeRun run = record(program);
    ASSERT_EQ(run.program.status, 0) << run.program.err;
    expect_quality_invariants(run.report);
    expect_true_totals(run, tolerance());
    expect_complete_stacks(run.report, 0.99);
    // Of what was sampled: by ptrace time in the kernel is a row of its own.
    const double sampled = 1 - amount_of(run.report, "[kernel, not sampled]").share;
    EXPECT_NEAR(amount_of(run.report, "rust_generics::main", "total").share, sampled, 0.05);
    EXPECT_NEAR(amount_of(run.report, generic, "total").share, sampled, 0.05);
    EXPECT_EQ(line_of(run.report, generic, "rust_generics.rs"), 66);
    for (const char* inlined : {"rust_generics::churn", "rust_generics::step"}) {
      EXPECT_TRUE(amount_of(run.report, inlined, "total").found) << inlined;
    }
    EXPECT_EQ(line_of(run.report, "rust_generics::churn", "rust_generics.rs"), 36);
  }
};

TEST_P(RustPrograms, OfLegacyNames) {
  STROBE_NEED("rust_generics", "rustc");
  expect_truth("rust_generics", "rust_generics::turn");
}

TEST_P(RustPrograms, OfV0Names) {
  STROBE_NEED("rust_v0", "rustc");
  expect_truth("rust_v0", "rust_generics::turn::<…>");
}

std::string engine_of(const ::testing::TestParamInfo<const char*>& parameter) { return parameter.param; }
INSTANTIATE_TEST_SUITE_P(Both, GoPrograms, ::testing::Values("perf", "ptrace"), engine_of);
INSTANTIATE_TEST_SUITE_P(Both, RustPrograms, ::testing::Values("perf", "ptrace"), engine_of);

}  // namespace
}  // namespace strobe::test
