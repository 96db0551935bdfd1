// Where stacks end early and names are missing: by module, and by thread. Pure sums over a profile.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/recording.h"

namespace strobe::analyze {

/// Stacks that ended early in one module for one reason.
struct StackFault {
  std::string module;  ///< path or pseudo-name; empty where no module is involved
  LossReason reason = LossReason::none;
  uint64_t stacks = 0;
  double share = 0;  ///< of the stored samples
};
/// Most first, as recorded.
[[nodiscard]] std::vector<StackFault> find_stack_faults(const Quality& quality);

/// A module with code that has no name.
struct NamelessModule {
  std::string module;
  ModuleKind kind = ModuleKind::file;
  LossReason reason = LossReason::none;  ///< the most frequent one
  uint64_t missing = 0;                  ///< distinct frames without a name
  uint64_t frames = 0;                   ///< distinct frames of the module
  uint64_t samples = 0;                  ///< whose innermost code is such a frame
  double share = 0;                      ///< they are of the stored samples
};
/// Most samples first, then most frames, then by name. Empty until the recording was symbolized.
[[nodiscard]] std::vector<NamelessModule> find_nameless_modules(const Profile& profile);

/// A thread with stacks that are not complete.
struct ThreadFault {
  int32_t pid = 0;
  int32_t tid = 0;
  std::string process;  ///< command
  std::string thread;   ///< name
  uint64_t stored = 0;
  uint64_t not_complete = 0;
  double share = 0;  ///< of all stacks that are not complete
};
/// Most first.
[[nodiscard]] std::vector<ThreadFault> find_thread_faults(const Profile& profile);

/// The one thread, or else the one process, that has most of the incomplete stacks, far more than its part of
/// the samples; empty where it is everybody. Such as "thread 12 (render) of process 10 has 97 % of them".
[[nodiscard]] std::string name_faulty_thread(const std::vector<ThreadFault>& faults, uint64_t stored);

/// Whether the stack of a sample reaches the thread's start.
[[nodiscard]] bool is_complete(StackClass stack_class);

}  // namespace strobe::analyze
