#include "python/method_table.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <unordered_map>

namespace strobe::python {
namespace {

constexpr size_t kWord = 8;
constexpr uint64_t kMaxDataBytes = uint64_t{32} << 20;
constexpr size_t kMaxFunctions = 50'000;
constexpr size_t kMaxNameBytes = 128;
constexpr size_t kMaxSlots = 128;

// struct PyMethodDef: name, function, flags (int), documentation.
constexpr size_t kMethodWords = 4;
constexpr uint64_t kCallFlags = 0x01 | 0x02 | 0x04 | 0x08 | 0x80;  // one of METH_VARARGS … METH_FASTCALL
constexpr uint64_t kAllFlags = 0x3ff;
// From a pointer to a table back to the pointer to its owner's name.
constexpr size_t kTypeNameWords = 208 / kWord;   // PyTypeObject: tp_methods - tp_name
constexpr size_t kModuleNameWords = 24 / kWord;  // PyModuleDef: m_methods - m_name; PyType_Spec likewise
constexpr uint64_t kMethodsSlot = 64;            // Py_tp_methods

struct Method {
  uint64_t address = 0;
  uint64_t name = 0;
  size_t table = 0;
};

/// Writable memory of the module as words, and what is found in it.
class Scan {
 public:
  Scan(MemoryReader& memory, const ModuleMemory& module) : memory_(&memory), module_(&module) {}

  std::vector<CFunction> run() {
    for (const AddressRange& range : module_->data) load(range);
    for (Block& block : blocks_) find_methods(block);
    find_owners();
    return name_all();
  }

 private:
  struct Block {
    uint64_t address = 0;
    std::vector<uint64_t> words;
  };

  void load(const AddressRange& range) {
    const uint64_t begin = (range.begin + kWord - 1) & ~(kWord - 1);
    if (range.end <= begin || range.end - begin > kMaxDataBytes) return;
    Block block{begin, std::vector<uint64_t>((range.end - begin) / kWord)};
    if (memory_->read_memory(begin, std::as_writable_bytes(std::span(block.words)))) {
      blocks_.push_back(std::move(block));
    }
  }

  [[nodiscard]] bool is_code(uint64_t address) const {
    return std::ranges::any_of(module_->code,
                               [&](const AddressRange& range) { return range.contains(address); });
  }

  [[nodiscard]] bool is_method(const Block& block, size_t at) const {
    if (at + kMethodWords > block.words.size()) return false;
    const uint64_t* word = &block.words[at];
    const uint64_t flags = word[2];
    return module_->whole.contains(word[0]) && is_code(word[1]) && (flags & kCallFlags) != 0 &&
           (flags & ~kAllFlags) == 0 && (word[3] == 0 || module_->whole.contains(word[3]));
  }

  void find_methods(const Block& block) {
    for (size_t at = 0; at < block.words.size();) {
      if (!is_method(block, at)) {
        ++at;
        continue;
      }
      tables_.push_back({});
      table_at_.emplace(block.address + at * kWord, tables_.size() - 1);
      for (; is_method(block, at) && methods_.size() < kMaxFunctions; at += kMethodWords) {
        methods_.push_back({block.words[at + 1], block.words[at], tables_.size() - 1});
      }
      if (methods_.size() == kMaxFunctions) return;
    }
  }

  void find_owners() {
    for (const Block& block : blocks_) {
      for (size_t at = 0; at < block.words.size(); ++at) {
        const auto table = table_at_.find(block.words[at]);
        if (table != table_at_.end()) find_owner(block, at, tables_[table->second]);
      }
    }
    if (slots_.empty()) return;
    for (const Block& block : blocks_) {
      for (size_t at = kModuleNameWords; at < block.words.size(); ++at) {
        const auto slots = slots_.find(block.words[at]);
        if (slots != slots_.end() && slots->second->empty()) {
          *slots->second = read_name(block.words[at - kModuleNameWords], true).value_or("");
        }
      }
    }
  }

  /// `at`: of a word that points at the table.
  void find_owner(const Block& block, size_t at, std::string& owner) {
    if (!owner.empty()) return;
    if (at > 0 && (block.words[at - 1] & UINT32_MAX) == kMethodsSlot) {
      slots_.emplace(slots_begin(block, at - 1), &owner);
      return;
    }
    if (at >= kModuleNameWords && is_size(block.words[at - 1])) {
      owner = read_name(block.words[at - kModuleNameWords], true).value_or("");
    }
    if (owner.empty() && at >= kTypeNameWords && is_size(block.words[at - kTypeNameWords + 1]) &&
        is_size(block.words[at - kTypeNameWords + 2])) {
      owner = read_name(block.words[at - kTypeNameWords], true).value_or("");
    }
  }

  /// Of an instance, an item or a module's state; -1 for a module that has none.
  static bool is_size(uint64_t word) { return word == UINT64_MAX || word < (uint64_t{1} << 24); }

  /// The address of the first of the PyType_Slots (a small number and a pointer) that lie around `at`.
  static uint64_t slots_begin(const Block& block, size_t at) {
    for (size_t back = 0; back < kMaxSlots && at >= 2; ++back) {
      const uint64_t slot = block.words[at - 2] & UINT32_MAX;
      if (slot == 0 || slot > 100 || block.words[at - 1] == 0) break;
      at -= 2;
    }
    return block.address + at * kWord;
  }

  std::optional<std::string> read_name(uint64_t address, bool dotted) {
    if (!module_->whole.contains(address)) return std::nullopt;
    std::array<char, kMaxNameBytes> text{};
    const auto size = std::min<uint64_t>(text.size(), module_->whole.end - address);
    if (!memory_->read_memory(address, std::as_writable_bytes(std::span(text).first(size)))) {
      return std::nullopt;
    }
    const size_t length = ::strnlen(text.data(), size);
    if (length == 0 || length == size) return std::nullopt;
    for (size_t i = 0; i < length; ++i) {
      const char c = text[i];
      const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
      const bool later = i > 0 && ((c >= '0' && c <= '9') || (dotted && c == '.'));
      if (!letter && !later) return std::nullopt;
    }
    return std::string(text.data(), length);
  }

  std::vector<CFunction> name_all() {
    std::vector<CFunction> functions;
    for (const Method& method : methods_) {
      const auto name = read_name(method.name, false);
      if (!name) continue;
      const std::string& owner = tables_[method.table];
      functions.push_back({method.address, owner.empty() ? *name : owner + "." + *name});
    }
    // Several names may share code: the first in the order of the tables stands for all.
    std::ranges::stable_sort(functions, {}, &CFunction::address);
    const auto same = [](const CFunction& a, const CFunction& b) { return a.address == b.address; };
    functions.erase(std::unique(functions.begin(), functions.end(), same), functions.end());
    return functions;
  }

  MemoryReader* memory_;
  const ModuleMemory* module_;
  std::vector<Block> blocks_;
  std::vector<Method> methods_;
  std::vector<std::string> tables_;  // their owners' names
  std::unordered_map<uint64_t, size_t> table_at_;
  std::unordered_map<uint64_t, std::string*> slots_;  // by address, the owner of the table in them
};

}  // namespace

std::vector<CFunction> find_c_functions(MemoryReader& memory, const ModuleMemory& module) {
  return Scan(memory, module).run();
}

}  // namespace strobe::python
