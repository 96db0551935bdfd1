#include "analyze/quality_faults.h"

#include <gtest/gtest.h>

#include "analyze/quality_view.h"
#include "support/profile_builder.h"

namespace strobe::analyze {
namespace {

TEST(QualityFaults, OfModulesHaveSharesOfAllStacks) {
  const Profile profile = test::poor_profile();
  const std::vector<StackFault> faults = find_stack_faults(profile.quality);
  ASSERT_EQ(faults.size(), 7u);
  EXPECT_EQ(faults[0].stacks, 120u);
  EXPECT_DOUBLE_EQ(faults[0].share, 120.0 / 1180);
  EXPECT_TRUE(find_stack_faults(Quality{}).empty());
}

TEST(QualityFaults, OfThreadsNameTheOneToBlame) {
  const Profile profile = test::poor_profile();
  const std::vector<ThreadFault> faults = find_thread_faults(profile);
  ASSERT_EQ(faults.size(), 1u) << "the other one has whole stacks only";
  EXPECT_EQ(faults[0].tid, 101);
  EXPECT_EQ(faults[0].stored, 380u);
  EXPECT_EQ(faults[0].not_complete, 380u);
  EXPECT_EQ(name_faulty_thread(faults, 1180), "thread 101 (re\x1b[1mnder) of process 100 has 100 % of them");
}

TEST(QualityFaults, BlameNobodyForWhatIsEverywhere) {
  struct Case {
    std::vector<ThreadFault> faults;
    uint64_t stored;
    const char* named;
  };
  const auto thread = [](int32_t pid, int32_t tid, uint64_t stored, uint64_t bad, double share) {
    return ThreadFault{pid, tid, "p", "t", stored, bad, share};
  };
  for (const Case& c : {Case{{}, 100, ""}, Case{{thread(1, 1, 100, 90, 1)}, 100, ""},  // it is the only one
                        Case{{thread(1, 1, 50, 40, 0.5), thread(1, 2, 50, 40, 0.5)}, 100, ""},
                        Case{{thread(1, 1, 20, 20, 0.8), thread(1, 2, 80, 5, 0.2)}, 100, "thread 1"},
                        Case{{thread(7, 1, 20, 20, 0.5), thread(7, 2, 20, 20, 0.5)}, 100, "process 7"}}) {
    const std::string named = name_faulty_thread(c.faults, c.stored);
    EXPECT_EQ(named.empty(), std::string(c.named).empty()) << named;
    EXPECT_TRUE(named.starts_with(c.named)) << named;
  }
}

TEST(QualityFaults, NamelessModulesByTheirSamples) {
  const std::vector<NamelessModule> modules = find_nameless_modules(test::poor_profile());
  ASSERT_EQ(modules.size(), 3u);
  EXPECT_EQ(modules[0].samples, 250u);
  EXPECT_EQ(modules[0].missing, 1u);
  EXPECT_EQ(modules[0].frames, 1u);
  EXPECT_EQ(modules[1].kind, ModuleKind::jit);
  EXPECT_EQ(modules[2].kind, ModuleKind::kernel);
  EXPECT_DOUBLE_EQ(modules[2].share, 100.0 / 1180);
}

TEST(QualityFaults, DamagedIdsAreLeftOut) {
  Profile profile = test::poor_profile();
  profile.samples.push_back({0, ThreadId{99}, StackId{99}, StackClass::none});
  profile.stacks.push_back({StackId{}, FrameId{99}});
  profile.samples.push_back({0, ThreadId{0}, StackId{static_cast<uint32_t>(profile.stacks.size() - 1)}});
  profile.frames.push_back({.module = ModuleId{99}});
  EXPECT_EQ(find_nameless_modules(profile).size(), 3u);
  EXPECT_EQ(find_thread_faults(profile).size(), 2u);
}

TEST(QualityAdvice, OneSentenceWithTheCommandForEachReasonThatMatters) {
  struct Case {
    LossReason reason;
    const char* module;
    const char* part;
  };
  for (const Case& c :
       {Case{LossReason::stack_copy_short, "", "--stack-bytes"},
        Case{LossReason::no_unwind_info, "/lib/liba.so", "-fasynchronous-unwind-tables"},
        Case{LossReason::no_unwind_info, "[jit]", "-XX:+PreserveFramePointer"},
        Case{LossReason::bad_unwind_info, "/lib/liba.so", "readelf --debug-dump=frames"},
        Case{LossReason::no_mapping, "", "frame pointers"},
        Case{LossReason::unreadable_memory, "", "strobe doctor PID"},
        Case{LossReason::no_registers, "", "64 bits"}, Case{LossReason::too_deep, "", "recursion"},
        Case{LossReason::loop, "/lib/liba.so", "-fasynchronous-unwind-tables"}}) {
    Quality quality;
    quality.samples.stored = 1000;
    const std::vector<Advice> advice = advise(quality, {{c.module, c.reason, 10, 0.01}}, {});
    ASSERT_EQ(advice.size(), 1u) << name_of(c.reason);
    EXPECT_NE(advice[0].text.find(c.part), std::string::npos) << advice[0].text;
    EXPECT_TRUE(advice[0].text.ends_with('.')) << advice[0].text;
    EXPECT_TRUE(advise(quality, {{c.module, c.reason, 9, 0.009}}, {}).empty()) << "too few to matter";
  }
}

TEST(QualityWarnings, OfLossesSayWhatHelps) {
  Profile profile = test::varied_profile();
  profile.quality.samples.lost_kernel = 0;
  profile.quality.samples.lost_queue = profile.quality.samples.stored;
  EXPECT_NE(judge_quality(profile).warnings.at(1).find("lost: record to a faster disk"), std::string::npos)
      << judge_quality(profile).warnings.at(1);
  std::swap(profile.quality.samples.lost_kernel, profile.quality.samples.lost_queue);
  EXPECT_NE(judge_quality(profile).warnings.at(1).find("lost: record at a lower rate"), std::string::npos);
}

TEST(QualityAdvice, ForNamesAndLosses) {
  const QualityView view = judge_quality(test::poor_profile());
  std::string all;
  for (const Advice& advice : view.advice) all += advice.text + '\n';
  for (const char* part : {"rings were full", "compile it with -g", "perf-PID.map", "kptr_restrict"}) {
    EXPECT_NE(all.find(part), std::string::npos) << part << " is not in:\n" << all;
  }
  NamelessModule stripped;
  stripped.module = "/usr/lib/liba.so";
  stripped.share = 1;
  const std::vector<Advice> names = advise({}, {}, {stripped});
  ASSERT_EQ(names.size(), 1u);
  EXPECT_NE(names[0].text.find("find-dbgsym-packages /usr/lib/liba.so)"), std::string::npos)
      << "it takes a path, not a name: " << names[0].text;
  Quality slow;
  slow.samples = {.stored = 1000, .lost_queue = 100, .late = 100};
  EXPECT_EQ(advise(slow, {}, {}).size(), 2u);
}

}  // namespace
}  // namespace strobe::analyze
