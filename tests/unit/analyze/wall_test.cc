// Views of wall time: the same views, over samples and stretches together.
#include <gtest/gtest.h>

#include <numeric>

#include "analyze/call_tree.h"
#include "analyze/grouping.h"
#include "analyze/thread_states.h"
#include "analyze/weighted_stacks.h"
#include "support/profile_builder.h"

namespace strobe::analyze {
namespace {

constexpr double kTiny = 1e-9;

const FunctionStats* find_row(const FunctionTable& table, const std::string& name) {
  for (const FunctionStats& row : table.rows) {
    if (row.function.name == name) return &row;
  }
  return nullptr;
}

FunctionTable table_of(const Profile& profile, const StackFilter& filter,
                       StateDetail detail = StateDetail::as_filtered) {
  const WeightedStacks stacks = weigh_stacks(profile, select_all(profile), filter, detail);
  return make_function_table(profile, stacks, stacks.functions, true);
}

double self_sum(const FunctionTable& table) {
  return std::accumulate(table.rows.begin(), table.rows.end(), 0.0,
                         [](double sum, const FunctionStats& row) { return sum + row.self.seconds; });
}

TEST(WallTime, TotalsAreTheSecondsOfThreads) {
  const Profile profile = test::waiting_profile();
  const FunctionTable table = table_of(profile, {.wall = true});
  const ThreadStates states = sum_states(profile, select_all(profile));
  EXPECT_NEAR(table.coverage.whole.seconds, sum_of(states.sum), kTiny);
  EXPECT_NEAR(self_sum(table), sum_of(states.sum), kTiny);
  EXPECT_NEAR(table.cpu_seconds, 1.9, kTiny);
}

TEST(WallTime, StatesOfARowAddUpToItsTime) {
  const FunctionTable table = table_of(test::waiting_profile(), {.wall = true});
  for (const FunctionStats& row : table.rows) {
    EXPECT_NEAR(sum_of(row.self_states), row.self.seconds, kTiny) << row.function.name;
    EXPECT_NEAR(sum_of(row.total_states), row.total.seconds, kTiny) << row.function.name;
  }
}

TEST(WallTime, StatesOfAllRowsAreThoseOfTheThreads) {
  const Profile profile = test::waiting_profile();
  const FunctionTable table = table_of(profile, {.wall = true});
  const ThreadStates states = sum_states(profile, select_all(profile));
  for (size_t state = 0; state < kThreadStateCount; ++state) {
    double sum = 0;
    for (const FunctionStats& row : table.rows) sum += row.self_states[state];
    EXPECT_NEAR(sum, states.sum[state], kTiny) << name_of(static_cast<ThreadState>(state));
  }
}

TEST(WallTime, AStateAloneIsAPartOfTheWhole) {
  const FunctionTable table = table_of(test::waiting_profile(), {.wall = true, .states = {ThreadState::gil}});
  EXPECT_NEAR(table.coverage.shown.seconds, 0.9, kTiny);
  EXPECT_NEAR(self_sum(table), 0.9, kTiny);
  ASSERT_NE(find_row(table, "compute"), nullptr);
  EXPECT_NEAR(find_row(table, "compute")->total.seconds, 0.9, kTiny);
  EXPECT_EQ(find_row(table, "fetch"), nullptr);
}

TEST(WallTime, IsNotAskedForMeansCpuTimeAlone) {
  const FunctionTable table = table_of(test::waiting_profile(), {});
  EXPECT_NEAR(self_sum(table), 1.9, kTiny);
  EXPECT_EQ(find_row(table, "fetch"), nullptr);
  EXPECT_FALSE(table.has_states);
}

TEST(WallTime, StatesBesideCpuTime) {
  const FunctionTable table = table_of(test::waiting_profile(), {}, StateDetail::always);
  EXPECT_NEAR(self_sum(table), 1.9, kTiny);
  const FunctionStats* fetch = find_row(table, "fetch");  // it only waited
  ASSERT_NE(fetch, nullptr);
  EXPECT_NEAR(fetch->total.seconds, 0, kTiny);
  EXPECT_NEAR(seconds_in(fetch->total_states, ThreadState::io), 0.7, kTiny);
  for (const FunctionStats& row : table.rows)
    EXPECT_NEAR(seconds_in(row.self_states, ThreadState::on_cpu), row.self.seconds, kTiny);
}

TEST(WallTime, NothingChangesWhereWaitingWasNotRecorded) {
  const FunctionTable table = table_of(test::varied_profile(), {.wall = true}, StateDetail::always);
  EXPECT_FALSE(table.has_states);
  EXPECT_NEAR(table.coverage.whole.seconds, 1.6004, kTiny);
}

TEST(WallTime, FiltersSeeStretchesLikeSamples) {
  const FunctionTable table = table_of(test::waiting_profile(), {.focus = {"^update$"}, .wall = true});
  EXPECT_NEAR(self_sum(table), table.coverage.shown.seconds, kTiny);
  const FunctionStats* update = find_row(table, "update");
  ASSERT_NE(update, nullptr);
  EXPECT_NEAR(update->total.seconds, table.coverage.shown.seconds, kTiny);
}

TEST(WallTime, WaitsAreWhereTheProgramWaitsButThoseForStorageInTheKernel) {
  test::ProfileBuilder b;
  const ModuleId kernel = b.module("[kernel]", ModuleKind::kernel);
  const FrameId read = b.frame(b.function("read", "", 0, b.module("/bin/app")));
  const FrameId schedule = b.frame(b.function("schedule", "", 0, kernel, Language::kernel));
  const ThreadId thread = b.thread(b.process(1, "app"), 1, "app", 0.1);
  const StackId stack = b.stack({read, schedule});
  b.stretch(thread, stack, ThreadState::io, 0.0, 0.5);
  b.stretch(thread, stack, ThreadState::disk, 0.5, 0.8);
  b.stretch(thread, b.stack({schedule}), ThreadState::io, 0.8, 0.9);  // nothing else is known of it
  b.waited(thread, 0.9, 0);
  const FunctionTable table = table_of(b.build(), {.wall = true});
  EXPECT_NEAR(find_row(table, "read")->self.seconds, 0.5, kTiny);
  EXPECT_NEAR(find_row(table, "schedule")->self.seconds, 0.4, kTiny);
}

TEST(WallTime, CertainStretchesHaveNoInterval) {
  const FunctionTable table = table_of(test::waiting_profile(), {.wall = true});
  const FunctionStats* sleep = find_row(table, "read");
  ASSERT_NE(sleep, nullptr);
  const Interval interval = interval_of(table, *sleep, sleep->self);
  EXPECT_NEAR(interval.low, share_of(table, sleep->self), kTiny);
  EXPECT_GT(interval.high, interval.low);  // that nothing of it was sampled is not certain
}

TEST(WallTime, ThreadsAreRowsOfTheirStates) {
  const Profile profile = test::waiting_profile();
  const SelectedThreads all = select_all(profile);
  const FunctionTable table =
      make_thread_table(profile, weigh_stacks(profile, all, {.wall = true}), Grouping::thread);
  const ThreadStates states = sum_states(profile, all);
  EXPECT_NEAR(self_sum(table), sum_of(states.sum), kTiny);
  const FunctionStats* blind = find_row(table, "203 native");
  ASSERT_NE(blind, nullptr);
  EXPECT_NEAR(seconds_in(blind->self_states, ThreadState::unknown), 1.9, kTiny);
}

TEST(WallTime, TheTreeAddsUpToo) {
  const Profile profile = test::waiting_profile();
  const WeightedStacks stacks = weigh_stacks(profile, select_all(profile), {.wall = true});
  for (const Grouping grouping : {Grouping::function, Grouping::thread}) {
    const CallTree tree = make_call_tree(profile, stacks, grouping, {.min_share = 0});
    double sum = 0;
    for (const TreeRow& row : tree.rows) sum += row.self.seconds;
    EXPECT_NEAR(sum, stacks.coverage.whole.seconds, kTiny);
  }
}

}  // namespace
}  // namespace strobe::analyze
