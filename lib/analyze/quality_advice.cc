#include "analyze/quality_advice.h"

#include <fmt/format.h>

#include <algorithm>

#include "analyze/frame_keys.h"

namespace strobe::analyze {
namespace {

constexpr const char* kRuntimeOptions =
    "let the runtime keep frame pointers (java -XX:+PreserveFramePointer, node "
    "--interpreted-frames-native-stack, python3 -X perf)";

bool is_generated(const std::string& module) { return module.empty() || module == "[jit]"; }

std::string no_unwind_info_advice(const StackFault& fault) {
  if (is_generated(fault.module)) {
    return fmt::format(
        "Generated code has no call frame information, and its frame pointers lead nowhere: {}.",
        kRuntimeOptions);
  }
  return fmt::format(
      "{} has no call frame information where stacks end: compile it with -fasynchronous-unwind-tables or "
      "-fno-omit-frame-pointer; assembly needs .cfi_startproc and its kin.",
      basename_of(fault.module));
}

/// For a stack that ended early; empty where nothing can be done and nobody has to know.
std::string stack_advice(const StackFault& fault) {
  const std::string name = fault.module.empty() ? "a module that is not known" : basename_of(fault.module);
  switch (fault.reason) {
    case LossReason::stack_copy_short:
      return "Stacks were deeper than what was copied of them: record with a larger copy, up to "
             "--stack-bytes 65528.";
    case LossReason::no_unwind_info:
      return no_unwind_info_advice(fault);
    case LossReason::bad_unwind_info:
      return fmt::format(
          "The call frame information of {} is damaged or leads nowhere: look at it with readelf "
          "--debug-dump=frames, and build it anew without stripping .eh_frame.",
          name);
    case LossReason::no_mapping:
      return fmt::format("Stacks lead to addresses in no known mapping; where a runtime generates code, {}.",
                         kRuntimeOptions);
    case LossReason::unreadable_memory:
      return "Stack memory of the program could not be read: `strobe doctor PID`, while it runs, says why; "
             "--stack-bytes 65528 makes it unnecessary.";
    case LossReason::no_registers:
      return "The kernel gave no registers: threads that were ending, or 32-bit code, whose stacks Strobe "
             "cannot follow; build the program for 64 bits.";
    case LossReason::too_deep:
      return "Stacks have more frames than Strobe follows: limit the recursion to see its callers.";
    case LossReason::loop:
      return fmt::format(
          "Stacks run in circles in {}: compile it with -fasynchronous-unwind-tables, or record with "
          "--engine "
          "ptrace to compare.",
          name);
    default:
      return {};
  }
}

std::string file_advice(const NamelessModule& module) {
  return fmt::format(
      "{} has no names for its code: compile it with -g and do not strip it, or install its debug symbols "
      "(Debian: find-dbgsym-packages {}).",
      basename_of(module.module), module.module);  // it takes a path
}

std::string name_advice(const NamelessModule& module) {
  if (module.reason == LossReason::module_unreadable) {
    return fmt::format(
        "The file of {} could not be read, or is not the one that ran: make the report on the machine that "
        "recorded, before the file is replaced, and as a user who may read it.",
        basename_of(module.module));
  }
  switch (module.kind) {
    case ModuleKind::file:
      return file_advice(module);
    case ModuleKind::kernel:
    case ModuleKind::kernel_module:
      return "Kernel functions have no names: run the report as root, or after sysctl "
             "kernel.kptr_restrict=0, "
             "in the boot that was recorded; `strobe doctor` says what is allowed.";
    case ModuleKind::jit:
      return "Generated code has no names: let the runtime write /tmp/perf-PID.map (node --perf-basic-prof, "
             "java -XX:+DumpPerfMapAtExit, python3 -X perf).";
    case ModuleKind::vdso:
    case ModuleKind::unknown:
      return {};
  }
  return {};
}

void add_sample_advice(const Quality& quality, std::vector<Advice>& advice) {
  const SampleCounts& samples = quality.samples;
  const auto matters = [&](uint64_t count) {
    const auto all =
        static_cast<double>(samples.stored + samples.lost_kernel + samples.lost_queue + samples.late);
    return static_cast<double>(count) > kAdviseShare * all;
  };
  if (matters(samples.lost_kernel)) {
    advice.push_back({"", LossReason::ring_full,
                      "The kernel's rings were full: record at a lower rate (-r), with smaller copies "
                      "(--stack-bytes 8192), or allow larger rings; `strobe doctor` says how."});
  }
  if (matters(samples.lost_queue)) {
    advice.push_back({"", LossReason::queue_full,
                      "The recording could not be written fast enough: put it on a faster disk (-o FILE)."});
  }
  if (matters(samples.late)) {
    advice.push_back({"", LossReason::late,
                      "Samples came too late to be put in order: record at a lower rate (-r), or leave a CPU "
                      "to Strobe."});
  }
}

}  // namespace

std::vector<Advice> advise(const Quality& quality, const std::vector<StackFault>& stacks,
                           const std::vector<NamelessModule>& nameless) {
  std::vector<Advice> advice;
  add_sample_advice(quality, advice);
  const auto add = [&](const std::string& module, LossReason reason, std::string text, size_t& left) {
    const bool said =
        std::any_of(advice.begin(), advice.end(), [&](const Advice& other) { return other.text == text; });
    if (text.empty() || said || left == 0) return;
    advice.push_back({module, reason, std::move(text)});
    --left;
  };
  size_t stacks_left = kMaxAdvicePerKind, names_left = kMaxAdvicePerKind;
  for (const StackFault& fault : stacks) {
    if (fault.share >= kAdviseShare) add(fault.module, fault.reason, stack_advice(fault), stacks_left);
  }
  for (const NamelessModule& module : nameless) {
    if (module.share >= kAdviseShare) add(module.module, module.reason, name_advice(module), names_left);
  }
  return advice;
}

}  // namespace strobe::analyze
