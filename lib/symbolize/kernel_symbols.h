// The running kernel's symbols, from /proc/kallsyms. Addresses are runtime addresses: they mean this boot of
// this machine only.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "symbolize/named_ranges.h"

namespace strobe::symbolize {

/// Functions in the text of a kallsyms file; each ends where the next symbol of any kind begins. Empty where
/// the kernel shows all addresses as zero. Names are borrowed from `text`.
[[nodiscard]] NamedRanges parse_kallsyms(std::string_view text);

/// Text that parse_kallsyms() makes the same ranges of.
[[nodiscard]] std::string format_kallsyms(const NamedRanges& ranges);

class KernelSymbols {
 public:
  /// not_permitted, with a hint, where kernel.kptr_restrict hides the addresses. Slow: some 100,000 lines
  /// that the kernel makes one by one, 50 to 100 ms.
  static Result<KernelSymbols> read(const std::string& path = "/proc/kallsyms");

  /// What store() kept there in this boot, with the kernel modules loaded now; nullopt where there is
  /// nothing, or no `cache_directory`. Code that came later (BPF programs) is not in it.
  static std::optional<KernelSymbols> read_stored(const std::string& cache_directory);
  void store(const std::string& cache_directory) const;

  [[nodiscard]] const NamedRange* find(uint64_t address) const { return ranges_.find(address); }

 private:
  explicit KernelSymbols(std::string text, size_t begin = 0);

  std::unique_ptr<const std::string> text_;  // the ranges point into it
  NamedRanges ranges_;
};

}  // namespace strobe::symbolize
