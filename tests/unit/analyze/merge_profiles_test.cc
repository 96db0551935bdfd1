#include "analyze/merge_profiles.h"

#include <gtest/gtest.h>

#include "analyze/call_tree.h"
#include "analyze/function_table.h"
#include "analyze/quality_view.h"
#include "support/profile_builder.h"

namespace strobe::analyze {
namespace {

using test::ProfileBuilder;

FunctionTable table_of(const Profile& profile) { return make_function_table(profile, select_all(profile)); }

const FunctionStats& row_of(const FunctionTable& table, const std::string& name) {
  for (const FunctionStats& row : table.rows) {
    if (row.function.name == name) return row;
  }
  ADD_FAILURE() << "no row " << name;
  return table.rows.front();
}

Profile one_function(const std::string& name, double cpu_seconds, bool kernel_sampled = true) {
  ProfileBuilder b;
  b.profile.info.kernel_sampled = kernel_sampled;
  const ModuleId app = b.module("/bin/" + name);
  const ProcessId process = b.process(1, name);
  b.profile.processes[0].user_ns = 300;
  b.profile.processes[0].system_ns = 100;
  const ThreadId thread = b.thread(process, 1, name, cpu_seconds);
  b.samples(thread,
            b.stack({b.frame(b.function("main", "/m.c", 1, app)), b.frame(b.function(name, "/m.c", 9, app))}),
            100);
  return b.build();
}

TEST(MergeProfiles, WithItselfEverythingIsTwice) {
  const Profile once = test::varied_profile();
  Profile twice = once;
  ASSERT_TRUE(merge_into(twice, once));
  const FunctionTable a = table_of(once);
  const FunctionTable b = table_of(twice);
  ASSERT_EQ(a.rows.size(), b.rows.size());
  for (const FunctionStats& row : a.rows) {
    const FunctionStats& both = row_of(b, row.function.name);
    EXPECT_EQ(both.self.samples, 2 * row.self.samples);
    EXPECT_NEAR(both.total.seconds, 2 * row.total.seconds, 1e-9);
  }
  EXPECT_EQ(twice.quality.samples.stored, 2 * once.quality.samples.stored);
  ASSERT_EQ(twice.quality.stacks.blame.size(), once.quality.stacks.blame.size());
  EXPECT_EQ(twice.quality.stacks.blame[0].count, 2 * once.quality.stacks.blame[0].count);
  EXPECT_EQ(judge_quality(twice).lost, 2 * judge_quality(once).lost);
}

TEST(MergeProfiles, FunctionsOfDifferentRecordingsKeepTheirTime) {
  Profile profile = one_function("a", 1.0);
  ASSERT_TRUE(merge_into(profile, one_function("b", 3.0)));
  const FunctionTable table = table_of(profile);
  EXPECT_NEAR(row_of(table, "a").self.seconds, 1.0, 1e-9);
  EXPECT_NEAR(row_of(table, "b").self.seconds, 3.0, 1e-9);
  EXPECT_NEAR(row_of(table, "main").total.seconds, 4.0, 1e-9);  // one row: same name and place
}

TEST(MergeProfiles, KernelTimeIsTakenOnlyWhereItWasNotSampled) {
  for (const bool first : {false, true}) {
    Profile profile = one_function("a", 1.0, first);
    ASSERT_TRUE(merge_into(profile, one_function("b", 1.0, !first)));
    const FunctionTable table = table_of(profile);
    EXPECT_NEAR(row_of(table, first ? "a" : "b").self.seconds, 1.0, 1e-9);
    EXPECT_NEAR(row_of(table, first ? "b" : "a").self.seconds, 0.75, 1e-9);
    EXPECT_NEAR(row_of(table, kKernelRow).self.seconds, 0.25, 1e-9);
  }
}

TEST(MergeProfiles, EstimatedTimesAreByTheirOwnPeriod) {
  Profile profile = one_function("a", 1.0);
  Profile added = one_function("b", 0);
  added.info.period_ns = 2'000'000;
  profile.info.period_ns = 5'000'000;
  ASSERT_TRUE(merge_into(profile, added));
  EXPECT_NEAR(row_of(table_of(profile), "b").self.seconds, 0.2, 1e-9);
}

TEST(MergeProfiles, SourcesOfBothStaySortedWithOneOfAPath) {
  Profile profile = one_function("a", 1.0);
  Profile added = one_function("b", 1.0);
  profile.sources = {{.path = "/b.c", .text = "first"}, {.path = "/d.c"}};
  added.sources = {{.path = "/a.c"}, {.path = "/b.c", .text = "second"}, {.path = "/c.c"}};
  ASSERT_TRUE(merge_into(profile, added));
  std::string paths;
  for (const SourceRow& source : profile.sources) paths += source.path;
  EXPECT_EQ(paths, "/a.c/b.c/c.c/d.c");
  EXPECT_EQ(profile.sources[1].text, "first");
}

TEST(MergeProfiles, PooledAndOtherRecordingsDoNotMix) {
  Profile profile = one_function("a", 1.0);
  Profile pooled = one_function("b", 1.0);
  pooled.info.pooled_sampling = true;
  EXPECT_FALSE(merge_into(profile, pooled));
  EXPECT_EQ(table_of(profile).rows.size(), 2u);
  Profile same = pooled;
  EXPECT_TRUE(merge_into(same, pooled));
  pooled.info.period_ns *= 2;
  EXPECT_FALSE(merge_into(same, pooled));
}

TEST(MergeProfiles, DamagedReferencesDoNotReachIntoTheOtherRecording) {
  Profile added = one_function("b", 1.0);
  added.samples.push_back({0, ThreadId{500}, StackId{500}, StackClass::complete});
  added.stacks[1].parent = StackId{900};
  added.frames[0].function = FunctionId{70};
  added.threads[0].process = ProcessId{9};
  Profile profile = one_function("a", 1.0);
  ASSERT_TRUE(merge_into(profile, added));
  const FunctionTable table = table_of(profile);
  EXPECT_EQ(table.samples, 200u);
  EXPECT_EQ(row_of(table, "a").self.samples, 100u);
}

}  // namespace
}  // namespace strobe::analyze
