// Index types that cannot be mixed up: StrongId<Tag> is an index into one particular table.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace strobe {

template <class Tag>
struct StrongId {
  static constexpr uint32_t kNone = UINT32_MAX;
  uint32_t value = kNone;

  [[nodiscard]] static constexpr StrongId none() { return {}; }
  [[nodiscard]] constexpr bool is_none() const { return value == kNone; }
  [[nodiscard]] constexpr size_t index() const { return value; }
  friend constexpr auto operator<=>(const StrongId&, const StrongId&) = default;
};

}  // namespace strobe

template <class Tag>
struct std::hash<strobe::StrongId<Tag>> {
  size_t operator()(strobe::StrongId<Tag> id) const noexcept { return id.value * 0x9E3779B97F4A7C15ull; }
};
