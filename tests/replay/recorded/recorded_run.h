// Runs a program under the perf engine inside of the test and hands out every sample as the recorder gets it:
// with the address space of its process at that moment and the process's live memory.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "model/address_space.h"
#include "model/quality.h"
#include "model/raw_sample.h"
#include "record/module_table.h"
#include "record/tables.h"
#include "record/target_tracker.h"
#include "sampling/engine.h"

namespace strobe::test {

inline constexpr uint32_t kLargestCopy = 65'528;  ///< of user stack that the kernel gives with a sample

/// What a visitor sees of one sample; everything is borrowed for the call.
struct SeenSample {
  const RawSample& sample;
  const AddressSpace& space;
  MemoryReader* live = nullptr;
};
using SampleVisitor = std::function<void(const SeenSample&)>;

class RecordedRun final : public EventSink {
 public:
  explicit RecordedRun(SampleVisitor visitor);

  /// Runs `command` (a shell's command line, its output thrown away) to its end, or until `max_samples`.
  /// `not_permitted` where perf events are refused.
  Result<Quality> run(const std::string& command, const sampling::EngineOptions& options,
                      uint64_t max_samples);

  [[nodiscard]] record::ModuleTable& modules() { return modules_; }
  [[nodiscard]] uint64_t samples() const { return samples_; }

  void on_sample(const RawSample& sample) override;
  void on_fork(const ForkEvent& event) override { tracker_.on_fork(event); }
  void on_exit(const ExitEvent& event) override { tracker_.on_exit(event); }
  void on_comm(const CommEvent& event) override { tracker_.on_comm(event); }
  void on_map(const MapEvent& event) override { tracker_.on_map(event); }
  void on_lost(const LostEvent& /*event*/) override {}
  void on_thread_cpu(const ThreadCpuEvent& /*event*/) override {}

 private:
  SampleVisitor visitor_;
  record::StringTable strings_;
  record::ModuleTable modules_;
  record::TargetTracker tracker_;
  uint64_t samples_ = 0;
};

/// A native sample workload and its arguments, as a shell has them.
[[nodiscard]] std::string workload_command(const std::string& name_and_arguments);

/// Programs of the system that are at work for a second or so; only those that are installed.
[[nodiscard]] std::vector<std::string> installed_program_commands();

}  // namespace strobe::test

/// Skips a test where perf events are refused; STROBE_REQUIRE_PERF makes that a failure.
#define STROBE_SKIP_WITHOUT_PERF(result)                                                \
  if (!(result) && (result).error().code == ErrorCode::not_permitted) {                 \
    if (std::getenv("STROBE_REQUIRE_PERF") != nullptr) FAIL() << (result).error().what; \
    GTEST_SKIP() << "perf events are refused here: " << (result).error().what;          \
  }                                                                                     \
  ASSERT_TRUE(result) << (result).error().what
