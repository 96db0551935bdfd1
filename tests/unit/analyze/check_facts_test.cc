// What recordings say about quantities: sums over names, without counting anything twice.
#include "analyze/check_facts.h"

#include <gtest/gtest.h>

#include "analyze/check_parser.h"
#include "support/profile_builder.h"

namespace strobe::analyze::check {
namespace {

/// Two threads of one process: 1,000 samples below main, in which parse_all calls parse_one, and 500
/// elsewhere.
class CheckFacts : public ::testing::Test {
 protected:
  CheckFacts() {
    const ModuleId app = builder_.module("/opt/app/bin/app");
    const ModuleId lib = builder_.module("/usr/lib/libwork.so.1.2");
    const ProcessId process = builder_.process(100, "app");
    const ThreadId first = builder_.thread(process, 100, "app", 2.0);
    const ThreadId second = builder_.thread(process, 101, "worker", 0.5);
    const FunctionId main = builder_.function("main", "src/main.c", 10, app);
    const FunctionId all = builder_.function("parse_all", "src/parse.c", 20, app);
    const FunctionId one = builder_.function("parse_one", "src/parse.c", 40, app);
    const FunctionId work = builder_.function("Work::run()", "work.cc", 5, lib);
    const FrameId in_main = builder_.frame(main, 12);
    const FrameId in_all = builder_.frame(all, 25);
    const FrameId in_one = builder_.frame(one, 44);
    const FrameId in_work = builder_.frame(work, 7);
    builder_.samples(first, builder_.stack({in_main}), 100);
    builder_.samples(first, builder_.stack({in_main, in_all}), 300);
    builder_.samples(first, builder_.stack({in_main, in_all, in_one}), 600);
    builder_.samples(second, builder_.stack({in_work}), 500);
    profile_ = builder_.build();
  }

  [[nodiscard]] Measured measure(const std::string& quantity, const char* limit = "1s") const {
    const auto parsed = parse_expression(quantity + " > " + limit);
    if (!parsed) return {};
    const Measure& measure = parsed->terms[0].measure;
    return measure_run(profile_, "a.strobe", {measure}).measures.at(text_of(measure));
  }

  test::ProfileBuilder builder_;
  Profile profile_;
};

TEST_F(CheckFacts, Totals) {
  EXPECT_NEAR(measure("total.cpu").value, 2.5, 1e-9);
  EXPECT_EQ(measure("total.threads", "1").value, 2);
  EXPECT_EQ(measure("total.processes", "1").value, 1);
  EXPECT_EQ(measure("quality.samples", "1").value, 1500);
  EXPECT_EQ(measure("quality.complete", "1").value, 1);
  // Accounted: no error of sampling.
  const Interval interval = sampling_interval(measure("total.cpu"), 1.96);
  EXPECT_EQ(interval.low, interval.high);
}

TEST_F(CheckFacts, FunctionsThatCallEachOtherCountOnce) {
  // 2 seconds of CPU time, 1,000 samples: 2 ms each.
  EXPECT_NEAR(measure("function(\"parse_one\").total").value, 1.2, 1e-9);
  EXPECT_NEAR(measure("function(\"parse_*\").total").value, 1.8, 1e-9);
  EXPECT_NEAR(measure("function(\"parse_*\").self").value, 1.8, 1e-9);
  EXPECT_NEAR(measure("function(\"parse_all\").self").value, 0.6, 1e-9);
  EXPECT_NEAR(measure("function(\"*\").total").value, 2.5, 1e-9);
  EXPECT_NEAR(measure("function(\"parse_one\").total").whole, 2.5, 1e-9);
}

TEST_F(CheckFacts, SampledValuesHaveAnInterval) {
  const Measured one = measure("function(\"parse_one\").total");
  const Interval interval = sampling_interval(one, 1.96);
  EXPECT_LT(interval.low, 1.2);
  EXPECT_GT(interval.high, 1.2);
  EXPECT_GT(interval.low, 1.1);
  EXPECT_LT(interval.high, 1.3);
}

TEST_F(CheckFacts, AFunctionHasThePlaceOfTheLargest) {
  const Place total = measure("function(\"parse_*\").total").place;
  EXPECT_EQ(total.file, "src/parse.c");
  EXPECT_EQ(total.line, 20U);
  EXPECT_EQ(measure("function(\"parse_*\").self").place.line, 40U);
}

TEST_F(CheckFacts, ModulesByPathNameOrStem) {
  for (const char* name : {"/usr/lib/libwork.so.1.2", "libwork.so.1.2", "libwork.so", "libwork*"}) {
    EXPECT_NEAR(measure(std::string("module(\"") + name + "\").self").value, 0.5, 1e-9) << name;
  }
  EXPECT_NEAR(measure("module(\"app\").total").value, 2.0, 1e-9);
}

TEST_F(CheckFacts, LinesByTheEndOfTheirPath) {
  EXPECT_NEAR(measure("line(\"parse.c:44\").self").value, 1.2, 1e-9);
  EXPECT_NEAR(measure("line(\"src/parse.c:25\").total").value, 1.8, 1e-9);
  EXPECT_EQ(measure("line(\"parse.c:44\").self").place.line, 44U);
  EXPECT_EQ(measure("line(\"arse.c:44\").self").state, Measured::State::nameless);
  EXPECT_EQ(measure("line(\"parse.c:x\").self").state, Measured::State::nameless);
}

TEST_F(CheckFacts, ThreadsAndProcesses) {
  EXPECT_NEAR(measure("thread(\"worker\").cpu").value, 0.5, 1e-9);
  EXPECT_NEAR(measure("thread(\"101\").cpu").value, 0.5, 1e-9);
  EXPECT_NEAR(measure("thread(\"*\").cpu").value, 2.5, 1e-9);
  EXPECT_NEAR(measure("process(\"app\").cpu").value, 2.5, 1e-9);
  EXPECT_NEAR(measure("thread(\"worker\").cpu").whole, 2.5, 1e-9);
}

TEST_F(CheckFacts, WhatIsNotThereSaysSo) {
  const Measured misspelled = measure("function(\"parse_onee\").total");
  EXPECT_EQ(misspelled.state, Measured::State::nameless);
  EXPECT_EQ(misspelled.reason, "no function named \"parse_onee\" was seen");
  EXPECT_EQ(misspelled.hint, "did you mean \"parse_one\"?");
  EXPECT_EQ(misspelled.value, 0);
  EXPECT_GT(sampling_interval(misspelled, 1.96).high, 0);
  const Measured waiting = measure("states.io");
  EXPECT_EQ(waiting.state, Measured::State::missing);
  EXPECT_EQ(waiting.reason, "recorded without --wall");
  EXPECT_FALSE(waiting.hint.empty());
}

TEST_F(CheckFacts, TimeWithoutAFunctionHasNamesToo) {
  profile_.info.kernel_sampled = false;
  profile_.processes[0].user_ns = 75;
  profile_.processes[0].system_ns = 25;
  const Measured exact = measure("function(\"[kernel, not sampled]\").self");
  EXPECT_NEAR(exact.value, 2.5 / 4, 1e-9);
  EXPECT_EQ(exact.sampled, 0);
  EXPECT_NEAR(measure("function(\"*\").self").value, 2.5, 1e-9);
}

/// The same, recorded with --wall: the worker lives for 10 seconds, 0.5 of them on the CPU.
class CheckWaits : public CheckFacts {
 protected:
  CheckWaits() {
    profile_.info.wall = true;
    ThreadRow& first = profile_.threads[0];
    first.end_ns = 2'000'000'000;
    first.cpu_ns = 2'000'000'000;
    ThreadRow& worker = profile_.threads[1];
    worker.end_ns = 10'000'000'000;
    worker.waited_ns = 9'500'000'000;
    worker.runnable_ns = 500'000'000;
    worker.voluntary_switches = 14;
    profile_.strings.emplace_back("cache.mutex");
    object_ = StringId{static_cast<uint32_t>(profile_.strings.size() - 1)};
    add(ThreadState::io, 5'000'000'000, 500'000'000, 1);
    add(ThreadState::lock, 2'000'000'000, 0, 1);
    add(ThreadState::lock, 1'000'000'000, 0, 1);
    for (int i = 0; i < 3; ++i) add(ThreadState::sleep, 50'000'000, 0, 10);
  }

  /// A stretch of the worker below Work::run().
  void add(ThreadState state, uint64_t length_ns, uint64_t runnable_ns, uint32_t weight) {
    StretchRow row{.start_ns = 0, .end_ns = length_ns, .thread = ThreadId{1}, .state = state};
    row.runnable_ns = runnable_ns;
    row.weight = weight;
    row.stack = profile_.samples.back().stack;
    if (state == ThreadState::lock) row.object = object_;
    profile_.stretches.push_back(row);
  }

  StringId object_;
};

TEST_F(CheckWaits, StatesOfThreadsAndProcesses) {
  EXPECT_NEAR(measure("states.io").value, 4.5, 1e-9);
  EXPECT_NEAR(measure("states.io").whole, 12, 1e-9);
  EXPECT_NEAR(measure("states.runnable").value, 0.5, 1e-9);
  EXPECT_NEAR(measure("states.lock").value, 3, 1e-9);
  EXPECT_NEAR(measure("states.sleep").value, 1.5, 1e-9);
  EXPECT_NEAR(measure("states.on_cpu").value, 2.5, 1e-9);
  EXPECT_NEAR(measure("thread(\"worker\").io").value, 4.5, 1e-9);
  EXPECT_NEAR(measure("thread(\"app\").io").value, 0, 1e-9);
  EXPECT_NEAR(measure("thread(\"worker\").on_cpu").value, 0.5, 1e-9);
  EXPECT_NEAR(measure("thread(\"worker\").on_cpu").whole, 12, 1e-9);
  EXPECT_NEAR(measure("process(\"app\").lock").value, 3, 1e-9);
  EXPECT_EQ(measure("total.voluntary_switches", "1").value, 14);
}

TEST_F(CheckWaits, OfFunctionsThatWait) {
  EXPECT_NEAR(measure("function(\"Work::run()\").io").value, 4.5, 1e-9);
  EXPECT_NEAR(measure("function(\"Work::run()\").wait").value, 9.5, 1e-9);
  EXPECT_NEAR(measure("function(\"main\").wait").value, 0, 1e-9);
  EXPECT_EQ(measure("function(\"mian\").wait").state, Measured::State::nameless);
}

TEST_F(CheckWaits, OfLocks) {
  EXPECT_NEAR(measure("lock(\"cache.*\").wait").value, 3, 1e-9);
  EXPECT_NEAR(measure("lock(\"cache.*\").longest").value, 2, 1e-9);
  EXPECT_EQ(measure("lock(\"cache.*\").waits", "1").value, 2);
  // Nobody waited for it: locks have names by waiting for them only.
  EXPECT_EQ(measure("lock(\"other\").wait").state, Measured::State::known);
  EXPECT_EQ(measure("lock(\"other\").wait").value, 0);
}

TEST_F(CheckWaits, OnlyStretchesThatStandForOthersAreUnsure) {
  const Interval exact = sampling_interval(measure("states.io"), 1.96);
  EXPECT_EQ(exact.low, exact.high);
  const Interval sampled = sampling_interval(measure("states.sleep"), 1.96);
  EXPECT_LT(sampled.low, 1.5);
  EXPECT_GT(sampled.high, 1.5);
}

TEST_F(CheckFacts, EveryQuantityIsKnownOrSaysWhyNot) {
  for (const MeasureWord& word : kMeasureWords) {
    const Measure measure{.word = &word, .pattern = "*:1", .state = ThreadState::io};
    for (const Profile& profile : {profile_, Profile{}, test::hostile_profile()}) {
      const check::Run run = measure_run(profile, "a.strobe", {measure});
      ASSERT_EQ(run.measures.size(), 1U);
      const Measured& measured = run.measures.begin()->second;
      EXPECT_EQ(measured.reason.empty(), measured.state == Measured::State::known) << text_of(measure);
      EXPECT_NE(measured.reason, "not recorded") << text_of(measure);
      EXPECT_GE(measured.value, 0) << text_of(measure);
    }
  }
}

}  // namespace
}  // namespace strobe::analyze::check
