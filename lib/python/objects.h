// Simple Python objects out of another process's memory: str, bytes, int, dict, attributes. Whatever the
// memory holds, reading is bounded. Borrows memory and layout. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/memory_reader.h"
#include "python/layout.h"

namespace strobe::python {

class Objects {
 public:
  Objects(MemoryReader& memory, const Layout& layout) : memory_(&memory), layout_(&layout) {}

  /// A str as UTF-8, of at most `max_characters` (cut there); lone surrogates become U+FFFD. nullopt where
  /// it is no str or cannot be read.
  [[nodiscard]] std::optional<std::string> read_string(uint64_t address, size_t max_characters) const;
  /// The content of a bytes object of at most `max_bytes`; nullopt for longer ones as well.
  [[nodiscard]] std::optional<std::vector<std::byte>> read_bytes(uint64_t address, size_t max_bytes) const;
  /// An int that fits 64 bits.
  [[nodiscard]] std::optional<int64_t> read_int(uint64_t address) const;
  /// The type's address; 0 where it cannot be read.
  [[nodiscard]] uint64_t type_of(uint64_t object) const;
  /// tp_name, of at most 128 bytes; empty where it cannot be read.
  [[nodiscard]] std::string type_name(uint64_t type) const;
  [[nodiscard]] uint64_t type_flags(uint64_t type) const;

  /// A dictionary's keys and values (addresses of objects), of at most `max_items`.
  struct Item {
    uint64_t key = 0;
    uint64_t value = 0;
  };
  [[nodiscard]] std::vector<Item> read_dict(uint64_t address, size_t max_items) const;
  /// The value of a str key; 0 where there is none.
  [[nodiscard]] uint64_t find_in_dict(uint64_t address, std::string_view key) const;
  /// The attribute of an instance, from its own dictionary or inline values; 0 where there is none.
  [[nodiscard]] uint64_t find_attribute(uint64_t object, std::string_view name) const;

  [[nodiscard]] uint64_t read_word(uint64_t address) const;  ///< 0 where it cannot be read

 private:
  struct Keys {
    uint64_t address = 0;
    uint64_t entries = 0;     ///< address of the first
    uint64_t entry_size = 0;  ///< bytes: with a hash before key and value or without
    uint64_t count = 0;
  };
  [[nodiscard]] std::optional<Keys> read_keys(uint64_t keys) const;
  /// `values` 0: in the entries.
  [[nodiscard]] std::vector<Item> read_items(const Keys& keys, uint64_t values, size_t max_items) const;
  [[nodiscard]] uint64_t find_among(const std::vector<Item>& items, std::string_view key) const;
  /// Instances with values inside of them or before them, from 3.11; values 0: `dict` has them, if not 0.
  struct Attributes {
    uint64_t dict = 0;
    uint64_t values = 0;
  };
  [[nodiscard]] Attributes find_attributes(uint64_t object, uint64_t type) const;

  MemoryReader* memory_;
  const Layout* layout_;
};

}  // namespace strobe::python
