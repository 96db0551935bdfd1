// Which threads live, and when so many ended unsampled that sampling by thread misses the target.
#include "sampling/perf/thread_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sampling/engine.h"
#include "sampling/perf/perf_engine.h"

namespace strobe::sampling {
namespace {

using ::testing::ElementsAre;

constexpr uint64_t kPeriodNs = 1'000'000;

TEST(ThreadTable, BirthsAndEnds) {
  ThreadTable table(kPeriodNs);
  EXPECT_TRUE(table.empty());
  table.add(20, 21);
  table.add(10, 10, true);
  table.add(20, 20);
  EXPECT_THAT(table.process_ids(), ElementsAre(10, 20));
  EXPECT_TRUE(table.find(10)->waits_for_exec);
  EXPECT_EQ(table.find(99), nullptr);
  table.mark_exited(21);
  table.mark_exited(99);
  EXPECT_EQ(table.find(21), nullptr);
  table.exec(10);
  EXPECT_FALSE(table.find(10)->waits_for_exec);
  table.mark_exited(10);
  table.mark_exited(20);
  EXPECT_TRUE(table.empty());
}

TEST(ThreadTable, AnExecLeavesOneThread) {
  ThreadTable table(kPeriodNs);
  for (const pid_t tid : {10, 11, 12}) table.add(10, tid);
  table.add(20, 20);
  table.sampled(10, 10);
  table.exec(10);
  EXPECT_EQ(table.threads().size(), 2u);
  EXPECT_TRUE(table.find(10)->sampled);
}

TEST(ThreadTable, ASampleOfAThreadWhoseBirthWasMissed) {
  ThreadTable table(kPeriodNs);
  table.sampled(30, 31);
  ASSERT_NE(table.find(31), nullptr);
  EXPECT_EQ(table.find(31)->pid, 30);
}

void end_unsampled(ThreadTable& table, pid_t tid, uint64_t cpu_ns) {
  table.add(tid, tid);
  table.mark_exited(tid);
  table.ended_with(tid, cpu_ns);
}

TEST(ThreadTable, ManyUnsampledNeedsBothNumberAndTime) {
  ThreadTable few(kPeriodNs);
  for (pid_t tid = 1; tid < 20; ++tid) end_unsampled(few, tid, kPeriodNs);
  EXPECT_FALSE(few.many_unsampled());
  end_unsampled(few, 20, kPeriodNs);
  EXPECT_TRUE(few.many_unsampled());

  ThreadTable small_part(kPeriodNs);
  for (int i = 0; i < 1000; ++i) small_part.sampled(1, 1);
  for (pid_t tid = 2; tid < 42; ++tid) end_unsampled(small_part, tid, kPeriodNs / 2);
  EXPECT_FALSE(small_part.many_unsampled()) << "2 % of the time";
  for (pid_t tid = 42; tid < 142; ++tid) end_unsampled(small_part, tid, kPeriodNs / 2);
  EXPECT_TRUE(small_part.many_unsampled()) << "6 %";
}

TEST(ThreadTable, AThreadThatWasSampledOrDidNothingIsNotMissed) {
  ThreadTable table(kPeriodNs);
  for (pid_t tid = 1; tid <= 100; ++tid) {
    table.add(tid, tid);
    if (tid % 2 == 0) table.sampled(tid, tid);
    table.mark_exited(tid);
    table.ended_with(tid, tid % 2 == 0 ? 100 * kPeriodNs : 0);
    table.ended_with(tid + 1000, 100 * kPeriodNs);  // not known at all
  }
  EXPECT_FALSE(table.many_unsampled());
}

TEST(DescribeRights, SaysWhatWouldAllowMore) {
  EXPECT_NE(describe_rights({.kernel = false}, 2).find("CAP_PERFMON"), std::string::npos);
  EXPECT_NE(describe_rights({.kernel = false}, 2).find("paranoid 2"), std::string::npos);
  EXPECT_EQ(describe_rights({.kernel = true}, -1).find("need"), std::string::npos);
}

class Warnings final : public Diagnostics {
 public:
  void warn(std::string message) override { texts.push_back(std::move(message)); }
  std::vector<std::string> texts;
};

TEST(MakeEngine, WithoutATargetFailsWhateverIsChosen) {
  Warnings warnings;
  for (const EngineChoice choice : {EngineChoice::automatic, EngineChoice::perf}) {
    const auto engine = make_engine({.engine = choice}, {}, warnings);
    ASSERT_FALSE(engine);
    EXPECT_EQ(engine.error().code, ErrorCode::invalid_argument);
  }
  EXPECT_TRUE(warnings.texts.empty()) << "the target is the trouble, not the engine";
}

TEST(MakeEngine, PtraceWhereItIsAskedForSaysNothing) {
  Warnings warnings;
  const auto engine = make_engine({.engine = EngineChoice::ptrace}, {.pids = {1}}, warnings);
  ASSERT_TRUE(engine);
  Quality quality;
  (*engine)->describe(quality);
  EXPECT_EQ(quality.engine, "ptrace");
  EXPECT_TRUE(warnings.texts.empty());
}

}  // namespace
}  // namespace strobe::sampling
