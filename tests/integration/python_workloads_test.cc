// Every sample workload in Python, by several interpreters and by each way of reading Python's frames,
// against the ground truth that it prints: shares, the row in the functions table, the JSON key, the hot
// lines.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <tuple>

#include "python_fixture.h"
#include "report_checks.h"
#include "source_marks.h"

namespace strobe::test {
namespace {

struct Workload {
  const char* name;  ///< of the test
  const char* script;
  std::vector<std::string> arguments;
  std::vector<std::string> hot;  ///< functions to look up in table, JSON and lines
  const char* source = nullptr;  ///< where those are, if in another file
  double tolerance = 0.02;       ///< of shares, beside the 99.99 % interval
  double cpu_tolerance = 0.03;   ///< of the CPU seconds, relative
  const char* module = nullptr;  ///< of Debian, that it needs
};

std::ostream& operator<<(std::ostream& out, const Workload& workload) { return out << workload.name; }

const Workload kWorkloads[] = {
    {"sort_strategies", "sort_strategies.py", {"0.8"}, {"BubbleSort.sort", "QuickSort.partition"}},
    {"sort_key", "sort_key.py", {"0.6"}, {"sort_key", "decorate"}},
    {"event_emitter",
     "event_emitter.py",
     {"0.8"},
     {"Dashboard.repaint", "TradingDesk.decide", "AuditLog.append"}},
    {"metaclasses",
     "metaclasses.py",
     {"0.8"},
     {"Blur.apply", "Sharpen.apply", "Resize.apply", "Palette.__init__"}},
    {"descriptors", "descriptors.py", {"0.6"}, {"Name.validate", "Iban.validate"}},
    {"typed_container", "typed_container.py", {"0.6"}, {"TypedList.append", "Ledger.balance"}},
    {"generators",
     "generators.py",
     {"0.8"},
     {"read_numbers", "filter_odd", "square_all", "running_mean", "walk"}},
    {"recursion", "recursion.py", {"0.8", "40"}, {"bottom", "odd_step", "tree"}},
    {"recursion_800", "recursion.py", {"0.6", "800"}, {"bottom"}},
    {"caches", "caches.py", {"0.6"}, {"load_page", "steps"}},
    {"ttl_cache", "ttl_cache.py", {"0.6"}, {"resolve_name"}, nullptr, 0.02, 0.03, "cachetools"},
    {"slots_and_dicts", "slots_and_dicts.py", {"0.8"}, {"sum_dicts", "sum_slots", "sum_list", "sum_array"}},
    {"mapped_file", "mapped_file.py", {"0.6"}, {"read_in_order", "probe_randomly"}},
    {"numpy_blas", "numpy_blas.py", {"0.8"}, {"spell_out"}, nullptr, 0.03, 0.03, "numpy"},
    {"thread_pool_cpu", "thread_pool_cpu.py", {"0.8"}, {"count_primes", "mix_digest"}, "jobs.py", 0.03},
    {"process_pool_cpu", "process_pool_cpu.py", {"0.8"}, {"count_primes", "mix_digest"}, "jobs.py", 0.03},
    {"free_threads", "free_threads.py", {"0.8"}, {"rotate", "blend"}, nullptr, 0.03},
    {"locked_counter", "locked_counter.py", {"0.8"}, {"Counter.add", "prepare"}, nullptr, 0.03},
    {"shared_blocks", "shared_blocks.py", {"0.8"}, {"fill_block", "sum_block"}, nullptr, 0.03, 0.10},
    // Thousands of switches of threads: their own cost is in the scheduler's accounts, not in perf's.
    {"thread_pool_io", "thread_pool_io.py", {"0.8"}, {"parse_reply"}, nullptr, 0.08, 0.12},
};

class PythonWorkloads : public PythonIntegration,
                        public ::testing::WithParamInterface<std::tuple<Workload, PythonMode, const char*>> {
 protected:
  /// What holds of every recording of a workload.
  void expect_truth(const StrobeRun& run, const Workload& test, const PythonMode& mode) const {
    const bool perf = std::string(mode.engine) == "perf";
    // ptrace samples by its own clock, after wake-ups; beside a running thread short calls are their
    // caller's.
    const bool exact = std::string(mode.name) == "bpf";
    const double tolerance = exact ? test.tolerance : test.tolerance + (perf ? 0.04 : 0.02);
    expect_quality_invariants(run.report);
    expect_true_cpu_seconds(run, perf ? test.cpu_tolerance : test.cpu_tolerance + 0.05);
    expect_full_python(run.report, full_share(mode));
    expect_true_shares(run, tolerance);
    expect_true_totals(run, tolerance);
  }
  /// The run with the time of C functions given to the Python functions that called them. A workload's truth
  /// knows no others; a free-threaded interpreter calls C functions (list.__getitem__) where others have
  /// instructions.
  static StrobeRun charge_c_functions(StrobeRun run) {
    std::map<uint64_t, nlohmann::json*> functions;
    for (nlohmann::json& row : run.report.at("functions")) functions[row.at("id").get<uint64_t>()] = &row;
    const auto is_c_function = [&](const nlohmann::json& frame) {
      const nlohmann::json& row = *functions.at(frame.at("function").get<uint64_t>());
      return row.value("language", "") == "python" && row.value("file", "").empty();
    };
    for (const nlohmann::json& stack : run.report.at("stacks")) {
      const nlohmann::json& frames = stack.at("frames");
      if (frames.size() < 2 || !is_c_function(frames.back())) continue;
      nlohmann::json& self =
          (*functions.at(frames[frames.size() - 2].at("function").get<uint64_t>()))["self"];
      const double seconds = stack.at("seconds").get<double>();
      self["share"] =
          self.value("share", 0.0) + seconds / run.report.at("recording").at("cpu_s").get<double>();
    }
    return run;
  }
  void expect_rows_and_lines(const StrobeRun& run, const Workload& test) const {
    const std::string source = script(test.source == nullptr ? test.script : test.source);
    const ProgramResult table = strobe({"report", run.recording, "functions", "-n", "0"});
    ASSERT_EQ(table.status, 0) << table.err;
    for (const std::string& function : test.hot) {
      const nlohmann::json key = expect_python_key(run.report, source, function);
      if (!key.is_object()) continue;
      expect_hot_lines(run.report, key, source);
      expect_table_row(table.out, key);
    }
  }
};

TEST_P(PythonWorkloads, AreFoundWhereTheyAre) {
  const auto& [test, mode, version] = GetParam();
  STROBE_NEED_MODE(mode);
  STROBE_NEED_PYTHON(interpreter, version);
  if (test.module != nullptr && !has_module(interpreter, test.module))
    GTEST_SKIP() << "CPython " << version << " has no " << test.module;
  const StrobeRun run = run_strobe(in_mode(mode, python(interpreter, test.script, test.arguments)));
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  ASSERT_TRUE(run.report.is_object()) << run.program.err;
  if (const std::string why = mode_obstacle(mode, run.report); !why.empty()) GTEST_SKIP() << why;
  const bool free_threaded = std::string(version).ends_with('t');
  expect_truth(free_threaded ? charge_c_functions(run) : run, test, mode);
  expect_rows_and_lines(run, test);
}

std::string name_of_test(const ::testing::TestParamInfo<PythonWorkloads::ParamType>& parameter) {
  const auto& [test, mode, version] = parameter.param;
  return std::string(test.name) + "_" + mode.name + "_" + test_name_of(version);
}

INSTANTIATE_TEST_SUITE_P(Perf, PythonWorkloads,
                         ::testing::Combine(::testing::ValuesIn(kWorkloads), ::testing::Values(kInInterrupt),
                                            ::testing::Values("3.11", "3.12", "3.13", "3.13t", "3.14",
                                                              "3.14t", "3.15", "3.15t", "3.11_shared")),
                         name_of_test);
// The other ways with one version each; with all of them for one workload.
INSTANTIATE_TEST_SUITE_P(Stopped, PythonWorkloads,
                         ::testing::Combine(::testing::ValuesIn(kWorkloads), ::testing::Values(kStopped),
                                            ::testing::Values("3.11")),
                         name_of_test);
INSTANTIATE_TEST_SUITE_P(Running, PythonWorkloads,
                         ::testing::Combine(::testing::ValuesIn(kWorkloads), ::testing::Values(kRunning),
                                            ::testing::Values("3.14")),
                         name_of_test);
INSTANTIATE_TEST_SUITE_P(
    Versions, PythonWorkloads,
    ::testing::Combine(::testing::Values(kWorkloads[0]), ::testing::Values(kStopped, kRunning),
                       ::testing::Values("3.12", "3.13", "3.13t", "3.14t", "3.15", "3.15t", "3.11_shared")),
    name_of_test);

/// pytest is started as a module, and its truth comes after its own last line.
TEST_F(PythonIntegration, ATestSuiteIsAProgramToo) {
  STROBE_NEED_PERF();
  STROBE_NEED_PYTHON(interpreter, kDebianPython);
  if (!has_module(interpreter, "pytest")) GTEST_SKIP() << "there is no pytest";
  ::setenv("STROBE_SECONDS", "0.6", 1);
  std::vector<std::string> words = interpreter.command;
  const std::string source = script("test_shop.py");
  words.insert(words.end(), {"-m", "pytest", "-q", "-p", "no:cacheprovider", source});
  const StrobeRun run = run_strobe(strobe_run(words));
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  expect_quality_invariants(run.report);
  expect_true_cpu_seconds(run, 0.08);  // what ends pytest comes after the truth
  expect_true_shares(run, 0.03);
  const ProgramResult table = strobe({"report", run.recording, "functions", "-n", "0"});
  for (const char* function : {"Shop.total", "make_stock", "slow_tax"}) {
    const nlohmann::json key = expect_python_key(run.report, source, function);
    if (!key.is_object()) continue;
    expect_hot_lines(run.report, key, source);
    expect_table_row(table.out, key);
  }
}

/// 3.9 and 3.10 have frames on the heap and no qualified names.
class OldPythons : public PythonIntegration,
                   public ::testing::WithParamInterface<std::tuple<PythonMode, const char*>> {};

TEST_P(OldPythons, HaveTheirShares) {
  const auto& [mode, version] = GetParam();
  STROBE_NEED_MODE(mode);
  STROBE_NEED_PYTHON(interpreter, version);
  const StrobeRun run = run_strobe(in_mode(mode, python(interpreter, "slots_and_dicts.py", {"0.8"})));
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  ASSERT_TRUE(run.report.is_object()) << run.program.err;
  if (const std::string why = mode_obstacle(mode, run.report); !why.empty()) GTEST_SKIP() << why;
  expect_quality_invariants(run.report);
  expect_full_python(run.report, full_share(mode));
  const double tolerance = std::string(mode.engine) == "perf" ? 0.02 : 0.04;
  expect_true_shares(run, tolerance);
  for (const char* function : {"sum_dicts", "sum_slots", "sum_list", "sum_array"}) {
    const nlohmann::json key = expect_python_key(run.report, script("slots_and_dicts.py"), function);
    if (key.is_object()) expect_hot_lines(run.report, key, script("slots_and_dicts.py"));
  }
}

INSTANTIATE_TEST_SUITE_P(Exactly, OldPythons,
                         ::testing::Combine(::testing::Values(kInInterrupt, kStopped),
                                            ::testing::Values("3.9", "3.10")),
                         [](const auto& parameter) {
                           return std::string(std::get<0>(parameter.param).name) + "_" +
                                  test_name_of(std::get<1>(parameter.param));
                         });

}  // namespace
}  // namespace strobe::test
