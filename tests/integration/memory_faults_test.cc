// Recorded allocations where something is in the way: programs that cannot be seen, real programs whose
// output must be their own, and what the library in them may need of the system.
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "memory_fixture.h"

namespace strobe::test {
namespace {

using nlohmann::json;

std::string output_of(const std::vector<std::string>& command) { return ChildProgram(command).finish().out; }

class MemoryAgent : public Integration {};

/// Nothing but the C library, in a version that Debian 12 and its contemporaries have.
TEST_F(MemoryAgent, NeedsTheCLibraryAlone) {
  std::istringstream needed(output_of({"readelf", "-d", STROBE_HEAP_AGENT}));
  int libraries = 0;
  for (std::string line; std::getline(needed, line);) {
    if (line.find("(NEEDED)") == std::string::npos) continue;
    ++libraries;
    const bool of_c =
        line.find("[libc.so.6]") != std::string::npos || line.find("[ld-linux-") != std::string::npos;
    EXPECT_TRUE(of_c) << line;
  }
  EXPECT_GE(libraries, 1);
  std::istringstream symbols(output_of({"nm", "-D", "--undefined-only", STROBE_HEAP_AGENT}));
  int count = 0;
  for (std::string line; std::getline(symbols, line);) {
    ++count;
    const size_t version = line.find("@GLIBC_2.");
    const bool weak = line.find(" w ") != std::string::npos;
    ASSERT_TRUE(weak || version != std::string::npos) << line;
    if (!weak) {
      EXPECT_LE(std::stoi(line.substr(version + 9)), 34) << line;
    }
    EXPECT_EQ(line.find("_Unwind"), std::string::npos) << line;
  }
  EXPECT_GT(count, 5);
}

class MemoryUnseen : public MemoryTest {
 protected:
  static void expect_unseen(const StrobeRun& run, const std::string& command, const std::string& reason) {
    ASSERT_EQ(run.program.status, 0) << run.program.err;
    for (const json& row : run.report.at("quality").at("memory").at("unseen")) {
      if (row.at("command") == command && row.at("reason") == reason) return;
    }
    ADD_FAILURE() << command << ": " << run.report.at("quality").at("memory").dump(1);
  }
};

TEST_F(MemoryUnseen, StaticBinariesAreNamed) {
  expect_unseen(record_all({workload("static_binary"), "0.05"}), "static_binary", "static binary");
}

TEST_F(MemoryUnseen, ClearedEnvironmentsAreNamed) {
  const StrobeRun run = record_all({"env", "-i", workload("heap_shapes"), "1"});
  expect_unseen(run, "heap_shapes", "environment cleared");
  EXPECT_TRUE(memory_row(run.report, "leak_blocks").is_null());
}

TEST_F(MemoryUnseen, AreNoneInAnOrdinaryRun) {
  const StrobeRun run = record_all({"sh", "-c", "ls / > /dev/null; cat /dev/null; true"});
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  EXPECT_TRUE(run.report.at("quality").at("memory").at("unseen").empty())
      << run.report.at("quality").at("memory").dump(1);
  EXPECT_GE(run.report.at("quality").at("memory").at("processes").get<int>(), 3);
}

/// Their output, with and without, in both modes.
class MemoryOfRealPrograms : public MemoryTest, public ::testing::WithParamInterface<const char*> {
 protected:
  void expect_same(const std::vector<std::string>& command) const {
    const ProgramResult without = ChildProgram(command).finish();
    ASSERT_EQ(without.status, 0) << without.err;
    const StrobeRun run = run_strobe(strobe_run(command, {GetParam(), "-q", "--force"}));
    EXPECT_EQ(run.program.status, 0) << run.program.err;
    EXPECT_EQ(run.program.out, without.out);
    ASSERT_NO_FATAL_FAILURE(expect_whole_memory(run.report)) << run.program.err;
    EXPECT_GT(run.report.at("quality").at("memory").at("events").get<uint64_t>(), 0U);
  }
};

TEST_P(MemoryOfRealPrograms, GitSaysTheSame) {
  if (ChildProgram({"git", "--version"}).finish().status != 0) GTEST_SKIP() << "there is no git";
  const std::string repository = file("repository");
  ASSERT_EQ(ChildProgram({"git", "init", "-q", repository}).finish().status, 0);
  std::filesystem::copy_file(kStrobe, repository + "/file");
  ASSERT_EQ(ChildProgram({"git", "-C", repository, "add", "file"}).finish().status, 0);
  expect_same({"git", "-C", repository, "status", "--porcelain"});
  expect_same({"git", "-C", repository, "diff", "--cached", "--stat"});
}

TEST_P(MemoryOfRealPrograms, SqliteSaysTheSame) {
  if (ChildProgram({"sqlite3", "--version"}).finish().status != 0) GTEST_SKIP() << "there is no sqlite3";
  expect_same(
      {"sqlite3", ":memory:",
       "create table t(a, b); with recursive n(i) as (values(1) union all select i + 1 from n where i < "
       "20000) insert into t select i, hex(i) from n; select count(*), sum(length(b)) from t; "
       "select b from t order by b desc limit 5;"});
}

TEST_P(MemoryOfRealPrograms, PythonSaysTheSame) {
  expect_same({"/usr/bin/python3", "-c",
               "import json, threading, subprocess\n"
               "data = json.dumps([{'k': i, 'v': str(i) * 20} for i in range(20000)])\n"
               "def work(out): out.append(len(json.loads(data)))\n"
               "out = []\n"
               "threads = [threading.Thread(target=work, args=(out,)) for _ in range(4)]\n"
               "[t.start() for t in threads]\n"
               "[t.join() for t in threads]\n"
               "print(out, subprocess.run(['echo', 'child'], capture_output=True).stdout)\n"});
}

TEST_P(MemoryOfRealPrograms, ACompilerSaysTheSame) {
  const std::string source = file("source.cc");
  ChildProgram({"sh", "-c",
                "printf '#include <map>\\n#include <string>\\nstd::map<std::string, int> m;\\n"
                "int main() { return m[\"x\"]; }\\n' > " +
                    source})
      .finish();
  expect_same({"c++", "-O1", "-S", "-o", "-", source});
}

INSTANTIATE_TEST_SUITE_P(Both, MemoryOfRealPrograms, ::testing::Values("--memory", "--memory=all"),
                         [](const auto& parameter) {
                           return std::string(parameter.param) == "--memory" ? "sampled" : "all";
                         });

}  // namespace
}  // namespace strobe::test
