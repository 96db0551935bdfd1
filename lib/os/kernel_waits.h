// Which functions of the running kernel tell what a thread waits for, by address: the part of /proc/kallsyms
// that wait_reason.h knows. Any thread, once read.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "os/wait_reason.h"

namespace strobe::os {

class KernelWaits {
 public:
  /// Empty where the kernel shows no addresses. Takes 50 to 100 ms.
  static KernelWaits read();
  /// Pure.
  static KernelWaits decode(std::string_view kallsyms);

  /// Of the innermost function of a chain (innermost first) that tells; none where none does.
  [[nodiscard]] KernelWait find(std::span<const uint64_t> chain) const;
  [[nodiscard]] bool empty() const { return places_.empty(); }

 private:
  struct Place {
    uint64_t start = 0;
    uint64_t end = 0;
    KernelWait wait = KernelWait::none;
  };
  std::vector<Place> places_;  // by start, disjoint
};

}  // namespace strobe::os
