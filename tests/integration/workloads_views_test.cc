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
  /// Half a second of a workload; its report.
  [[nodiscard]] json record(const char* program) const {
    const StrobeRun run = run_strobe(strobe_run({workload(program), "0.5"}));
    EXPECT_EQ(run.program.status, 0) << run.program.err;
    EXPECT_TRUE(run.report.is_object()) << run.program.err;
    return run.report;
  }
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
  const double all = report.at("recording").at("cpu_s").get<double>();
  const double nested = seconds_of_path(
      report, {"main", "Emitter::emit", "TradingDesk::decide", "Emitter::emit", "AuditLog::append"});
  const double direct = seconds_of_path(report, {"main", "Emitter::emit", "AuditLog::append"}) - nested;
  // 15 % each: every tick is entered once for itself and once for its order.
  EXPECT_NEAR(nested / all, 0.15, 0.06);
  EXPECT_NEAR(direct / all, 0.15, 0.06);
  EXPECT_NEAR(amount_of(report, "Emitter::emit", "total").share, 1, 0.03) << "recursion is counted once";
}

TEST_F(WorkloadViews, CoroutinesStandBelowWhoResumedThem) {
  const json report = record("generator_pipeline");
  if (!report.is_object()) return;
  const double all = report.at("recording").at("cpu_s").get<double>();
  EXPECT_NEAR(seconds_of_path(report, {"main", "drain", "square_all [resume]", "filter_odd [resume]",
                                       "read_numbers [resume]"}) /
                  all,
              0.5, 0.1);
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

}  // namespace
}  // namespace strobe::test
