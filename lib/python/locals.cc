#include "python/locals.h"

#include <fmt/format.h>

#include <algorithm>

#include "python/core/read_word.h"
#include "python/objects.h"

namespace strobe::python {
namespace {

constexpr size_t kMaxVariables = 64;
constexpr size_t kMaxLocalNameCharacters = 128;
constexpr size_t kMaxTextCharacters = 80;
// co_localspluskinds: what a slot is.
constexpr uint8_t kLocalKind = 0x20;
constexpr uint8_t kCellKind = 0x40;    // used by a nested function as well
constexpr uint8_t kHiddenKind = 0x10;  // of a comprehension that runs in its caller's frame
constexpr uint64_t kReferenceTagBits = 3;
constexpr uint64_t kSmallIntTag = 3;  // 3.14+: the value itself, shifted

/// A str as Python writes it.
std::string quote(const std::string& text) {
  const bool has_single = text.find('\'') != std::string::npos;
  const char mark = has_single && text.find('"') == std::string::npos ? '"' : '\'';
  std::string out(1, mark);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == mark || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n' || c == '\r' || c == '\t') {
      out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out + mark;
}

/// A float as Python writes it.
std::string number_text(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
  return text;
}

class Values {
 public:
  Values(MemoryReader& memory, const Runtime& runtime)
      : memory_(&memory), layout_(&runtime.layout), objects_(memory, runtime.layout) {}

  /// What a slot of a frame refers to.
  [[nodiscard]] std::string describe_slot(uint64_t slot) const {
    if (layout_->walk.minor >= 14 && (slot & kReferenceTagBits) == kSmallIntTag) {
      return fmt::format("{}", static_cast<int64_t>(slot) >> 2);
    }
    const uint64_t object = slot & ~kReferenceTagBits;
    const uint64_t type = objects_.type_of(object);
    const std::string name = type != 0 ? objects_.type_name(type) : std::string();
    if (name != "cell") return describe(object, name);
    // A variable that a nested function uses: the cell holds it.
    const uint64_t content = objects_.read_word(at(object, layout_->object.size));
    return content != 0 ? describe(content, objects_.type_name(objects_.type_of(content))) : std::string();
  }

  [[nodiscard]] const Objects& objects() const { return objects_; }

 private:
  [[nodiscard]] std::string describe(uint64_t object, const std::string& type) const {
    const ObjectLayout& o = layout_->object;
    if (type.empty()) return "?";
    if (type == "NoneType") return "None";
    if (type == "int" || type == "bool") {
      const auto value = objects_.read_int(object);
      if (type == "bool") return value.value_or(0) != 0 ? "True" : "False";
      return value ? fmt::format("{}", *value) : "<int>";
    }
    if (type == "float") {
      double value = 0;
      return read_value(*memory_, at(object, o.float_value), value) ? number_text(value) : "?";
    }
    if (type == "str") return describe_text(object);
    if (type == "list" || type == "tuple" || type == "bytes") return describe_length(object, type, o.size);
    if (type == "dict") return describe_length(object, type, o.dict_used);
    return "<" + type + ">";
  }

  [[nodiscard]] std::string describe_text(uint64_t object) const {
    const auto text = objects_.read_string(object, kMaxTextCharacters);
    if (!text) return "?";
    const uint64_t length = objects_.read_word(at(object, layout_->object.string_length));
    std::string quoted = quote(*text);
    if (length > kMaxTextCharacters) quoted += fmt::format(" and {} more", length - kMaxTextCharacters);
    return quoted;
  }

  [[nodiscard]] std::string describe_length(uint64_t object, const std::string& type,
                                            PythonOffset offset) const {
    return fmt::format("{} of {}", type, objects_.read_word(at(object, offset)));
  }

  MemoryReader* memory_;
  const Layout* layout_;
  Objects objects_;
};

/// Which slots are variables of the function itself; up to 3.10 all that are counted.
std::vector<std::byte> read_kinds(const Objects& objects, const ObjectLayout& layout, uint64_t code,
                                  size_t count) {
  if (layout.code_local_kinds < 0) return std::vector<std::byte>(count, std::byte{kLocalKind});
  auto kinds = objects.read_bytes(objects.read_word(at(code, layout.code_local_kinds)), 65'536);
  return kinds ? std::move(*kinds) : std::vector<std::byte>();
}

}  // namespace

LocalVariables read_locals(MemoryReader& memory, const Runtime& runtime, uint64_t frame, uint64_t code) {
  const ObjectLayout& o = runtime.layout.object;
  const Values values(memory, runtime);
  const Objects& objects = values.objects();
  int32_t declared = 0;
  if (!read_value(memory, at(code, o.code_local_count), declared) || declared <= 0) return {};
  const size_t count = std::min(static_cast<size_t>(declared), kMaxVariables);
  std::vector<uint64_t> slots(count);
  std::vector<uint64_t> names(count);
  const uint64_t tuple = objects.read_word(at(code, o.code_local_names));
  if (tuple == 0 || objects.read_word(at(tuple, o.size)) < count ||
      !memory.read_memory(at(tuple, o.tuple_items), std::as_writable_bytes(std::span(names))) ||
      !memory.read_memory(at(frame, o.frame_locals), std::as_writable_bytes(std::span(slots)))) {
    return {};
  }
  const std::vector<std::byte> kinds = read_kinds(objects, o, code, count);
  LocalVariables found{.variables = {}, .left_out = static_cast<size_t>(declared) - count};
  for (size_t i = 0; i < std::min(count, kinds.size()); ++i) {
    const auto kind = std::to_integer<uint8_t>(kinds[i]);
    if (slots[i] <= 1 || (kind & (kLocalKind | kCellKind)) == 0 || (kind & kHiddenKind) != 0) continue;
    auto name = objects.read_string(names[i], kMaxLocalNameCharacters);
    std::string value = values.describe_slot(slots[i]);
    if (name && !value.empty()) found.variables.push_back({std::move(*name), std::move(value)});
  }
  return found;
}

}  // namespace strobe::python
