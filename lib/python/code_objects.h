// Names and lines of code objects for one process: read once and kept. A code object may be freed and another
// take its address, so they are told apart by address and identity. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/memory_reader.h"
#include "python/runtime.h"

namespace strobe::python {

/// What a frame is called. Text is UTF-8 of bounded length, as the program says it: escape it on output.
struct CodeObject {
  std::string qualname;  ///< "Server.handle.<locals>.<lambda>"; up to 3.10 the same as `name`
  std::string name;
  std::string file;  ///< co_filename: a path, or "<frozen importlib._bootstrap>", "<string>"
  int first_line = 0;
  bool hidden = false;    ///< a frame of the interpreter's own (the trampoline that calls __init__)
  uint64_t bytecode = 0;  ///< address of the main copy
  std::vector<std::byte> line_table;
  uint64_t address = 0;
  uint64_t identity = 0;  ///< see code_identity
  uint64_t serial = 0;    ///< another object at the same address has another one
};

class CodeObjects {
 public:
  /// Both borrowed.
  CodeObjects(MemoryReader& memory, const Runtime& runtime) : memory_(&memory), runtime_(&runtime) {}

  /// The code object that was at `code` with this identity; null where it is not there any more and was not
  /// met before, or cannot be read. With identity 0, what is there now. Valid until the next call.
  const CodeObject* find(uint64_t code, uint64_t identity);

  /// The same by the few bits of code_mark().
  const CodeObject* find_marked(uint64_t code, uint32_t mark);

  /// The line of a frame of `code`; nullopt where it has none, or is not one of `code`'s instructions.
  /// `instruction` and `tlbc` as in RawPythonFrame.
  [[nodiscard]] std::optional<int> line_of(const CodeObject& code, uint64_t instruction, uint32_t tlbc);

  /// How often the memory was read.
  [[nodiscard]] uint64_t misses() const { return misses_; }

 private:
  /// The object itself, without what it refers to.
  struct Fields {
    uint64_t filename = 0;
    uint64_t name = 0;
    uint64_t qualname = 0;
    uint64_t line_table = 0;
    uint64_t bytecode = 0;  // up to 3.10
    int32_t first_line = 0;
    friend bool operator==(const Fields&, const Fields&) = default;
  };
  struct Key {
    uint64_t address = 0;
    uint64_t identity = 0;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct HashKey {
    size_t operator()(const Key& key) const { return (key.address >> 4) * 0x9E3779B97F4A7C15 ^ key.identity; }
  };
  struct Entry {
    CodeObject code;
    std::vector<uint64_t> copies;  // bytecode starts by tlbc index
  };

  bool read_fields(uint64_t address, Fields& out) const;
  bool read_code(uint64_t address, const Fields& fields, CodeObject& out) const;
  [[nodiscard]] uint64_t bytecode_copy(const CodeObject& code, uint32_t tlbc);

  MemoryReader* memory_;
  const Runtime* runtime_;
  std::unordered_map<Key, Entry, HashKey> entries_;
  std::unordered_map<Key, uint64_t, HashKey> identities_;  // by mark
  uint64_t serial_ = 0;
  uint64_t misses_ = 0;
};

}  // namespace strobe::python
