// Whole programs, dynamic loader included, unwound at every single instruction (prologues, epilogues, PLT,
// hand-written assembly) and held against the shadow stack; libunwind's score stands beside ours.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iterator>
#include <map>
#include <sstream>

#include "support/own_process.h"
#include "support/stepped_program.h"
#include "unwind/oracle/libunwind_oracle.h"
#include "unwind/unwinder.h"

namespace strobe::unwind {
namespace {

constexpr size_t kStackBytes = 32 * 1024;

struct Score {
  uint64_t instructions = 0;
  uint64_t right = 0;
  uint64_t wrong = 0;       ///< said complete, and is not the truth
  uint64_t incomplete = 0;  ///< said so
  uint64_t libunwind_right = 0;
  uint64_t libunwind_seen = 0;
  std::map<std::string, uint64_t> places;  ///< of what was not right
};

class Comparison {
 public:
  explicit Comparison(test::SteppedProgram& program) : program_(&program) { read_mappings(); }

  void read_mappings() {
    image_ = std::make_unique<test::ProcessImage>(program_->pid());
    unwinder_ = std::make_unique<Unwinder>(*image_);
  }

  void look(bool with_oracle) {
    RawSample sample{.has_registers = true, .registers = program_->registers(), .stack_full = true};
    const uint64_t sp = sample.registers.value[x86_64::kRsp];
    test::ProcessMemory memory(program_->pid());
    stack_.resize(std::min(kStackBytes, image_->mapping_end(sp) - sp));
    if (!memory.read_memory(sp, stack_)) stack_.clear();
    sample.stack = stack_;
    unwinder_->unwind({.sample = sample, .space = image_->space()}, out_);
    judge();
    if (!with_oracle) return;
    test::BytesReader bytes(sp, stack_);
    ++score_.libunwind_seen;
    score_.libunwind_right +=
        unwind_with_libunwind(
            {.registers = sample.registers, .space = image_->space(), .modules = *image_, .memory = bytes}) ==
        program_->truth();
  }

  [[nodiscard]] const Score& score() const { return score_; }

 private:
  void judge() {
    const std::vector<uint64_t> truth = program_->truth();
    std::vector<uint64_t> ours;
    for (const UnwoundFrame& frame : out_.frames) ours.push_back(raw(frame.address));
    ++score_.instructions;
    const bool complete = out_.stack_class == StackClass::complete;
    if (complete && ours == truth) {
      ++score_.right;
      return;
    }
    ++(complete ? score_.wrong : score_.incomplete);
    std::string place = (complete ? "wrong " : std::string(name_of(out_.reason)) + " ") +
                        place_of(truth.front()) + " at depth " + std::to_string(ours.size()) + " of " +
                        std::to_string(truth.size());
    for (size_t i = 0; i < std::max(ours.size(), truth.size()); ++i) {
      const uint64_t a = i < ours.size() ? ours[i] : 0;
      const uint64_t b = i < truth.size() ? truth[i] : 0;
      if (a != b) {
        place += " first off: " + place_of(a) + " not " + place_of(b);
        break;
      }
    }
    ++score_.places[place];
  }

  std::string place_of(uint64_t address) const {
    const Mapping* mapping = image_->space().find(RuntimeAddr{address});
    char text[32];
    std::snprintf(text, sizeof text, "%#lx",
                  mapping == nullptr ? address : raw(mapping->to_file(RuntimeAddr{address})));
    return (mapping == nullptr ? "?" : image_->path(mapping->module)) + "+" + text;
  }

  test::SteppedProgram* program_;
  std::unique_ptr<test::ProcessImage> image_;
  std::unique_ptr<Unwinder> unwinder_;
  std::vector<std::byte> stack_;
  UnwoundStack out_;
  Score score_;
};

constexpr uint64_t kSteps = 30'000;
/// Beyond the dynamic loader to the end of a small program.
constexpr uint64_t kStepsToTheEnd = 400'000;

uint64_t step_limit(uint64_t usual) {
  const char* text = std::getenv("STROBE_REPLAY_STEPS");
  return text == nullptr ? usual : std::strtoull(text, nullptr, 10);
}

void run(const std::vector<std::string>& arguments, double least_right, uint64_t steps_wanted = kSteps) {
  auto program = test::SteppedProgram::start(arguments);
  if (!program) GTEST_SKIP() << "ptrace of own children is refused here";
  Comparison comparison(*program);
  for (uint64_t steps = step_limit(steps_wanted); steps > 0; --steps) {
    comparison.look(steps % 16 == 0);
    if (!program->step()) break;
    if (program->made_system_call()) comparison.read_mappings();
  }
  const Score& score = comparison.score();
  std::string places;
  for (const auto& [place, count] : score.places) places += place + ": " + std::to_string(count) + "\n";
  std::printf("%lu instructions, right %lu, wrong %lu, incomplete %lu; libunwind right %lu of %lu\n%s",
              score.instructions, score.right, score.wrong, score.incomplete, score.libunwind_right,
              score.libunwind_seen, places.c_str());
  EXPECT_GT(score.instructions, 1000u);
  EXPECT_GE(static_cast<double>(score.right), least_right * static_cast<double>(score.instructions));
  EXPECT_EQ(score.wrong, 0u) << places;
}

TEST(SteppedUnwind, DynamicProgram) { run({"/bin/ls", "/"}, 0.999); }
TEST(SteppedUnwind, Shell) { run({"/bin/sh", "-c", "x=1; y=$((x+1)); echo $y >/dev/null"}, 0.999); }

TEST(SteppedUnwind, Static) { run({STROBE_WORKLOADS "/static_binary", "0.001"}, 0.999); }
TEST(SteppedUnwind, StaticPie) { run({STROBE_WORKLOADS "/static_pie", "0.001"}, 0.999); }
TEST(SteppedUnwind, NonPie) { run({STROBE_WORKLOADS "/non_pie", "0.001"}, 0.999); }
TEST(SteppedUnwind, EhFrame) { run({STROBE_SHAPES "/shapes_eh_frame"}, 0.999, kStepsToTheEnd); }
TEST(SteppedUnwind, OnlyDebugFrame) { run({STROBE_SHAPES "/shapes_debug_frame"}, 0.999, kStepsToTheEnd); }
TEST(SteppedUnwind, FramePointersWithoutCfi) { run({STROBE_SHAPES "/shapes_no_cfi"}, 0.999, kStepsToTheEnd); }

/// Any other program: STROBE_REPLAY_COMMAND='/usr/bin/gzip -k file' STROBE_REPLAY_STEPS=1000000.
TEST(SteppedUnwind, ProgramOfYourChoice) {
  const char* command = std::getenv("STROBE_REPLAY_COMMAND");
  std::istringstream words(command != nullptr ? command : "/bin/cat /proc/self/status");
  std::vector<std::string> arguments{std::istream_iterator<std::string>(words), {}};
  run(arguments, 0.999);
}

}  // namespace
}  // namespace strobe::unwind
