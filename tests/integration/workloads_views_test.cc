// What the views say about real recordings of sample workloads whose callers and stacks are known.
#include <gtest/gtest.h>

#include <map>

#include "integration_fixture.h"
#include "report_checks.h"

namespace strobe::test {
namespace {

using nlohmann::json;

class WorkloadViews : public Integration {
 protected:
  /// Half a second of a workload; its report. What the workload measured itself is truth() then.
  [[nodiscard]] json record(const char* program) {
    const StrobeRun run = run_strobe(strobe_run({workload(program), "0.5"}));
    EXPECT_EQ(run.program.status, 0) << run.program.err;
    EXPECT_TRUE(run.report.is_object()) << run.program.err;
    truth_ = run.truth;
    return run.report;
  }
  [[nodiscard]] double truth(const char* part, const char* function) const {
    return truth_.at(part).at(function).get<double>();
  }
  /// Of the recording's CPU time, as much as the workload measured.
  void expect_seconds(const json& report, double seconds, double truth, const char* what) const {
    constexpr double kTolerance = 0.03;  // of shares: what the workload's clock does not see
    const double share = truth / truth_.at("cpu_s").get<double>();
    const double samples = report.at("recording").value("samples", 0.0);
    // Where the kernel's time is not sampled it is a row of its own: stacks have less by so much.
    const double aside = amount_of(report, "[kernel, not sampled]").share;
    const double found = seconds / report.at("recording").at("cpu_s").get<double>();
    EXPECT_LE(found, share + half_width_9999(share, samples) + kTolerance) << what;
    EXPECT_GE(found, share - half_width_9999(share, samples) - kTolerance - aside) << what;
  }

 private:
  json truth_;
};

json row_of(const json& report, const std::string& function) {
  for (const json& row : report.at("functions"))
    if (row.value("name", "") == function) return row;
  ADD_FAILURE() << function << " is not in the report";
  return json::object({{"callers", json::array()}, {"total", {{"seconds", 0.0}}}});
}

/// Seconds of `function` by who called it.
std::map<std::string, double> callers_of(const json& report, const std::string& function) {
  const std::map<uint64_t, std::string> names = names_by_id(report);
  std::map<std::string, double> callers;
  const json row = row_of(report, function);
  for (const json& edge : row.at("callers"))
    callers[names.at(edge.at("id").get<uint64_t>())] += edge.at("seconds").get<double>();
  return callers;
}

TEST_F(WorkloadViews, CallersOfAVirtualSort) {
  const json report = record("sort_strategies");
  if (!report.is_object()) return;
  for (const char* sort : {"BubbleSort::sort", "QuickSort::sort"}) {
    const std::map<std::string, double> callers = callers_of(report, sort);
    ASSERT_EQ(callers.size(), 1U) << sort;
    EXPECT_EQ(callers.begin()->first, "sort_numbers");
    EXPECT_NEAR(callers.begin()->second, row_of(report, sort).at("total").at("seconds").get<double>(), 1e-6);
  }
  const std::map<std::string, double> recursive = callers_of(report, "QuickSort::sort_range");
  EXPECT_TRUE(recursive.contains("QuickSort::sort_range")) << "a recursion calls itself";
  EXPECT_TRUE(recursive.contains("QuickSort::sort"));
}

TEST_F(WorkloadViews, StacksOfAnEventWithinAnEvent) {
  const json report = record("event_emitter");
  if (!report.is_object()) return;
  const double nested = seconds_of_path(
      report, {"main", "Emitter::emit", "TradingDesk::decide", "Emitter::emit", "AuditLog::append"});
  const double direct = seconds_of_path(report, {"main", "Emitter::emit", "AuditLog::append"}) - nested;
  // What a desk does beside deciding is to emit an order, of which the audit log hears.
  const double nested_s = truth("totals", "TradingDesk::decide") - truth("functions", "TradingDesk::decide");
  expect_seconds(report, nested, nested_s, "an event within an event");
  expect_seconds(report, direct, truth("functions", "AuditLog::append") - nested_s, "an event");
  expect_seconds(report, amount_of(report, "Emitter::emit", "total").seconds,
                 truth("totals", "Emitter::emit"), "recursion is counted once");
}

TEST_F(WorkloadViews, CoroutinesStandBelowWhoResumedThem) {
  const json report = record("generator_pipeline");
  if (!report.is_object()) return;
  expect_seconds(report,
                 seconds_of_path(report, {"main", "drain", "square_all [resume]", "filter_odd [resume]",
                                          "read_numbers [resume]"}),
                 truth("functions", "read_numbers [resume]"), "the innermost generator");
  EXPECT_EQ(seconds_of_path(report, {"read_numbers [resume]", "filter_odd [resume]"}), 0);
}

TEST_F(WorkloadViews, FocusOnOneStrategy) {
  const json report = record("sort_strategies");
  if (!report.is_object()) return;
  const ProgramResult all = strobe({"report", file("recording.strobe"), "functions"});
  const ProgramResult quick =
      strobe({"report", file("recording.strobe"), "functions", "--focus", "QuickSort::partition"});
  EXPECT_NE(all.out.find("(BubbleSort::sort)"), std::string::npos);
  EXPECT_EQ(quick.out.find("(BubbleSort::sort)"), std::string::npos) << quick.out;
  EXPECT_NE(quick.out.find("(QuickSort::partition)"), std::string::npos) << quick.out;
}

TEST_F(WorkloadViews, ALimitOfRowsIsOfWhatRestrictionsLeft) {
  if (!record("sort_strategies").is_object()) return;
  // More time went elsewhere: the first row of the whole table is none of these.
  const ProgramResult one = strobe({"report", file("recording.strobe"), "functions", "QuickSort", "-n", "1"});
  EXPECT_NE(one.out.find("due to restriction <1>"), std::string::npos) << one.out;
  EXPECT_NE(one.out.find("(QuickSort::partition)"), std::string::npos) << one.out;
  EXPECT_EQ(one.out.find("(QuickSort::sort)"), std::string::npos) << one.out;
  const ProgramResult lines = strobe({"report", file("recording.strobe"), "lines", "QuickSort", "-n", "1"});
  // `sort` or what it calls and nobody else does, which can have as many samples: one block.
  const size_t block = lines.out.find("\nFunction: QuickSort::sort");
  EXPECT_NE(block, std::string::npos) << lines.out;
  EXPECT_EQ(lines.out.find("\nFunction: ", block + 1), std::string::npos) << lines.out;
}

}  // namespace
}  // namespace strobe::test
