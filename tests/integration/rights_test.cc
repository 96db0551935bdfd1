// The promise of docs/security.md about Strobe's own rights: while it records, no thread of it holds more
// than it needs, and the program it started holds what it would have without Strobe.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "integration_fixture.h"

namespace strobe::test {
namespace {

/// CapPrm and NoNewPrivs of a thread, from its status.
struct Rights {
  uint64_t permitted = ~uint64_t{0};
  bool gains_nothing = false;
};

Rights rights_of(const std::string& status_file) {
  Rights rights;
  std::ifstream file(status_file);
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("CapPrm:", 0) == 0) rights.permitted = std::stoull(line.substr(7), nullptr, 16);
    if (line.rfind("NoNewPrivs:", 0) == 0) rights.gains_nothing = line.find('1') != std::string::npos;
  }
  return rights;
}

std::vector<Rights> rights_of_threads(pid_t pid) {
  std::vector<Rights> all;
  std::error_code ignored;
  const std::string folder = "/proc/" + std::to_string(pid) + "/task";
  for (const auto& thread : std::filesystem::directory_iterator(folder, ignored)) {
    all.push_back(rights_of(thread.path().string() + "/status"));
  }
  return all;
}

class OwnRights : public Integration, public testing::WithParamInterface<const char*> {};

TEST_P(OwnRights, AreGivenUpOnceRecordingBegan) {
  if (std::string(GetParam()) == "perf") STROBE_NEED_PERF();
  constexpr uint64_t kSysAdmin = uint64_t{1} << 21, kSetUid = uint64_t{1} << 7;
  const Rights own = rights_of("/proc/self/status");
  if ((own.permitted & (kSysAdmin | kSetUid)) == 0) GTEST_SKIP() << "started without capabilities to give up";

  const std::string gate = file("gate");
  ASSERT_EQ(::mkfifo(gate.c_str(), 0600), 0);
  ChildProgram strobe(arguments_of(
      strobe_run({"/bin/sh", "-c", "echo started; read line <" + gate + "; cat /proc/self/status"},
                 {"--engine", GetParam()})));
  ASSERT_TRUE(strobe.wait_for_output("started"));
  EXPECT_TRUE(wait_until([&] {
    const std::vector<Rights> threads = rights_of_threads(strobe.pid());
    bool all = threads.size() >= 3;
    for (const Rights& thread : threads) {
      all = all && thread.gains_nothing && (thread.permitted & (kSysAdmin | kSetUid)) == 0;
    }
    return all;
  })) << "some thread of Strobe kept its rights";
  std::ofstream(gate) << "go on\n";
  const ProgramResult result = strobe.finish();
  ASSERT_EQ(result.status, 0) << result.err;
  const std::string copy = file("status");
  std::ofstream(copy) << result.out;
  const Rights program = rights_of(copy);
  EXPECT_EQ(program.permitted, own.permitted);
  EXPECT_EQ(program.gains_nothing, own.gains_nothing);
}

INSTANTIATE_TEST_SUITE_P(Both, OwnRights, testing::Values("perf", "ptrace"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace strobe::test
