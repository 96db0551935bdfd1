// Compares our stack with libunwind's over the same bytes, and where they differ finds out who is wrong from
// evidence that neither unwinder used: a return address lies behind a call instruction, and a direct call
// leads to the function of the frame inside of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/address_space.h"
#include "unwind/unwinder.h"

namespace strobe::test {

enum class Verdict : uint8_t {
  equal,
  libunwind_stops_early,   ///< its frames are ours, ours go on over proven calls to the outermost frame
  libunwind_is_disproven,  ///< one of its frames is not behind a call, or not of the function it calls
  libunwind_goes_on,       ///< beyond the outermost frame of ours: what the CFI calls the end
  unexplained,
};
inline constexpr int kVerdictCount = 5;
[[nodiscard]] const char* name_of(Verdict verdict);

/// What the code says about the frames of a stack, whoever found them.
struct Evidence {
  size_t calls = 0;         ///< return addresses behind a call instruction
  size_t direct_calls = 0;  ///< of them, calls that lead to the very function of the inner frame
  size_t contradicted = 0;  ///< return addresses that are behind no call, or behind one to elsewhere
  size_t unreadable = 0;    ///< return addresses whose code cannot be read
};

class StackJudge {
 public:
  /// Both borrowed.
  StackJudge(unwind::CfiSource& modules, const AddressSpace& space) : modules_(&modules), space_(&space) {}

  [[nodiscard]] Verdict judge(const unwind::UnwoundStack& ours, const std::vector<uint64_t>& theirs) const;
  [[nodiscard]] Evidence examine(const std::vector<uint64_t>& frames) const;
  /// "module+0x12 module+0x34 …" in file addresses.
  [[nodiscard]] std::string describe(const std::vector<uint64_t>& frames, size_t first) const;

 private:
  struct Place {
    const unwind::ModuleCfi* module = nullptr;
    uint64_t file_address = 0;
    uint64_t bias = 0;
  };
  [[nodiscard]] Place place_of(uint64_t address) const;
  [[nodiscard]] uint64_t function_start(uint64_t lookup_address) const;
  [[nodiscard]] bool is_signal_frame(uint64_t address) const;
  /// Whether the CFI (or, without it, the ELF entry point) says that nothing is outside of this frame.
  [[nodiscard]] bool is_thread_start(uint64_t lookup_address) const;

  unwind::CfiSource* modules_;
  const AddressSpace* space_;
};

[[nodiscard]] std::vector<uint64_t> addresses_of(const unwind::UnwoundStack& stack);

}  // namespace strobe::test
