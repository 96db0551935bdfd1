// The running kernel's symbols, from /proc/kallsyms. Addresses are runtime addresses: they mean this boot of
// this machine only.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "symbolize/named_ranges.h"

namespace strobe::symbolize {

/// Functions in the text of a kallsyms file; each ends where the next symbol of any kind begins. Empty where
/// the kernel shows all addresses as zero. Names are borrowed from `text`.
[[nodiscard]] NamedRanges parse_kallsyms(std::string_view text);

/// The same as lines, sorted: "ffffffff81000000 t name", and "ffffffff81000200 d -" where no function
/// follows.
[[nodiscard]] std::string format_kallsyms(const NamedRanges& ranges);

/// The function at an address, by halving such lines: some 20 of them are looked at, and none is kept. Its
/// name is borrowed from `lines`. Lines that make no sense have no answer.
[[nodiscard]] std::optional<NamedRange> find_in_kallsyms(std::string_view lines, uint64_t address);

class KernelSymbols {
 public:
  /// not_permitted, with a hint, where kernel.kptr_restrict hides the addresses. Slow: some 100,000 lines
  /// that the kernel makes one by one, 50 to 100 ms.
  static Result<KernelSymbols> read(const std::string& path = "/proc/kallsyms");

  /// What store() kept there in this boot, with the kernel modules loaded now; nullopt where there is
  /// nothing, or no `cache_directory`. Code that came later (BPF programs) is not in it.
  static std::optional<KernelSymbols> read_stored(const std::string& cache_directory);
  void store(const std::string& cache_directory) const;

  /// The name is valid as long as this object stays where it is.
  [[nodiscard]] std::optional<NamedRange> find(uint64_t address) const {
    return find_in_kallsyms(std::string_view(text_).substr(begin_), address);
  }

 private:
  KernelSymbols(std::string text, size_t begin) : text_(std::move(text)), begin_(begin) {}

  std::string text_;
  size_t begin_ = 0;  // of the lines
};

}  // namespace strobe::symbolize
