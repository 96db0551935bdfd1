// The pstats export as Python's pstats prints it, of the fixed profiles.
#include <fstream>
#include <optional>

#include "golden_file.h"
#include "report/pstats_export.h"
#include "support/child_program.h"
#include "support/profile_builder.h"
#include "support/temporary_folder.h"

namespace strobe::report {
namespace {

constexpr const char* kTable =
    "import pstats, sys\n"
    "stats = pstats.Stats(sys.argv[1])\n"
    "stats.files = []\n"  // their line has the time of the file
    "stats.sort_stats('tottime', 'stdname').print_stats()\n";
constexpr const char* kCalls =
    "stats.print_callers()\n"
    "stats.sort_stats('ncalls', 'stdname').print_callees('main|walk')\n";

/// None without a Python.
std::optional<std::string> print_with_python(const Profile& profile, const std::string& script) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("export.prof");
  std::ofstream(path, std::ios::binary)
      << write_pstats(analyze::make_function_table(profile, analyze::select_all(profile), true));
  test::ProgramResult result = test::ChildProgram({"python3", "-c", script, path}).finish();
  if (result.status == 127) return std::nullopt;
  EXPECT_EQ(result.status, 0) << result.err;
  return result.out;
}

void expect_printed(const std::string& golden, const Profile& profile, const std::string& script) {
  const std::optional<std::string> printed = print_with_python(profile, script);
  if (!printed) GTEST_SKIP() << "there is no python3";
  test::expect_golden(golden, *printed);
}

TEST(GoldenPstats, VariedProfile) {
  expect_printed("pstats.txt", test::varied_profile(), std::string(kTable) + kCalls);
}
TEST(GoldenPstats, NoSamples) {
  expect_printed("pstats_empty.txt", test::ProfileBuilder().build(), std::string(kTable) + kCalls);
}
TEST(GoldenPstats, HostileNames) { expect_printed("pstats_hostile.txt", test::hostile_profile(), kTable); }

}  // namespace
}  // namespace strobe::report
