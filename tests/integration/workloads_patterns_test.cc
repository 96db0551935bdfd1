// The sample workloads that stand for patterns of larger programs, in both engines: their shares, their row
// in the functions table, their key in the JSON, and the lines that their sources mark as hot.
#include <gtest/gtest.h>

#include <tuple>

#include "integration_fixture.h"
#include "report_checks.h"
#include "source_marks.h"

namespace strobe::test {
namespace {

struct Pattern {
  const char* name;  ///< of the test
  const char* source;
  std::vector<std::string> arguments;
  std::vector<std::string> hot;  ///< functions to look up in table, JSON and lines
  double tolerance = 0.015;      ///< of shares, beside the 99.99 % interval
  double ptrace_tolerance = 0.03;
  double cpu_tolerance = 0.02;  ///< of the CPU seconds, relative
};

std::ostream& operator<<(std::ostream& out, const Pattern& pattern) { return out << pattern.name; }

const Pattern kPatterns[] = {
    {"sort_strategies", "sort_strategies.cc", {"1"}, {"BubbleSort::sort", "QuickSort::partition"}},
    {"event_emitter",
     "event_emitter.cc",
     {"1"},
     {"Dashboard::repaint", "TradingDesk::decide", "AuditLog::append"}},
    {"plugin_registry",
     "plugin_registry.cc",
     {"1"},
     {"Blur::apply", "Resize::apply", "Sharpen::apply", "Palette::Palette"}},
    {"generator_pipeline",
     "generator_pipeline.cc",
     {"1"},
     {"read_numbers [resume]", "filter_odd [resume]", "square_all [resume]"}},
    {"coroutine_channel", "coroutine_channel.cc", {"1"}, {"produce [resume]", "consume [resume]"}},
    {"coroutine_timeouts", "coroutine_timeouts.cc", {"0.6"}, {"parse_part", "clean_up"}, 0.03, 0.06},
    {"lru_cache", "lru_cache.cc", {"0.8"}, {"load_page"}},
    {"ttl_cache", "ttl_cache.cc", {"0.8"}, {"TtlCache::sweep", "resolve_name"}},
    {"cpu_jobs_threads", "cpu_jobs.c", {"threads", "1"}, {"count_primes", "mix_digest"}},
    {"cpu_jobs_processes", "cpu_jobs.c", {"processes", "1"}, {"count_primes", "mix_digest"}},
    // 10,000 switches of threads a second: their own cost is in the scheduler's accounts, not in perf's.
    {"io_jobs_threads", "io_jobs.c", {"threads", "1"}, {"parse_reply"}, 0.08, 0.08, 0.12},
    {"io_jobs_processes", "io_jobs.c", {"processes", "1"}, {"parse_reply"}, 0.08, 0.08, 0.12},
    {"shared_memory", "shared_memory.c", {"1"}, {"fill_block", "sum_block"}},
    {"mapped_file", "mapped_file.c", {"1"}, {"probe_randomly", "sum_in_order"}, 0.03, 0.05},
    {"indirection", "indirection.cc", {"1"}, {"sum_in_place", "sum_pointed_to", "sum_linked"}},
    {"validated_setters",
     "validated_setters.cc",
     {"1"},
     {"Account::is_valid_name", "Account::is_valid_iban"}},
};

class WorkloadPatterns : public Integration,
                         public ::testing::WithParamInterface<std::tuple<Pattern, const char*>> {};

TEST_P(WorkloadPatterns, AreFoundWhereTheyAre) {
  const auto& [pattern, engine] = GetParam();
  const bool perf = std::string(engine) == "perf";
  if (perf) STROBE_NEED_PERF();
  const std::string file_name(pattern.source);
  const std::string source = std::string(STROBE_WORKLOAD_SOURCES) + "/" + file_name;
  const std::string program = workload(file_name.substr(0, file_name.find('.')));
  std::vector<std::string> command = {program};
  command.insert(command.end(), pattern.arguments.begin(), pattern.arguments.end());
  const StrobeRun run = run_strobe(strobe_run(command, {"--engine", engine}));

  ASSERT_EQ(run.program.status, 0) << run.program.err;
  expect_quality_invariants(run.report);
  expect_complete_stacks(run.report, 0.99);
  expect_true_cpu_seconds(run, perf ? pattern.cpu_tolerance : 0.05 + pattern.cpu_tolerance);
  expect_true_shares(run, perf ? pattern.tolerance : pattern.ptrace_tolerance);
  expect_true_totals(run, perf ? pattern.tolerance : pattern.ptrace_tolerance);

  const ProgramResult table = strobe({"report", run.recording, "functions"});
  ASSERT_EQ(table.status, 0) << table.err;
  for (const std::string& function : pattern.hot) {
    const nlohmann::json key = expect_function_key(run.report, source, program, function);
    if (!key.is_object()) continue;
    expect_hot_lines(run.report, key, source);
    expect_table_row(table.out, key);
  }
}

INSTANTIATE_TEST_SUITE_P(Native, WorkloadPatterns,
                         ::testing::Combine(::testing::ValuesIn(kPatterns),
                                            ::testing::Values("perf", "ptrace")),
                         [](const auto& parameter) {
                           return std::string(std::get<0>(parameter.param).name) + "_" +
                                  std::get<1>(parameter.param);
                         });

}  // namespace
}  // namespace strobe::test
