// Registers and stack bytes of one sample in, frames out. Uses the CFI of the modules (module_cfi.h),
// caches what it learns by address, falls back to libunwind for CFI that is not modelled and to frame
// pointers where there is none. One Unwinder per thread.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/memory_reader.h"
#include "model/address_space.h"
#include "model/losses.h"
#include "model/raw_sample.h"
#include "unwind/module_cfi.h"

namespace strobe::unwind {

/// Where the unwinder gets a module's unwind information; asked once per module and address-space change.
class CfiSource {
 public:
  /// nullptr where the module has none or could not be read. Valid as long as the source.
  virtual const ModuleCfi* find_cfi(ModuleId module) = 0;

 protected:
  ~CfiSource() = default;
};

struct UnwindRequest {
  const RawSample& sample;  // a request lives for one call: the only struct with reference members
  const AddressSpace& space;
  MemoryReader* live = nullptr;  ///< the live thread's memory, to complete a truncated stack; may be null
};

struct UnwoundStack {
  std::vector<UnwoundFrame> frames;  ///< innermost first
  /// Of each frame; what lies from it up to that of its caller is the frame's own. Fewer than there are
  /// frames where the outermost ones were taken from an earlier sample.
  std::vector<uint64_t> stack_pointers;
  StackClass stack_class = StackClass::none;
  LossReason reason = LossReason::none;  ///< why it ended early
  ModuleId blame;                        ///< the module of the frame that could not be left
};

class Unwinder {
 public:
  explicit Unwinder(CfiSource& cfi);  ///< borrowed; outlives the unwinder
  ~Unwinder();

  /// Unwinds one sample into `out` (reused between calls to avoid allocation).
  void unwind(const UnwindRequest& request, UnwoundStack& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace strobe::unwind
