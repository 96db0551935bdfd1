// Words out of another process's memory. Freestanding: no allocation.
#pragma once

#include <cstring>
#include <span>
#include <type_traits>

#include "base/memory_reader.h"
#include "model/python_walk.h"

namespace strobe::python {

/// The address of a field.
[[nodiscard]] constexpr PythonWord at(PythonWord base, PythonOffset offset) {
  return base + static_cast<PythonWord>(offset);
}

/// Reads one value; false where its bytes cannot be read.
template <class T>
[[nodiscard]] bool read_value(MemoryReader& memory, uint64_t address, T& out) {
  static_assert(std::is_trivially_copyable_v<T>);
  return memory.read_memory(address, std::as_writable_bytes(std::span(&out, 1)));
}

/// The value at `offset` of bytes that were read; the caller knows that they hold it.
template <class T>
[[nodiscard]] T value_at(std::span<const std::byte> bytes, size_t offset) {
  static_assert(std::is_trivially_copyable_v<T>);
  T value{};
  if (offset + sizeof(T) <= bytes.size()) std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}
template <class T>
[[nodiscard]] T value_at(std::span<const std::byte> bytes, int offset) {
  return offset < 0 ? T{} : value_at<T>(bytes, static_cast<size_t>(offset));
}

}  // namespace strobe::python
