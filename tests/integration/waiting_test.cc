// strobe run --wall of real programs: how long each thread waited, and for what, against what the programs
// measured themselves and against the scheduler's own counts. Rows are read from the recording itself.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cmath>
#include <map>
#include <memory>

#include "integration_fixture.h"
#include "report_checks.h"
#include "targets.h"

namespace strobe::test {
namespace {

struct Waits {
  double life_s = 0, cpu_s = 0, waited_s = 0, runnable_s = 0;
  int64_t voluntary = 0, forced = 0;
  std::map<std::string, double> states;  ///< rows times their weights, without what was ready to run
  double ready_s = 0;                    ///< of rows, ready to run
  double owned = 0, rows = 0;            ///< seconds in rows with an owner, and in all
  std::string object;                    ///< of some row
};

const char* const kStates[] = {"on_cpu",  "lock", "sleep", "io",      "disk",     "child",
                               "stopped", "gil",  "other", "unknown", "runnable", "cond"};

class Recording {
 public:
  explicit Recording(const std::string& path) {
    EXPECT_EQ(sqlite3_open_v2(path.c_str(), &database_, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
  }
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;
  ~Recording() { sqlite3_close(database_); }

  template <class Take>
  void query(const char* sql, Take take) {
    sqlite3_stmt* statement = nullptr;
    ASSERT_EQ(sqlite3_prepare_v2(database_, sql, -1, &statement, nullptr), SQLITE_OK)
        << sqlite3_errmsg(database_);
    while (sqlite3_step(statement) == SQLITE_ROW) take(statement);
    sqlite3_finalize(statement);
  }

  /// By name: the threads of the first process that are called so, together.
  std::map<std::string, Waits> waits() {
    std::map<std::string, Waits> found;
    const auto number = [](sqlite3_stmt* row, int column) { return sqlite3_column_double(row, column); };
    const auto name = [](sqlite3_stmt* row) {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(row, 0));
      return std::string(text == nullptr ? "" : text);
    };
    query(
        "SELECT s.text, (t.end_ns - t.start_ns) / 1e9, t.cpu_ns / 1e9, w.waited_ns / 1e9, w.runnable_ns / "
        "1e9, "
        "w.voluntary_switches, w.forced_switches FROM thread t JOIN thread_wait w ON w.id = t.id "
        "JOIN string s ON s.id = t.name WHERE t.process = 0",
        [&](sqlite3_stmt* row) {
          Waits& waits = found[name(row)];
          waits.life_s += number(row, 1);
          waits.cpu_s += number(row, 2);
          waits.waited_s += number(row, 3);
          waits.runnable_s += number(row, 4);
          waits.voluntary += sqlite3_column_int64(row, 5);
          waits.forced += sqlite3_column_int64(row, 6);
        });
    query(
        "SELECT s.text, x.state, x.weight * (x.end_ns - x.start_ns - x.runnable_ns) / 1e9, "
        "x.weight * x.runnable_ns / 1e9, x.owner IS NOT NULL, o.text FROM stretch x JOIN thread t ON t.id = "
        "x.thread "
        "JOIN string s ON s.id = t.name LEFT JOIN string o ON o.id = x.object WHERE t.process = 0",
        [&](sqlite3_stmt* row) {
          Waits& waits = found[name(row)];
          const auto state = static_cast<size_t>(sqlite3_column_int(row, 1));
          ASSERT_LT(state, std::size(kStates));
          waits.states[kStates[state]] += number(row, 2);
          waits.ready_s += number(row, 3);
          waits.rows += number(row, 2) + number(row, 3);
          if (sqlite3_column_int(row, 4) != 0) waits.owned += number(row, 2) + number(row, 3);
          if (const auto* text = sqlite3_column_text(row, 5); text != nullptr) {
            waits.object = reinterpret_cast<const char*>(text);
          }
        });
    return found;
  }

 private:
  sqlite3* database_ = nullptr;
};

std::string describe(const std::string& thread, const Waits& waits) {
  std::string text = thread + ": life " + std::to_string(waits.life_s) + ", CPU " +
                     std::to_string(waits.cpu_s) + ", waited " + std::to_string(waits.waited_s) +
                     ", runnable " + std::to_string(waits.runnable_s) + ", rows " +
                     std::to_string(waits.rows);
  for (const auto& [state, seconds] : waits.states) text += ", " + state + " " + std::to_string(seconds);
  return text;
}

enum class Mode : uint8_t { perf, perf_of_user_code, ptrace };

class Waiting : public Integration, public ::testing::WithParamInterface<Mode> {
 protected:
  /// A program recorded with --wall in that mode.
  StrobeRun record(std::vector<std::string> command, std::vector<std::string> options = {}) {
    StrobeCommand run = strobe_run(std::move(command), std::move(options));
    if (GetParam() == Mode::perf_of_user_code) {
      const UserPlace place(folder(), Rights::ordinary_user);
      run.strobe = place.bring(kStrobe);
      run.folder = place.path();
      run.wrapper = wrapper_for(Rights::ordinary_user);
      run.command.front() = place.bring(run.command.front());
    }
    run.options.insert(run.options.end(),
                       {"--wall", "--engine", GetParam() == Mode::ptrace ? "ptrace" : "perf"});
    return run_strobe(run);
  }
  /// Where threads have to be looked at, short waits are met by chance.
  static double tolerance() {
    return GetParam() == Mode::perf ? 0.02 : GetParam() == Mode::perf_of_user_code ? 0.05 : 0.15;
  }
  void SetUp() override {
    Integration::SetUp();
    if (GetParam() == Mode::perf_of_user_code && !can_have(Rights::ordinary_user)) {
      GTEST_SKIP() << "only root can become an ordinary user";
    }
    if (GetParam() != Mode::ptrace) {
      STROBE_NEED_PERF();
    }
    const auto rights = GetParam() == Mode::perf_of_user_code ? Rights::ordinary_user : Rights::root;
    if (GetParam() == Mode::perf_of_user_code && !perf_is_allowed_for(rights)) {
      GTEST_SKIP() << "perf_event_paranoid is " << perf_event_paranoid();
    }
  }
};

/// Whatever was recorded: it adds up, and rows do up to what their number leaves open.
void expect_sums(const std::string& thread, const Waits& waits, double sampling) {
  const std::string what = describe(thread, waits);
  EXPECT_NEAR(waits.cpu_s + waits.waited_s, waits.life_s, 0.005 * waits.life_s + 0.001) << what;
  EXPECT_LE(waits.runnable_s, waits.waited_s + 0.001) << what;
  EXPECT_NEAR(waits.rows, waits.waited_s, sampling * waits.waited_s + 0.02) << what;
}

struct Expected {
  const char* thread;
  const char* state;
};
constexpr Expected kExpected[] = {
    {"sleeper", "sleep"}, {"wanter", "lock"}, {"turner", "cond"}, {"reader", "io"}, {"parent", "child"}};

void expect_states(const StrobeRun& run, double tolerance, double sampling) {
  std::map<std::string, Waits> waits = Recording(run.recording).waits();
  for (const Expected& expected : kExpected) {
    const Waits& found = waits[expected.thread];
    const auto& truth = run.truth.at("threads").at(expected.thread);
    const std::string what = describe(expected.thread, found);
    expect_sums(expected.thread, found, sampling);
    const double scale = found.rows > 0 ? found.waited_s / found.rows : 1;  // as reports do
    const double seconds =
        found.states.contains(expected.state) ? found.states.at(expected.state) * scale : 0;
    const double waited_s = truth.at("states").at(expected.state).get<double>();
    const double margin = tolerance * waited_s + 0.005;
    EXPECT_LE(seconds, waited_s + margin) << what << " truth " << waited_s;
    // Where threads have to be looked at, a busy machine makes looks come late: what nobody saw is unknown.
    const bool looks = run.report.at("quality").value("engine", "") == "ptrace" ||
                       !run.report.at("quality").at("kernel_sampled").get<bool>();
    const double unknown = looks && found.states.contains("unknown") ? found.states.at("unknown") * scale : 0;
    // The program's clock goes on until it has a CPU again: it cannot tell being ready to run from waiting.
    EXPECT_GE(seconds + unknown + found.runnable_s, waited_s - margin) << what << " truth " << waited_s;
    if (!looks) {
      EXPECT_GT(seconds, 0) << what;
    }
  }
  const Waits& worker = waits["worker"];
  expect_sums("worker", worker, sampling);
  // The ptrace engine's own stops are in between, of which the scheduler says little.
  const double unknown = worker.states.contains("unknown") ? worker.states.at("unknown") : 0;
  EXPECT_NEAR(worker.runnable_s + unknown, worker.waited_s, 0.05 * worker.life_s)
      << describe("worker", worker);
}

TEST_P(Waiting, LongWaitsAreAsLongAsTheProgramSays) {
  const StrobeRun run = record({workload("waiting"), "1.5", "30"});
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  expect_quality_invariants(run.report);
  expect_states(run, tolerance(), 0.02);
}

TEST_P(Waiting, SwitchesAreThoseThatTheKernelCounted) {
  if (GetParam() == Mode::ptrace) GTEST_SKIP() << "counts of threads that end are up to 200 ms behind";
  const StrobeRun run = record({workload("waiting"), "1", "3"});
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  std::map<std::string, Waits> waits = Recording(run.recording).waits();
  for (const auto& [thread, truth] : run.truth.at("threads").items()) {
    // getrusage is asked just before the end, which may be waited for.
    EXPECT_NEAR(static_cast<double>(waits[thread].voluntary), truth.at("voluntary").get<double>(), 3)
        << thread;
    EXPECT_NEAR(static_cast<double>(waits[thread].forced), truth.at("forced").get<double>(), 3) << thread;
    EXPECT_NEAR(waits[thread].life_s, truth.at("life_s").get<double>(), 0.02) << thread;
  }
}

TEST_P(Waiting, WaitsOfAFewMillisecondsAreEstimatedWithoutBias) {
  if (GetParam() == Mode::ptrace) GTEST_SKIP() << "looks come every 10 ms";
  const StrobeRun run = record({workload("waiting"), "1.5", "4"});
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  expect_states(run, tolerance(), 0.4);
}

TEST_P(Waiting, ALockIsNamedByItsHolder) {
  if (GetParam() == Mode::ptrace) GTEST_SKIP() << "see LongWaitsAreAsLongAsTheProgramSays";
  const StrobeRun run = record({workload("waiting"), "1", "30"});
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  std::map<std::string, Waits> waits = Recording(run.recording).waits();
  EXPECT_GT(waits["wanter"].owned, 0.5 * waits["wanter"].states["lock"])
      << describe("wanter", waits["wanter"]);
  EXPECT_EQ(waits["sleeper"].owned, 0);
  EXPECT_TRUE(waits["reader"].object.starts_with("pipe:[")) << waits["reader"].object;
}

TEST_P(Waiting, ThreadsThatShareACpuAreReadyToRun) {
  // Eight threads that never wait, on one CPU: each is ready to run for seven eighths of its life.
  const StrobeRun run = record({"/usr/bin/taskset", "-c", "0", workload("threads_many"), "0.8"});
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  double ready_s = 0, waited_s = 0, cpu_s = 0;
  int64_t forced = 0;
  for (const auto& [thread, waits] : Recording(run.recording).waits()) {
    EXPECT_NEAR(waits.cpu_s + waits.waited_s, waits.life_s, 0.005 * waits.life_s + 0.002)
        << describe(thread, waits);
    ready_s += waits.runnable_s;
    waited_s += waits.waited_s;
    cpu_s += waits.cpu_s;
    forced += waits.forced;
  }
  EXPECT_GT(ready_s, cpu_s) << "of more than two threads";
  EXPECT_LE(ready_s, waited_s);
  if (GetParam() != Mode::ptrace) {
    EXPECT_GT(forced, 10);
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, Waiting, ::testing::Values(Mode::perf, Mode::perf_of_user_code, Mode::ptrace),
                         [](const auto& mode) {
                           return mode.param == Mode::perf                ? "perf"
                                  : mode.param == Mode::perf_of_user_code ? "perf_of_user_code"
                                                                          : "ptrace";
                         });

}  // namespace
}  // namespace strobe::test
