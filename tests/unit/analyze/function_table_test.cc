#include "analyze/function_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "support/profile_builder.h"

namespace strobe::analyze {
namespace {

using test::ProfileBuilder;

const FunctionStats* find_row(const FunctionTable& table, const std::string& name) {
  for (const FunctionStats& row : table.rows) {
    if (row.function.name == name) return &row;
  }
  return nullptr;
}

double self_sum(const FunctionTable& table) {
  return std::accumulate(table.rows.begin(), table.rows.end(), 0.0,
                         [](double sum, const FunctionStats& row) { return sum + row.self.seconds; });
}

FunctionTable table_of(const Profile& profile, bool edges = false) {
  return make_function_table(profile, select_all(profile), edges);
}

/// Two functions in one thread, 3:1, with a thread time that is not samples x period.
struct TwoFunctions {
  ProfileBuilder b;
  ModuleId app = b.module("/bin/app");
  ProcessId process = b.process(1, "app");
  ThreadId thread = b.thread(process, 1, "app", 2.0);
  FrameId main = b.frame(b.function("main", "/m.c", 1, app));
  FrameId hot = b.frame(b.function("hot", "/m.c", 10, app));
  FrameId cold = b.frame(b.function("cold", "/m.c", 20, app));
  TwoFunctions() {
    b.samples(thread, b.stack({main, hot}), 75);
    b.samples(thread, b.stack({main, cold}), 25);
  }
};

TEST(FunctionTable, SecondsAreSharesOfExactCpuTime) {
  const FunctionTable table = table_of(TwoFunctions().b.build());
  ASSERT_EQ(table.rows.size(), 3u);
  EXPECT_EQ(table.rows[0].function.name, "hot");
  EXPECT_NEAR(table.rows[0].self.seconds, 1.5, 1e-9);
  EXPECT_NEAR(find_row(table, "main")->total.seconds, 2.0, 1e-9);
  EXPECT_EQ(find_row(table, "main")->self.samples, 0u);
  EXPECT_NEAR(self_sum(table), 2.0, 1e-9);
}

TEST(FunctionTable, ThreadsAreWeightedByTheirOwnExactTime) {
  TwoFunctions t;
  // As many samples as the first thread but a tenth of its CPU time.
  const ThreadId second = t.b.thread(t.process, 2, "second", 0.2);
  t.b.samples(second, t.b.stack({t.cold}), 100);
  const FunctionTable table = table_of(t.b.build());
  EXPECT_NEAR(find_row(table, "cold")->self.seconds, 0.5 + 0.2, 1e-9);
  EXPECT_EQ(find_row(table, "cold")->self.samples, 125u);
}

TEST(FunctionTable, RecursionCountsOnce) {
  TwoFunctions t;
  t.b.profile.samples.clear();
  t.b.samples(t.thread, t.b.stack({t.main, t.hot, t.cold, t.hot, t.hot}), 50);
  const FunctionTable table = table_of(t.b.build(), true);
  EXPECT_EQ(find_row(table, "hot")->total.samples, 50u);
  EXPECT_NEAR(find_row(table, "hot")->total.seconds, 2.0, 1e-9);
  EXPECT_NEAR(find_row(table, "cold")->total.seconds, 2.0, 1e-9);
  for (const Edge& edge : table.edges) EXPECT_EQ(edge.amount.samples, 50u);
  EXPECT_EQ(table.edges.size(), 4u);  // main-hot, hot-cold, cold-hot, hot-hot
}

TEST(FunctionTable, RecursionAsDeepAsStacksGet) {
  ProfileBuilder b;
  const ModuleId app = b.module("/bin/app");
  const ThreadId thread = b.thread(b.process(1, "app"), 1, "app", 1.0);
  const FrameId down = b.frame(b.function("down", "/m.c", 1, app));
  b.samples(thread, b.stack(std::vector<FrameId>(100'000, down)), 1);
  const FunctionTable table = table_of(b.build());
  ASSERT_EQ(table.rows.size(), 1u);
  EXPECT_EQ(table.rows[0].total.samples, 1u);
}

TEST(FunctionTable, InlinedCallersAreFramesOfTheirOwn) {
  ProfileBuilder b;
  const ModuleId app = b.module("/bin/app");
  const ThreadId thread = b.thread(b.process(1, "app"), 1, "app", 1.0);
  const FrameId outer = b.frame(b.function("outer", "/m.c", 1, app), 5);
  const FrameId middle = b.frame(b.function("middle", "/m.c", 10, app), 12, outer);
  const FrameId inner = b.frame(b.function("inner", "/m.c", 20, app), 21, middle);
  b.samples(thread, b.stack({inner}), 10);
  const FunctionTable table = table_of(b.build(), true);
  EXPECT_EQ(find_row(table, "inner")->self.samples, 10u);
  EXPECT_EQ(find_row(table, "outer")->self.samples, 0u);
  EXPECT_EQ(find_row(table, "outer")->total.samples, 10u);
  ASSERT_EQ(table.edges.size(), 2u);
  std::vector<std::string> edges;
  for (const Edge& edge : table.edges) {
    edges.push_back(table.rows[edge.caller].function.name + ">" + table.rows[edge.callee].function.name);
  }
  EXPECT_THAT(edges, ::testing::UnorderedElementsAre("outer>middle", "middle>inner"));
}

TEST(FunctionTable, ThreadsWithoutSamplesHaveARow) {
  TwoFunctions t;
  t.b.thread(t.process, 2, "brief", 0.003);
  const FunctionTable table = table_of(t.b.build());
  ASSERT_NE(find_row(table, kTooShortRow), nullptr);
  EXPECT_NEAR(find_row(table, kTooShortRow)->self.seconds, 0.003, 1e-12);
  EXPECT_NEAR(self_sum(table), 2.003, 1e-9);
}

TEST(FunctionTable, KernelTimeIsTakenOutWhereItIsNotSampled) {
  TwoFunctions t;
  t.b.profile.info.kernel_sampled = false;
  t.b.profile.processes[0].user_ns = 300;
  t.b.profile.processes[0].system_ns = 100;
  const FunctionTable table = table_of(t.b.build());
  EXPECT_NEAR(find_row(table, kKernelRow)->self.seconds, 0.5, 1e-9);
  EXPECT_NEAR(find_row(table, "hot")->self.seconds, 0.75 * 1.5, 1e-9);
  EXPECT_NEAR(self_sum(table), 2.0, 1e-9);
}

TEST(FunctionTable, PooledSamplingJudgesThreadsOfACommandTogether) {
  ProfileBuilder b;
  b.profile.info.pooled_sampling = true;
  const ModuleId app = b.module("/bin/sh");
  const FrameId work = b.frame(b.function("work", "/m.c", 1, app));
  for (int32_t pid = 1; pid <= 10; ++pid) {
    const ThreadId thread = b.thread(b.process(pid, "sh"), pid, "sh", 0.001);
    if (pid <= 4) b.samples(thread, b.stack({work}), 1);
  }
  b.thread(b.process(50, "rare"), 50, "rare", 0.002);
  const FunctionTable table = table_of(b.build());
  EXPECT_NEAR(find_row(table, "work")->self.seconds, 0.010, 1e-12);
  EXPECT_NEAR(find_row(table, kTooShortRow)->self.seconds, 0.002, 1e-12);
}

TEST(FunctionTable, MissingExactTimeFallsBackToSamples) {
  TwoFunctions t;
  t.b.profile.threads[0].cpu_ns = 0;
  t.b.profile.info.period_ns = 1'000'000;
  EXPECT_NEAR(table_of(t.b.build()).cpu_seconds, 0.1, 1e-12);
}

TEST(FunctionTable, NamelessCodeIsOneRowPerModule) {
  ProfileBuilder b;
  const ModuleId first = b.module("/lib/libfoo.so");
  const ModuleId second = b.module("/lib/libbar.so");
  const ThreadId thread = b.thread(b.process(1, "app"), 1, "app", 1.0);
  b.samples(thread, b.stack({b.nameless_frame(first, 0x10), b.nameless_frame(first, 0x20)}), 6);
  b.samples(thread, b.stack({b.nameless_frame(second, 0x10)}), 4);
  const FunctionTable table = table_of(b.build());
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_EQ(table.rows[0].function.name, "libfoo.so [no symbols]");
  EXPECT_EQ(table.rows[0].total.samples, 6u);
  EXPECT_EQ(table.rows[1].function.name, "libbar.so [no symbols]");
}

TEST(FunctionTable, SameFunctionInTwoModulesIsOneRow) {
  ProfileBuilder b;
  const ThreadId thread = b.thread(b.process(1, "app"), 1, "app", 1.0);
  for (const char* path : {"/bin/app", "/lib/libapp.so"}) {
    const ModuleId module = b.module(path);
    b.samples(thread, b.stack({b.frame(b.function("inline_helper", "/src/h.h", 3, module))}), 5);
    b.samples(thread, b.stack({b.frame(b.function("local", "", 0, module))}), 5);
  }
  EXPECT_EQ(table_of(b.build()).rows.size(), 3u);  // the helper once, two different locals
}

TEST(FunctionTable, DamagedReferencesDoNoHarm) {
  TwoFunctions t;
  Profile profile = t.b.build();
  profile.samples.push_back({0, ThreadId{99}, StackId{0}, StackClass::complete});
  profile.samples.push_back({0, ThreadId{0}, StackId{12345}, StackClass::complete});
  profile.stacks[0].parent = StackId{1};  // points upwards: a loop if believed
  profile.frames[0].outer = FrameId{0};   // inlined into itself
  profile.frames[1].function = FunctionId{777};
  profile.threads[0].process = ProcessId{55};
  profile.stacks.push_back({StackId{0}, FrameId{4444}});
  profile.samples.push_back({0, ThreadId{0}, StackId{3}, StackClass::complete});
  const FunctionTable table = table_of(profile, true);
  EXPECT_EQ(table.samples, 102u);
  EXPECT_EQ(find_row(table, kNoStackRow)->self.samples, 1u);
}

TEST(FunctionTable, SelectionKeepsTheTotalsExact) {
  const Profile profile = test::varied_profile();
  const SelectedThreads worker = *select_threads(profile, {.process = "", .thread = "worker"});
  const FunctionTable table = make_function_table(profile, worker);
  EXPECT_NEAR(table.cpu_seconds, 0.5, 1e-12);
  EXPECT_NEAR(self_sum(table), 0.5, 1e-9);
  const FunctionTable all = table_of(profile);
  EXPECT_NEAR(self_sum(all), 1.6004, 1e-9);
  EXPECT_NEAR(all.cpu_seconds, 1.6004, 1e-12);
}

TEST(Selection, SaysWhatThereIs) {
  const Profile profile = test::varied_profile();
  const Result<SelectedThreads> none = select_threads(profile, {.process = "nosuch", .thread = ""});
  ASSERT_FALSE(none.has_value());
  EXPECT_NE(none.error().hint.find("helper (105)"), std::string::npos);
  EXPECT_FALSE(select_threads(profile, {.process = "helper", .thread = "worker"}).has_value());
  EXPECT_TRUE(select_threads(profile, {.process = "105", .thread = "105"}).has_value());
}

}  // namespace
}  // namespace strobe::analyze
