// The running kernel's symbols, from /proc/kallsyms. Addresses are runtime addresses: they mean this boot of
// this machine only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "symbolize/named_ranges.h"

namespace strobe::symbolize {

/// Functions in the text of a kallsyms file; each ends where the next symbol of any kind begins. Empty where
/// the kernel shows all addresses as zero. Names are borrowed from `text`.
[[nodiscard]] NamedRanges parse_kallsyms(std::string_view text);

class KernelSymbols {
 public:
  /// not_permitted, with a hint, where kernel.kptr_restrict hides the addresses.
  static Result<KernelSymbols> read(const std::string& path = "/proc/kallsyms");

  [[nodiscard]] const NamedRange* find(uint64_t address) const { return ranges_.find(address); }

 private:
  std::vector<char> text_;  // a vector: moving it keeps the views valid, however short the text
  NamedRanges ranges_;
};

}  // namespace strobe::symbolize
