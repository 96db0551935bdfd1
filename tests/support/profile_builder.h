// Builds Profiles by hand for tests of what comes after them: names in, rows out. Functions become one frame
// each; stacks are given root first.
#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <vector>

#include "model/recording.h"

namespace strobe::test {

class ProfileBuilder {
 public:
  ProfileBuilder();

  StringId text(const std::string& text);
  ModuleId module(const std::string& path, ModuleKind kind = ModuleKind::file);
  ProcessId process(int32_t pid, const std::string& command, ProcessId parent = {});
  ThreadId thread(ProcessId process, int32_t tid, const std::string& name, double cpu_seconds);
  FunctionId function(const std::string& name, const std::string& file, uint32_t line, ModuleId module,
                      Language language = Language::native);
  /// A frame in `function` at `line` of its file; `outer` is what it was inlined into.
  FrameId frame(FunctionId function, uint32_t line = 0, FrameId outer = {});
  /// A frame without a function.
  FrameId nameless_frame(ModuleId module, uint64_t address);
  /// Interned, root first.
  StackId stack(const std::vector<FrameId>& frames);
  void samples(ThreadId thread, StackId stack, uint64_t count, StackClass stack_class = StackClass::complete);

  /// Time off the CPU from `start` to `end`, in seconds of the recording. What the row has besides is set in
  /// what it returns, which is valid until the next call.
  StretchRow& stretch(ThreadId thread, StackId stack, ThreadState state, double start, double end);
  /// Ends the thread's life so that its CPU time and `waited` seconds fill it; of them, `runnable` ready to
  /// run.
  void waited(ThreadId thread, double waited, double runnable);

  /// The profile with the counts of its quality that follow from its samples.
  [[nodiscard]] Profile build() const;

  Profile profile;  ///< for what the functions above do not set

 private:
  std::map<std::string, StringId> texts_;
  std::map<std::pair<StackId, FrameId>, StackId> stacks_;
};

/// A profile with something of everything: two processes, inlining, recursion, kernel frames, a module
/// without symbols, a thread too short to be sampled, a sample without a stack. The data of the golden tests.
[[nodiscard]] Profile varied_profile();

/// One of a Python process whose threads wait: for the GIL, a lock with a known owner and one without, a
/// condition, a pipe and a time; short waits are kept by one in fifty. One thread nobody looked at.
[[nodiscard]] Profile waiting_profile();

/// One whose every name is hostile: escape sequences, line breaks, direction overrides, bytes that are no
/// UTF-8.
[[nodiscard]] Profile hostile_profile();

/// One of which little can be believed: stacks that end early for every reason, lost samples, modules without
/// names, one thread to blame; one module's name is hostile.
[[nodiscard]] Profile poor_profile();

}  // namespace strobe::test
