// A source text by lines. Borrows the text.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace strobe::analyze {

class SourceLines {
 public:
  explicit SourceLines(std::string_view text);

  [[nodiscard]] uint32_t count() const { return static_cast<uint32_t>(begins_.size()); }
  /// Without its line break; lines count from 1; empty beyond the end.
  [[nodiscard]] std::string_view at(uint32_t line) const;

 private:
  std::string_view text_;
  std::vector<size_t> begins_;
};

}  // namespace strobe::analyze
