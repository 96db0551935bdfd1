// What the integration tests share: a folder, the paths of the program and the workloads, and the promise
// checked after each test that no process was left behind.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/run_strobe.h"
#include "support/temporary_folder.h"

namespace strobe::test {

inline constexpr const char* kStrobe = STROBE_PROGRAM;

/// Path of a native sample workload.
[[nodiscard]] inline std::string workload(const std::string& name) {
  return std::string(STROBE_WORKLOADS) + "/" + name;
}

/// Whether this process may open a perf event on itself; always looked up, never assumed from the user id.
[[nodiscard]] bool perf_is_allowed();

class Integration : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  /// `strobe run` of a command in the test's folder.
  [[nodiscard]] StrobeCommand strobe_run(std::vector<std::string> command,
                                         std::vector<std::string> options = {}) const;
  [[nodiscard]] std::string file(const std::string& name) const { return folder_.file(name); }
  [[nodiscard]] const std::string& folder() const { return folder_.path(); }

  /// Runs `strobe` with these arguments, in the test's folder, to its end.
  [[nodiscard]] ProgramResult strobe(std::vector<std::string> arguments) const;
  /// The JSON report of a recording, made by `strobe report`; null where that fails.
  [[nodiscard]] nlohmann::json report_of(const std::string& recording) const;

 private:
  TemporaryFolder folder_;
};

}  // namespace strobe::test

/// Skips a test that needs perf events where they are refused; STROBE_REQUIRE_PERF=1 makes that a failure.
#define STROBE_NEED_PERF()                                                              \
  if (!::strobe::test::perf_is_allowed()) {                                             \
    if (const char* required = std::getenv("STROBE_REQUIRE_PERF"); required != nullptr) \
      FAIL() << "perf events are refused here and STROBE_REQUIRE_PERF is set";          \
    GTEST_SKIP() << "perf events are refused here";                                     \
  }
