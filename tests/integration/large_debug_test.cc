// A program with hundreds of megabytes of debug information: its names and lines are found within a bound of
// memory, whether the debug information is in the program or packed in a file of its own. How long it takes
// is told by `./dev bench --only large`.
#include <gtest/gtest.h>

#include <filesystem>

#include "integration_fixture.h"
#include "report_checks.h"

namespace strobe::test {
namespace {

namespace fs = std::filesystem;

constexpr uintmax_t kProgramBytes = 300'000'000;
constexpr uintmax_t kRoomBytes = 600'000'000;
constexpr long kMaxPeakKib = 300'000'000 / 1024;
constexpr std::chrono::minutes kLinkingTime{4};

class LargeDebug : public Integration {};

TEST_F(LargeDebug, IsReadWithinABoundOfMemory) {
  STROBE_NEED_PERF();
  if (fs::space(folder()).available < kRoomBytes) GTEST_SKIP() << "no room for a large program here";
  const ProgramResult made =
      ChildProgram({"env", "CXX=" STROBE_CXX_COMPILER, STROBE_MAKE_LARGE, file("large")})
          .finish(kLinkingTime);
  ASSERT_EQ(made.status, 0) << made.err;
  ASSERT_GT(fs::file_size(file("large")), kProgramBytes);
  const StrobeRun run = run_strobe(strobe_run({file("large"), "1"}));
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  expect_quality_invariants(run.report);
  // Strobe's, its rings included; the program's own is far below it.
  EXPECT_LE(run.program.peak_kib, kMaxPeakKib);
  // Every unit has a function of that name. Only DWARF knows its lines.
  EXPECT_GE(amount_of(run.report, "(anonymous namespace)::work_of_a_unit", "total").share, 0.8)
      << run.report.at("functions").dump(1);
  double with_line = 0;
  for (const auto& line : run.report.at("lines")) {
    const std::string path = line.value("file", "");
    if (path.ends_with("large_unit.cc") || path.ends_with("recursion.h")) {
      with_line += line.at("self").at("share").get<double>();
    }
  }
  EXPECT_GE(with_line, 0.8);
}

}  // namespace
}  // namespace strobe::test
