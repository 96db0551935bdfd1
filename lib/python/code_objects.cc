#include "python/code_objects.h"

#include <algorithm>
#include <array>

#include "python/core/read_word.h"
#include "python/line_table.h"
#include "python/objects.h"

namespace strobe::python {
namespace {

constexpr size_t kMaxNameCharacters = 1024;
constexpr size_t kMaxPathCharacters = 4096;
constexpr size_t kMaxLineTableBytes = 1 << 20;
constexpr size_t kMaxEntries = 1 << 16;
constexpr size_t kMaxCodeBytes = 256;  // more than sizeof(PyCodeObject) of any version
constexpr uint32_t kMaxCopies = 4096;  // threads that have bytecode of their own
constexpr int64_t kMaxBytecodeBytes = 1 << 30;

}  // namespace

bool CodeObjects::read_fields(uint64_t address, Fields& out) const {
  const ObjectLayout& o = runtime_->layout.object;
  std::array<std::byte, kMaxCodeBytes> buffer{};
  const auto bytes = std::span(buffer).first(
      std::min(buffer.size(), static_cast<size_t>(std::max(o.code_linetable, o.code_bytecode)) + 8));
  if (address == 0 || !memory_->read_memory(address, bytes)) return false;
  const auto type = value_at<uint64_t>(bytes, o.type);
  if (runtime_->code_type != 0 ? type != runtime_->code_type : type == 0) return false;
  out.filename = value_at<uint64_t>(bytes, o.code_filename);
  out.name = value_at<uint64_t>(bytes, o.code_name);
  out.qualname = value_at<uint64_t>(bytes, o.code_qualname);
  out.line_table = value_at<uint64_t>(bytes, o.code_linetable);
  out.first_line = value_at<int32_t>(bytes, o.code_first_line);
  if (runtime_->minor() <= 10) out.bytecode = value_at<uint64_t>(bytes, o.code_bytecode);
  return true;
}

bool CodeObjects::read_code(uint64_t address, const Fields& fields, CodeObject& out) const {
  const Objects objects(*memory_, runtime_->layout);
  auto name = objects.read_string(fields.name, kMaxNameCharacters);
  auto file = objects.read_string(fields.filename, kMaxPathCharacters);
  auto table = objects.read_bytes(fields.line_table, kMaxLineTableBytes);
  if (!name || !file) return false;
  out.name = std::move(*name);
  out.file = std::move(*file);
  if (table) out.line_table = std::move(*table);
  auto qualname =
      fields.qualname != 0 ? objects.read_string(fields.qualname, kMaxNameCharacters) : std::nullopt;
  out.qualname = qualname ? std::move(*qualname) : out.name;
  out.first_line = fields.first_line;
  // _Py_InitCleanup (3.13+): runs between a class and its __init__, and has no line.
  out.hidden = out.name == "__init__" && out.file == "__init__";
  const ObjectLayout& o = runtime_->layout.object;
  out.bytecode = runtime_->minor() <= 10 ? at(fields.bytecode, o.bytes_data) : at(address, o.code_bytecode);
  return true;
}

const CodeObject* CodeObjects::find(uint64_t code, uint64_t identity) {
  if (identity != 0) {
    const auto known = entries_.find({code, identity});
    if (known != entries_.end()) return &known->second.code;
  }
  ++misses_;
  Fields fields;
  if (!read_fields(code, fields)) return nullptr;
  const uint64_t present = code_identity(fields.line_table, static_cast<uint32_t>(fields.first_line));
  if (identity != 0 && identity != present) return nullptr;
  if (const auto known = entries_.find({code, present}); known != entries_.end()) return &known->second.code;
  Entry entry;
  Fields again;
  // What it refers to was there for as long as it was.
  if (!read_code(code, fields, entry.code) || !read_fields(code, again) || again != fields) return nullptr;
  entry.code.address = code;
  entry.code.identity = present;
  entry.code.serial = ++serial_;
  if (entries_.size() >= kMaxEntries) {
    entries_.clear();
    identities_.clear();
  }
  identities_[{code, code_mark(present)}] = present;
  return &(entries_[{code, present}] = std::move(entry)).code;
}

const CodeObject* CodeObjects::find_marked(uint64_t code, uint32_t mark) {
  if (const auto known = identities_.find({code, mark}); known != identities_.end())
    return find(code, known->second);
  const CodeObject* present = find(code, 0);
  return present != nullptr && (mark == 0 || code_mark(present->identity) == mark) ? present : nullptr;
}

uint64_t CodeObjects::bytecode_copy(const CodeObject& code, uint32_t tlbc) {
  if (tlbc == 0 || tlbc >= kMaxCopies || runtime_->layout.object.code_copies < 0) return code.bytecode;
  const auto entry = entries_.find({code.address, code.identity});
  if (entry == entries_.end()) return code.bytecode;
  std::vector<uint64_t>& copies = entry->second.copies;
  if (tlbc < copies.size() && copies[tlbc] != 0) return copies[tlbc];
  // _PyCodeArray: a size, then the copies; grown by replacing the array.
  const Objects objects(*memory_, runtime_->layout);
  const uint64_t array = objects.read_word(at(code.address, runtime_->layout.object.code_copies));
  const uint64_t size = array != 0 ? objects.read_word(array) : 0;
  if (tlbc >= size) return 0;
  copies.resize(std::max<size_t>(copies.size(), tlbc + 1));
  return copies[tlbc] = objects.read_word(array + 8 + 8 * uint64_t{tlbc});
}

std::optional<int> CodeObjects::line_of(const CodeObject& code, uint64_t instruction, uint32_t tlbc) {
  const int minor = runtime_->minor();
  int64_t offset = 0;
  if (minor <= 10) {
    const auto last = static_cast<int64_t>(instruction);
    offset = minor == 10 && last > 0 ? last * 2 : last;  // 3.10 counts code units
  } else {
    const uint64_t start = bytecode_copy(code, tlbc);
    if (start == 0) return std::nullopt;
    offset = static_cast<int64_t>(instruction - start);
  }
  if (offset < -2 || offset > kMaxBytecodeBytes) return std::nullopt;
  return find_line(minor, code.line_table, code.first_line, offset);
}

}  // namespace strobe::python
