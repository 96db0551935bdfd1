#include "python/objects.h"

#include <algorithm>
#include <array>

#include "python/core/read_word.h"

namespace strobe::python {
namespace {

constexpr uint64_t kMaxDictEntries = 1 << 20;
constexpr uint64_t kPointerMask = ~uint64_t{3};

/// What the state word of a str says. Free-threaded 3.14 and later keep `interned` in a byte of its own.
struct StringState {
  unsigned kind = 0;  // bytes per character
  bool compact = false;
  bool ascii = false;
};

StringState decode_state(const PythonWalkLayout& layout, uint32_t word) {
  const unsigned shift = layout.free_threaded != 0 && layout.minor >= 14 ? 8 : 2;
  return {.kind = word >> shift & 7,
          .compact = (word >> (shift + 3) & 1) != 0,
          .ascii = (word >> (shift + 4) & 1) != 0};
}

void append_utf8(uint32_t character, std::string& out) {
  if (character > 0x10ffff || (character >= 0xd800 && character < 0xe000)) character = 0xfffd;
  const auto put = [&](uint32_t value) { out += static_cast<char>(value); };
  if (character < 0x80) return put(character);
  if (character < 0x800) {
    put(0xc0 | character >> 6);
  } else {
    if (character < 0x10000) {
      put(0xe0 | character >> 12);
    } else {
      put(0xf0 | character >> 18);
      put(0x80 | (character >> 12 & 0x3f));
    }
    put(0x80 | (character >> 6 & 0x3f));
  }
  put(0x80 | (character & 0x3f));
}

std::string to_utf8(std::span<const std::byte> bytes, unsigned kind) {
  std::string text;
  text.reserve(bytes.size() / kind);
  for (size_t i = 0; i + kind <= bytes.size(); i += kind) {
    const uint32_t character = kind == 1   ? value_at<uint8_t>(bytes, i)
                               : kind == 2 ? value_at<uint16_t>(bytes, i)
                                           : value_at<uint32_t>(bytes, i);
    append_utf8(character, text);
  }
  return text;
}

}  // namespace

uint64_t Objects::read_word(uint64_t address) const {
  uint64_t word = 0;
  return read_value(*memory_, address, word) ? word : 0;
}

std::optional<std::string> Objects::read_string(uint64_t address, size_t max_characters) const {
  const ObjectLayout& o = layout_->object;
  // Header and, for most strings, all characters in one read.
  std::array<std::byte, 192> head{};
  const auto fixed = static_cast<size_t>(o.string_compact);
  auto bytes = std::span<const std::byte>(head);
  if (address == 0) return std::nullopt;
  if (!memory_->read_memory(address, head)) {
    bytes = bytes.first(fixed);
    if (!memory_->read_memory(address, std::span(head).first(fixed))) return std::nullopt;
  }
  const auto length = value_at<uint64_t>(bytes, o.string_length);
  const StringState state = decode_state(layout_->walk, value_at<uint32_t>(bytes, o.string_state));
  if ((state.kind != 1 && state.kind != 2 && state.kind != 4) || (state.ascii && state.kind != 1)) {
    return std::nullopt;
  }
  const uint64_t taken = std::min<uint64_t>(length, max_characters) * state.kind;
  const auto offset = static_cast<uint64_t>(state.ascii ? o.string_ascii : o.string_compact);
  if (state.compact && offset + taken <= bytes.size()) {
    return to_utf8(bytes.subspan(offset, taken), state.kind);
  }
  const uint64_t data = state.compact ? address + offset : read_word(at(address, o.string_compact));
  std::vector<std::byte> characters(taken);
  if (!memory_->read_memory(data, characters)) return std::nullopt;
  return to_utf8(characters, state.kind);
}

std::optional<std::vector<std::byte>> Objects::read_bytes(uint64_t address, size_t max_bytes) const {
  uint64_t size = 0;
  if (address == 0 || !read_value(*memory_, at(address, layout_->object.size), size) || size > max_bytes) {
    return std::nullopt;
  }
  std::vector<std::byte> content(size);
  if (size != 0 && !memory_->read_memory(at(address, layout_->object.bytes_data), content)) {
    return std::nullopt;
  }
  return content;
}

std::optional<int64_t> Objects::read_int(uint64_t address) const {
  constexpr unsigned kDigitBits = 30;
  constexpr uint64_t kMaxDigits = 3;
  const ObjectLayout& o = layout_->object;
  int64_t word = 0;
  if (!read_value(*memory_, at(address, o.int_tag >= 0 ? o.int_tag : o.size), word)) return std::nullopt;
  const auto bits = static_cast<uint64_t>(word);
  const bool negative = o.int_tag >= 0 ? (bits & 3) == 2 : word < 0;
  const uint64_t count = o.int_tag >= 0 ? bits >> 3 : negative ? 0 - bits : bits;
  if (o.int_tag >= 0 && (bits & 3) == 1) return 0;
  if (count > kMaxDigits) return std::nullopt;
  std::array<uint32_t, kMaxDigits> digits{};
  const auto used = std::span(digits).first(count);
  if (count != 0 && !memory_->read_memory(at(address, o.int_digits), std::as_writable_bytes(used))) {
    return std::nullopt;
  }
  uint64_t value = 0;
  for (size_t i = 0; i < count; ++i) {
    if (i == 2 && digits[i] >= 8) return std::nullopt;
    value |= static_cast<uint64_t>(digits[i]) << (kDigitBits * i);
  }
  return negative ? -static_cast<int64_t>(value) : static_cast<int64_t>(value);
}

uint64_t Objects::type_of(uint64_t object) const { return read_word(at(object, layout_->object.type)); }

uint64_t Objects::type_flags(uint64_t type) const { return read_word(at(type, layout_->object.type_flags)); }

std::string Objects::type_name(uint64_t type) const {
  const uint64_t address = read_word(at(type, layout_->object.type_name));
  std::string name;
  std::array<char, 16> piece{};
  while (address != 0 && name.size() < 128 &&
         memory_->read_memory(address + name.size(), std::as_writable_bytes(std::span(piece)))) {
    const auto end = std::ranges::find(piece, '\0');
    name.append(piece.begin(), end);
    if (end != piece.end()) break;
  }
  return name;
}

std::optional<Objects::Keys> Objects::read_keys(uint64_t address) const {
  const ObjectLayout& o = layout_->object;
  std::array<std::byte, 48> head{};
  if (address == 0 || !memory_->read_memory(address, head)) return std::nullopt;
  Keys keys{.address = address, .count = value_at<uint64_t>(head, o.keys_count)};
  uint64_t index_bytes = 0;
  if (o.keys_size >= 0) {  // the size decides how wide an index is
    const auto size = value_at<uint64_t>(head, o.keys_size);
    if (size > kMaxDictEntries * 2) return std::nullopt;
    index_bytes = size * (size <= 0xff ? 1 : size <= 0xffff ? 2 : 4);
    keys.entry_size = 24;
  } else {
    const auto log2 = value_at<uint8_t>(head, o.keys_log2_index_bytes);
    if (log2 > 32) return std::nullopt;
    index_bytes = uint64_t{1} << log2;
    keys.entry_size = value_at<uint8_t>(head, o.keys_kind) == 0 ? 24 : 16;
  }
  if (keys.count > kMaxDictEntries) return std::nullopt;
  keys.entries = at(address, o.keys_indices) + index_bytes;
  return keys;
}

std::vector<Objects::Item> Objects::read_items(const Keys& keys, uint64_t values, size_t max_items) const {
  const size_t count = std::min<size_t>(keys.count, max_items);
  std::vector<std::byte> entries(count * keys.entry_size);
  std::vector<uint64_t> separate(values != 0 ? count : 0);
  if (count == 0 || !memory_->read_memory(keys.entries, entries)) return {};
  if (values != 0 && !memory_->read_memory(values, std::as_writable_bytes(std::span(separate)))) return {};
  std::vector<Item> items;
  for (size_t i = 0; i < count; ++i) {
    const size_t key_at = i * keys.entry_size + (keys.entry_size - 16);
    const uint64_t value = values != 0 ? separate[i] : value_at<uint64_t>(entries, key_at + 8);
    const Item item{.key = value_at<uint64_t>(entries, key_at), .value = value & kPointerMask};
    if (item.key != 0 && item.value != 0) items.push_back(item);
  }
  return items;
}

std::vector<Objects::Item> Objects::read_dict(uint64_t address, size_t max_items) const {
  const ObjectLayout& o = layout_->object;
  if (address == 0) return {};
  const auto keys = read_keys(read_word(at(address, o.dict_keys)));
  if (!keys) return {};
  uint64_t values = read_word(at(address, o.dict_values));
  if (values != 0) values = at(values, o.values_data);
  return read_items(*keys, values, max_items);
}

uint64_t Objects::find_among(const std::vector<Item>& items, std::string_view key) const {
  for (const Item& item : items) {
    if (read_string(item.key, key.size() + 1) == key) return item.value;
  }
  return 0;
}

uint64_t Objects::find_in_dict(uint64_t address, std::string_view key) const {
  return find_among(read_dict(address, kMaxDictEntries), key);
}

Objects::Attributes Objects::find_attributes(uint64_t object, uint64_t type) const {
  constexpr uint64_t kInlineValues = 1 << 2;  // 3.13+
  constexpr uint64_t kManagedDict = 1 << 4;   // 3.11+
  constexpr size_t kValidAt = 3;              // of the header of inline values
  const ObjectLayout& o = layout_->object;
  const auto minor = layout_->walk.minor;
  const uint64_t flags = type_flags(type);
  if (minor < 11 || (flags & kManagedDict) == 0) {
    const auto offset = static_cast<int64_t>(read_word(at(type, o.type_dict_offset)));
    if (offset <= 0 || offset > 4096) return {};
    return {.dict = read_word(object + static_cast<uint64_t>(offset))};
  }
  if (minor == 11) {
    const uint64_t values = read_word(object - 32);
    return values != 0 ? Attributes{.values = values} : Attributes{.dict = read_word(object - 24)};
  }
  if (minor == 12) {
    const uint64_t word = read_word(object - 24);
    return (word & 1) != 0 ? Attributes{.values = word + 1} : Attributes{.dict = word};
  }
  const uint64_t inline_values = object + (read_word(at(type, o.type_basic_size)) & 0xffff);
  uint8_t valid = 0;
  if ((flags & kInlineValues) != 0 && read_value(*memory_, inline_values + kValidAt, valid) && valid == 1) {
    return {.values = at(inline_values, o.values_data)};
  }
  return {.dict = read_word(object - (layout_->walk.free_threaded != 0 ? 8 : 24))};
}

uint64_t Objects::find_attribute(uint64_t object, std::string_view name) const {
  constexpr size_t kMaxAttributes = 256;
  const uint64_t type = object != 0 ? type_of(object) : 0;
  if (type == 0) return 0;
  const Attributes attributes = find_attributes(object, type);
  if (attributes.values == 0) return find_in_dict(attributes.dict, name);
  const auto keys = read_keys(read_word(at(type, layout_->object.type_cached_keys)));
  return keys ? find_among(read_items(*keys, attributes.values, kMaxAttributes), name) : 0;
}

}  // namespace strobe::python
