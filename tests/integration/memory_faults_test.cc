// Recorded allocations where something is in the way: programs that cannot be seen, allocators that they
// bring, and what the library in them may need of the system.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

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

// The loader ignores LD_PRELOAD where a program has other rights than its caller.
TEST_F(MemoryUnseen, SetuidProgramsAreNamed) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root makes a program of somebody else";
  struct statvfs system {};
  ASSERT_EQ(::statvfs(folder().c_str(), &system), 0);
  if ((system.f_flag & ST_NOSUID) != 0) GTEST_SKIP() << "set-id programs are not obeyed in " << folder();
  constexpr uid_t kNobody = 65534;
  const std::string program = file("other_rights");
  std::filesystem::copy_file("/usr/bin/sleep", program);
  ASSERT_EQ(::chown(program.c_str(), kNobody, static_cast<gid_t>(-1)), 0);
  ASSERT_EQ(::chmod(program.c_str(), 04755), 0);
  // Nothing could tell the program that it was looked at: it stays for longer than that takes.
  expect_unseen(record_all({program, "2"}), "other_rights", "setuid program");
}

TEST_F(MemoryUnseen, ProgramsOf32BitsAreNamed) {
  const ProgramResult built =
      ChildProgram({"sh", "-c",
                    "printf '.globl _start\n_start: mov $1, %%eax\nmov $7, %%ebx\nint $0x80\n' | "
                    "as --32 -o of32.o - && ld -m elf_i386 -o of32 of32.o"},
                   {.folder = folder()})
          .finish();
  if (built.status != 0) GTEST_SKIP() << "no 32-bit program can be built: " << built.err;
  if (ChildProgram({file("of32")}).finish().status != 7) GTEST_SKIP() << "the kernel runs no 32-bit programs";
  expect_unseen(record_all({"sh", "-c", file("of32") + "; true"}), "of32", "not a 64-bit program");
}

// The folder of the rings is not there: a sandbox of its own.
TEST_F(MemoryUnseen, ProgramsInSandboxesAreNamed) {
  const std::string hide = "mount -t tmpfs none /dev/shm && exec ";
  if (ChildProgram({"unshare", "-m", "sh", "-c", hide + "true"}).finish().status != 0) {
    GTEST_SKIP() << "no namespace can be made here";
  }
  expect_unseen(record_all({"unshare", "-m", "sh", "-c", hide + workload("heap_shapes") + " 1"}),
                "heap_shapes", "no access to the folder of the recording");
}

TEST_F(MemoryUnseen, AreNoneInAnOrdinaryRun) {
  const StrobeRun run = record_all({"sh", "-c", "ls / > /dev/null; cat /dev/null; true"});
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  EXPECT_TRUE(run.report.at("quality").at("memory").at("unseen").empty())
      << run.report.at("quality").at("memory").dump(1);
  EXPECT_GE(run.report.at("quality").at("memory").at("processes").get<int>(), 3);
}

/// A library in the system's folder whose name begins so; empty where it is not installed.
std::string find_library(const std::string& name) {
  for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/x86_64-linux-gnu")) {
    if (entry.path().filename().string().starts_with(name)) return entry.path();
  }
  return {};
}

/// Allocators of other people: jemalloc, tcmalloc, mimalloc.
class MemoryOfAllocators : public MemoryTest, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    MemoryTest::SetUp();
    library_ = find_library(GetParam());
    if (library_.empty()) GTEST_SKIP() << "there is no " << GetParam();
  }
  std::string library_;
};

TEST_P(MemoryOfAllocators, AreSeenWhereTheyArePreloaded) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{STROBE_HEAP_CALLS}, {STROBE_HEAP_NEW, "free"}, {STROBE_HEAP_NEW, "leak"}}) {
    StrobeCommand command = strobe_run(words, {"--memory=all", "--force"});
    command.wrapper = {"env", "LD_PRELOAD=" + library_};
    const StrobeRun run = run_strobe(command);
    ASSERT_EQ(run.program.status, 0) << run.program.err;
    expect_exact_heap(run);
  }
}

TEST_P(MemoryOfAllocators, AreSeenWhereTheyAreLinked) {
  const std::string source = std::string(STROBE_PYTHON_SUPPORT) + "/heap_calls.c";
  const ProgramResult built = ChildProgram({STROBE_C_COMPILER, "-O2", "-g", "-fno-builtin", "-o",
                                            file("linked"), source, "-Wl,--no-as-needed", library_})
                                  .finish();
  ASSERT_EQ(built.status, 0) << built.err;
  const StrobeRun run = record_all({file("linked")});
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  expect_exact_heap(run);
}

INSTANTIATE_TEST_SUITE_P(Of, MemoryOfAllocators,
                         ::testing::Values("libjemalloc.so.", "libtcmalloc_minimal.so.", "libmimalloc.so."),
                         [](const auto& parameter) {
                           const std::string name = parameter.param;
                           return name.substr(3, name.find('.') - 3);
                         });

}  // namespace
}  // namespace strobe::test
