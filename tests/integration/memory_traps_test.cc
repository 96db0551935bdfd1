// Recorded allocations of programs that do what makes it hard to stand in front of malloc, and of programs
// whose Strobe stands still or is killed. What they allocate is exact all the same, and what they do is what
// they do without.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "memory_fixture.h"

namespace strobe::test {
namespace {

using nlohmann::json;

class MemoryTraps : public MemoryTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(MemoryTraps, LeaveTheAccountExact) {
  const StrobeRun run =
      record_all({STROBE_HEAP_TRAPS, GetParam(), STROBE_FIRST_PLUGIN, STROBE_SECOND_PLUGIN});
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  expect_exact_heap(run);
  EXPECT_TRUE(run.report.at("quality").at("memory").at("unseen").empty());
}

INSTANTIATE_TEST_SUITE_P(All, MemoryTraps, ::testing::Values("fork", "vfork", "ends", "close"),
                         [](const auto& parameter) { return std::string(parameter.param); });

class MemoryMistakes : public MemoryTest, public ::testing::WithParamInterface<const char*> {};

/// The C library's words and the signal are those that the program has without Strobe.
TEST_P(MemoryMistakes, EndTheProgramAsTheyDoWithout) {
  const ProgramResult without = ChildProgram({STROBE_HEAP_TRAPS, GetParam()}).finish();
  ASSERT_EQ(without.status, 128 + SIGABRT);
  ASSERT_NE(without.err.find("free()"), std::string::npos) << without.err;
  for (const char* mode : {"--memory=all", "--memory"}) {
    const StrobeRun run = run_strobe(strobe_run({STROBE_HEAP_TRAPS, GetParam()}, {mode, "-q", "--force"}));
    EXPECT_EQ(run.program.status, without.status);
    EXPECT_EQ(run.program.err, without.err);
    ASSERT_NO_FATAL_FAILURE(expect_whole_memory(run.report));
    const bool told = std::string(GetParam()) == "twice" && std::string(mode) == "--memory=all";
    EXPECT_EQ(run.report.at("memory").at("processes").at(0).at("invalid_frees"), told ? 1 : 0);
  }
}

INSTANTIATE_TEST_SUITE_P(All, MemoryMistakes, ::testing::Values("twice", "none"),
                         [](const auto& parameter) { return std::string(parameter.param); });

class MemoryPaths : public MemoryTest {};

// LD_PRELOAD knows no quotes: nothing of these may get into it.
TEST_F(MemoryPaths, WithSpacesAndColonsAreNoObstacle) {
  const std::string place = file("a place: with spaces");
  std::filesystem::create_directory(place);
  std::filesystem::copy_file(STROBE_HEAP_CALLS, place + "/heap calls");
  StrobeCommand command = strobe_run({place + "/heap calls"}, {"--memory=all", "-q"});
  command.folder = place;
  command.wrapper = {"env", "XDG_CACHE_HOME=" + place, "TMPDIR=" + place};
  const StrobeRun run = run_strobe(command);
  ASSERT_EQ(run.program.status, 0);
  EXPECT_EQ(run.program.err, "");
  expect_exact_heap(run);
}

/// A program that is told when to go on, and says how long it took.
class MemoryAlone : public MemoryTest {
 protected:
  void SetUp() override {
    MemoryTest::SetUp();
    STROBE_NEED_PERF();  // who stops threads holds them when he is stopped
    path_ = file("go");
    ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
    go_ = UniqueFd(::open(path_.c_str(), O_RDWR | O_CLOEXEC));
    ASSERT_TRUE(go_);
  }
  void go() const { ASSERT_EQ(::write(go_.get(), "x", 1), 1); }
  /// What the program said of one of its parts.
  static json said(const std::string& output, const std::string& part) {
    std::istringstream lines(output);
    for (std::string line; std::getline(lines, line);) {
      const json parsed = json::parse(line, nullptr, false);
      if (parsed.is_object() && parsed.contains(part)) return parsed.at(part);
    }
    return {};
  }
  /// It waited once, for as long as it may, and then no more.
  static void expect_one_wait(const std::string& output) {
    const json alone = said(output, "alone");
    ASSERT_TRUE(alone.is_object()) << output;
    EXPECT_GE(alone.at("longest_ms").get<double>(), 1900);
    EXPECT_LE(alone.at("total_ms").get<double>(), alone.at("longest_ms").get<double>() + 1500);
    const json after = said(output, "after");
    ASSERT_TRUE(after.is_object()) << output;
    EXPECT_LE(after.at("total_ms").get<double>(), 1000) << "every allocation still costs something";
  }
  [[nodiscard]] StrobeCommand command() const {
    return strobe_run({STROBE_HEAP_TRAPS, "alone", path_}, {"--memory=all", "-q"});
  }

  std::string path_;
  UniqueFd go_;
};

TEST_F(MemoryAlone, AStoppedStrobeHoldsTheProgramUpOnceAndSaysThatItCannotJudge) {
  const StrobeCommand run = command();
  ChildProgram program(arguments_of(run), {.folder = folder()});
  ASSERT_TRUE(program.wait_for_output("ready\n")) << program.err();
  program.send(SIGSTOP);
  go();
  const bool went_on = program.wait_for_output("\"after\"");
  program.send(SIGCONT);
  ASSERT_TRUE(went_on) << "it waits for a Strobe that is stopped";
  go();
  const StrobeRun done = read_run(run, program.finish());
  ASSERT_EQ(done.program.status, 0) << done.program.err;
  expect_one_wait(done.program.out);
  const json& quality = done.report.at("quality").at("memory");
  EXPECT_FALSE(quality.at("judged").get<bool>());
  EXPECT_NE(quality.dump().find("did not take its events for 2 s"), std::string::npos) << quality.dump();
  const ProgramResult view = strobe({"report", done.recording, "memory"});
  EXPECT_NE(view.out.find("cannot be judged"), std::string::npos) << view.out;
}

TEST_F(MemoryAlone, AKilledStrobeHoldsTheProgramUpOnceAndNoMore) {
  ChildProgram program(arguments_of(command()), {.folder = folder()});
  ASSERT_TRUE(program.wait_for_output("ready\n")) << program.err();
  program.send(SIGKILL);
  ASSERT_EQ(program.finish().status, 128 + SIGKILL);
  go();
  go();
  ASSERT_TRUE(program.read_to_end()) << "the program does not end: " << program.out();
  expect_one_wait(program.out());
  EXPECT_NE(program.out().find("done\n"), std::string::npos) << "it ended early: " << program.out();
  EXPECT_EQ(program.err(), "");
}

}  // namespace
}  // namespace strobe::test
