// Whether the call before a return address can have led to the frame inside of it. Words read from a live
// thread that has moved on can look like a stack although they are of two moments: there a frame is "called"
// by a call to something else, and the code shows it. Remembers its answers. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/memory_reader.h"
#include "model/address_space.h"
#include "unwind/module_cfi.h"
#include "unwind/unwinder.h"

namespace strobe::unwind {

class CallCheck {
 public:
  explicit CallCheck(CfiSource& cfi);  ///< borrowed

  /// False only where the code disproves it: the call is a direct one (or through the PLT or GOT, whose slots
  /// are read from `live`) of another function, which does not go on by a jump either. `inner` is the lookup
  /// address of the frame inside.
  [[nodiscard]] bool may_lead_to(const AddressSpace& space, MemoryReader& live, RuntimeAddr return_address,
                                 RuntimeAddr inner);

 private:
  struct Answer {
    uint64_t generation = 0;  ///< 0: empty
    RuntimeAddr return_address{};
    RuntimeAddr inner{};
    bool possible = false;
  };
  /// A function of a module, in runtime addresses.
  struct Function {
    uint64_t begin = 0;
    uint64_t end = 0;
    Bytes code;
    [[nodiscard]] std::optional<uint64_t> jump_target(size_t offset) const;
    [[nodiscard]] bool contains(uint64_t address) const { return begin <= address && address < end; }
  };

  [[nodiscard]] Bytes code_at(const AddressSpace& space, uint64_t address) const;
  [[nodiscard]] std::optional<Function> function_at(const AddressSpace& space, uint64_t address) const;
  [[nodiscard]] std::optional<uint64_t> called_address(const AddressSpace& space, MemoryReader& live,
                                                       uint64_t return_address, const Function& inside) const;
  [[nodiscard]] std::optional<uint64_t> through_stubs(const AddressSpace& space, MemoryReader& live,
                                                      uint64_t target, const Function& inside) const;
  [[nodiscard]] bool may_jump_to(const AddressSpace& space, MemoryReader& live, const Function& function,
                                 const Function& inside) const;
  [[nodiscard]] bool look(const AddressSpace& space, MemoryReader& live, uint64_t return_address,
                          uint64_t inner) const;

  CfiSource* cfi_;
  std::vector<Answer> answers_;  // by a hash of the two addresses
};

}  // namespace strobe::unwind
