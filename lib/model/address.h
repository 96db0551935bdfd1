// Two kinds of address that must not be mixed: where code is in a running process, and where it is in its
// file. A Mapping (address_space.h) is the only thing that converts between them.
#pragma once

#include <compare>
#include <cstdint>

namespace strobe {

enum class RuntimeAddr : uint64_t {};  ///< an address in a process (or in the running kernel)
enum class FileAddr : uint64_t {};     ///< an ELF virtual address, as in symbol tables and DWARF

[[nodiscard]] constexpr uint64_t raw(RuntimeAddr address) { return static_cast<uint64_t>(address); }
[[nodiscard]] constexpr uint64_t raw(FileAddr address) { return static_cast<uint64_t>(address); }

/// What an unwound address points at: the instruction being executed, or the one after a call.
enum class AddressKind : uint8_t { instruction, return_address };

/// One native frame as the unwinder found it.
struct UnwoundFrame {
  RuntimeAddr address{};
  AddressKind kind = AddressKind::instruction;
  friend constexpr auto operator<=>(const UnwoundFrame&, const UnwoundFrame&) = default;
};

/// The address to look symbols and lines up at: a return address can already belong to the next line or
/// function, so one byte is taken off. The only place that does so.
[[nodiscard]] constexpr RuntimeAddr lookup_addr(UnwoundFrame frame) {
  const uint64_t address = raw(frame.address);
  return RuntimeAddr{frame.kind == AddressKind::return_address && address != 0 ? address - 1 : address};
}

}  // namespace strobe
