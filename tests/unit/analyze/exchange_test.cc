#include "analyze/exchange.h"

#include <gtest/gtest.h>

#include "support/profile_builder.h"

namespace strobe::analyze {
namespace {

/// Two processes, whose threads wait a second each for what is named.
class Exchange : public ::testing::Test {
 protected:
  Exchange() {
    const ProcessId first = b.process(10, "app");
    b.thread(first, 10, "app", 0.1);
    b.thread(b.process(11, "app", first), 11, "app", 0.1);
    b.profile.info.wall = true;
    for (ThreadRow& thread : b.profile.threads) thread.waited_ns = 0;
  }
  void wait(uint32_t thread, const std::string& object, ThreadState state = ThreadState::io) {
    StretchRow row;
    row.thread = ThreadId{thread};
    row.start_ns = 0;
    row.end_ns = 1'000'000'000;
    row.state = state;
    row.object = b.text(object);
    b.profile.stretches.push_back(row);
    b.profile.threads[thread].waited_ns += 1'000'000'000;
  }
  [[nodiscard]] double measured() const { return measure_exchange(b.build(), select_all(b.build())); }

  test::ProfileBuilder b;
};

TEST_F(Exchange, PipesOfARunWithSeveralProcesses) {
  wait(0, "pipe:[12]");
  wait(1, "/data/file");
  EXPECT_DOUBLE_EQ(measured(), 1);
}

TEST_F(Exchange, BothEndsOfAConnection) {
  wait(0, "tcp 127.0.0.1:80 -> 127.0.0.1:4242");
  EXPECT_DOUBLE_EQ(measured(), 0) << "the other end may be anybody's";
  wait(1, "tcp 127.0.0.1:4242 -> 127.0.0.1:80");
  EXPECT_DOUBLE_EQ(measured(), 2);
}

TEST_F(Exchange, ASocketOfTwoProcesses) {
  wait(0, "unix /run/x.sock");
  EXPECT_DOUBLE_EQ(measured(), 0);
  wait(1, "unix /run/x.sock");
  EXPECT_DOUBLE_EQ(measured(), 2);
}

TEST_F(Exchange, OnlyInputAndOutput) {
  wait(0, "pipe:[12]", ThreadState::lock);
  EXPECT_DOUBLE_EQ(measured(), 0);
}

}  // namespace
}  // namespace strobe::analyze
