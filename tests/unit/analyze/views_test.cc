#include <gtest/gtest.h>

#include "analyze/quality_view.h"
#include "analyze/thread_tree.h"
#include "support/profile_builder.h"

namespace strobe::analyze {
namespace {

TEST(ThreadTree, ParentsBeforeChildrenWithExactTime) {
  const Profile profile = test::varied_profile();
  const SelectedThreads all = select_all(profile);
  const ThreadTree tree = make_thread_tree(profile, all, attribute(profile, all));
  ASSERT_EQ(tree.processes.size(), 2u);
  EXPECT_EQ(tree.threads, 4u);
  EXPECT_NEAR(tree.cpu_seconds, 1.6004, 1e-12);
  EXPECT_EQ(tree.processes[0].pid, 100);
  EXPECT_EQ(tree.processes[0].exit_status, 0);
  EXPECT_EQ(tree.processes[1].depth, 1u);
  EXPECT_EQ(tree.processes[1].parent_pid, 100);
  EXPECT_FALSE(tree.processes[1].exit_status.has_value());
  EXPECT_EQ(tree.processes[0].threads[2].samples, 0u);
}

TEST(ThreadTree, SelectionLeavesOthersOut) {
  const Profile profile = test::varied_profile();
  const SelectedThreads helper = *select_threads(profile, {.process = "helper", .thread = ""});
  const ThreadTree tree = make_thread_tree(profile, helper, attribute(profile, helper));
  ASSERT_EQ(tree.processes.size(), 1u);
  EXPECT_EQ(tree.processes[0].pid, 105);
}

TEST(ThreadTree, ProcessesThatAreTheirOwnAncestorsAreShownOnce) {
  Profile profile = test::varied_profile();
  profile.processes[0].parent = ProcessId{1};
  const SelectedThreads all = select_all(profile);
  EXPECT_EQ(make_thread_tree(profile, all, attribute(profile, all)).processes.size(), 2u);
}

TEST(QualityView, WarnsLoudlyAboveItsLimits) {
  struct Case {
    uint64_t complete, incomplete, lost;
    size_t warnings;
  };
  for (const Case& c : {Case{1000, 0, 0, 0}, Case{960, 40, 0, 0}, Case{940, 60, 0, 1}, Case{1000, 0, 9, 0},
                        Case{1000, 0, 20, 1}, Case{900, 100, 50, 2}, Case{0, 0, 0, 0}}) {
    Profile profile;
    profile.state = RecordingState::symbolized;
    profile.quality.stacks.by_class = {c.complete, 0, 0, c.incomplete, 0};
    profile.quality.samples.stored = c.complete + c.incomplete;
    profile.quality.samples.lost_kernel = c.lost;
    EXPECT_EQ(judge_quality(profile).warnings.size(), c.warnings)
        << c.complete << ' ' << c.incomplete << ' ' << c.lost;
  }
}

TEST(QualityView, WarnsWhereFewSamplesStandForTheCpuTime) {
  struct Case {
    uint64_t taken;
    bool kernel_sampled;
    uint64_t system_ns;  // of 1000 ns
    size_t warnings;
  };
  for (const Case& c : {Case{900, true, 500, 0}, Case{500, true, 500, 1}, Case{500, false, 500, 0},
                        Case{400, false, 500, 1}}) {
    Profile profile;
    profile.state = RecordingState::symbolized;
    profile.processes.push_back({.user_ns = 1000 - c.system_ns, .system_ns = c.system_ns});
    profile.quality.samples = {.expected = 1000, .taken = c.taken};
    profile.quality.kernel_sampled = c.kernel_sampled;
    EXPECT_EQ(judge_quality(profile).warnings.size(), c.warnings) << c.taken << ' ' << c.kernel_sampled;
  }
}

TEST(QualityView, WarnsAboutUnsampledProcessesThatMatter) {
  struct Case {
    uint64_t unsampled_ns;
    size_t warnings;
  };
  for (const Case& c : {Case{5'000'000, 0}, Case{90'000'000, 0}, Case{200'000'000, 1}}) {
    Profile profile;
    profile.state = RecordingState::symbolized;
    profile.quality.rate_hz = 1000;
    profile.quality.samples = {.expected = 10'000, .taken = 10'000};
    profile.quality.unsampled.push_back({.command = "true", .count = 3, .cpu_ns = c.unsampled_ns});
    EXPECT_EQ(judge_quality(profile).warnings.size(), c.warnings) << c.unsampled_ns;
  }
}

TEST(QualityView, NamesTheCulpritAndTheUnfinished) {
  Profile profile = test::varied_profile();
  EXPECT_NE(judge_quality(profile).warnings.at(0).find("libplain.so.1: no_unwind_info"), std::string::npos);
  profile.state = RecordingState::open;
  EXPECT_EQ(judge_quality(profile).warnings.size(), 2u);
}

}  // namespace
}  // namespace strobe::analyze
