// Names and lines of code objects, by address, for one process: read once and kept. A code object may be
// freed and another take its address, so what is kept is compared with the memory again (see find). One
// thread.
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
  uint64_t serial = 0;  ///< another object at the same address has another one
};

class CodeObjects {
 public:
  /// Both borrowed.
  CodeObjects(MemoryReader& memory, const Runtime& runtime) : memory_(&memory), runtime_(&runtime) {}

  /// The code object at `code`; null where there is none, or it cannot be read. Valid until the next call.
  /// `now_ns` (any clock): entries that were not compared with the memory for a while are compared again, at
  /// once if the interpreter says that it freed code objects (see check_generation).
  const CodeObject* find(uint64_t code, uint64_t now_ns);

  /// From 3.14 on: looks whether the interpreter freed code objects; then every entry is compared before it
  /// is used again. Cheap; once a sample or a batch of them.
  void check_generation(uint64_t interpreter);

  /// The line of a frame of `code`; nullopt where it has none, or is not one of `code`'s instructions.
  /// `instruction` and `tlbc` as in RawPythonFrame.
  [[nodiscard]] std::optional<int> line_of(uint64_t address, const CodeObject& code, uint64_t instruction,
                                           uint32_t tlbc);

  /// How many code objects were read so far.
  [[nodiscard]] uint64_t met() const { return serial_; }
  [[nodiscard]] size_t size() const { return entries_.size(); }
  /// How often the memory was read because an entry was missing or outdated.
  [[nodiscard]] uint64_t misses() const { return misses_; }

 private:
  /// The fields that tell one code object from another.
  struct Identity {
    uint64_t filename = 0;
    uint64_t name = 0;
    uint64_t qualname = 0;
    uint64_t line_table = 0;
    uint64_t bytecode = 0;  // up to 3.10
    int32_t first_line = 0;
    friend bool operator==(const Identity&, const Identity&) = default;
  };
  struct Entry {
    Identity identity;
    CodeObject code;
    bool valid = false;  // false: something that is no code object
    uint64_t read_ns = 0;
    uint64_t checked_ns = 0;
    uint64_t generation = 0;
    std::vector<uint64_t> copies;  // bytecode starts by tlbc index
  };

  bool read_identity(uint64_t address, Identity& out) const;
  bool read_code(uint64_t address, const Identity& identity, CodeObject& out) const;
  [[nodiscard]] bool is_current(const Entry& entry, uint64_t now_ns) const;
  [[nodiscard]] uint64_t bytecode_copy(uint64_t address, const CodeObject& code, uint32_t tlbc);

  MemoryReader* memory_;
  const Runtime* runtime_;
  std::unordered_map<uint64_t, Entry> entries_;
  std::unordered_map<uint64_t, uint64_t> generations_;  // by interpreter
  uint64_t generation_ = 0;                             // counts changes
  uint64_t serial_ = 0;
  uint64_t misses_ = 0;
};

}  // namespace strobe::python
