// A child program executed one instruction at a time, with a shadow stack kept from its call and return
// instructions: the exact truth about the stack at every instruction, independent of all unwind information.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/registers.h"

namespace strobe::test {

class SteppedProgram {
 public:
  /// Starts `arguments` stopped before its first instruction; none where ptrace is refused.
  static std::optional<SteppedProgram> start(const std::vector<std::string>& arguments);
  SteppedProgram(SteppedProgram&& other) noexcept;
  SteppedProgram& operator=(SteppedProgram&&) = delete;
  ~SteppedProgram();

  /// Executes one instruction; false when the program ended.
  [[nodiscard]] bool step();

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] const Registers& registers() const { return registers_; }
  /// Whether the last step was a system call, after which mappings may differ.
  [[nodiscard]] bool made_system_call() const { return made_system_call_; }
  /// The true addresses: the current one, then return addresses, innermost first.
  [[nodiscard]] std::vector<uint64_t> truth() const;

 private:
  struct Call {
    uint64_t slot = 0;  ///< where the return address lies
    uint64_t return_address = 0;
  };

  explicit SteppedProgram(pid_t pid) : pid_(pid) {}
  bool read_state();
  void follow(uint64_t old_pc, uint64_t old_sp);

  pid_t pid_;
  Registers registers_;
  uint64_t code_ = 0;  ///< the eight bytes at the pc
  bool made_system_call_ = false;
  std::vector<Call> calls_;
};

}  // namespace strobe::test
