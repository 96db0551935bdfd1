#include "symbolize/symbol_cache.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "symbolize/cache_file.h"

namespace strobe::symbolize {
namespace {

// Layout: magic, checksum of all that follows, identity, strings, entries. Numbers are little-endian; strings
// have their length before them. The last byte of the magic is the version: it changes with the layout and
// with the meaning of answers.
constexpr std::string_view kMagic = "STRBSYM\x02";
constexpr size_t kMaxFrames = 512;

uint64_t checksum_of(std::string_view bytes) {  // FNV-1a: against accidents, not against attacks
  uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  return hash;
}

template <class T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void put_string(std::string& out, std::string_view text) {
  put(out, static_cast<uint32_t>(text.size()));
  out.append(text);
}

std::string_view read_string(ByteReader& reader) {
  const Bytes bytes = reader.read_bytes(reader.read_u32());
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Strings in order of first use.
class StringTable {
 public:
  uint32_t add(const std::string& text) {
    const auto [entry, is_new] = ids_.try_emplace(text, static_cast<uint32_t>(ids_.size()));
    if (is_new) put_string(bytes_, text);
    return entry->second;
  }
  [[nodiscard]] size_t count() const { return ids_.size(); }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  std::unordered_map<std::string, uint32_t> ids_;
  std::string bytes_;
};

bool decode_frames(ByteReader& reader, const std::vector<std::string_view>& strings, AddressSymbols& frames) {
  const uint32_t count = reader.read_u32();
  if (count > kMaxFrames) return false;
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    SourceFrame frame;
    for (std::string* text : {&frame.function, &frame.linkage_name, &frame.file, &frame.function_file}) {
      const uint32_t id = reader.read_u32();
      if (id >= strings.size()) return false;
      *text = strings[id];
    }
    frame.line = reader.read_u32();
    frame.function_line = reader.read_u32();
    frames.push_back(std::move(frame));
  }
  return reader.ok();
}

std::string describe(const LoadedFile& file) {
  return fmt::format("{} {} {}\n", file.path, file.size, file.mtime_ns);
}

}  // namespace

std::string encode_symbol_cache(const std::string& identity, const CachedSymbols& symbols) {
  std::vector<uint64_t> addresses;
  addresses.reserve(symbols.size());
  for (const auto& [address, frames] : symbols) {
    if (frames.size() <= kMaxFrames) addresses.push_back(address);
  }
  std::ranges::sort(addresses);
  StringTable strings;
  std::string entries;
  for (const uint64_t address : addresses) {
    const AddressSymbols& frames = symbols.at(address);
    put(entries, address);
    put(entries, static_cast<uint32_t>(frames.size()));
    for (const SourceFrame& frame : frames) {
      for (const std::string* text :
           {&frame.function, &frame.linkage_name, &frame.file, &frame.function_file}) {
        put(entries, strings.add(*text));
      }
      put(entries, frame.line);
      put(entries, frame.function_line);
    }
  }
  std::string body;
  put_string(body, identity);
  put(body, static_cast<uint32_t>(strings.count()));
  body += strings.bytes();
  put(body, static_cast<uint32_t>(addresses.size()));
  body += entries;
  std::string file(kMagic);
  put(file, checksum_of(body));
  return file + body;
}

Result<CachedSymbols> decode_symbol_cache(Bytes bytes, const std::string& identity) {
  const auto malformed = [] {
    return fail(ErrorCode::malformed, "symbol cache of another kind, or damaged");
  };
  ByteReader reader(bytes);
  const Bytes magic = reader.read_bytes(kMagic.size());
  const uint64_t checksum = reader.read_u64();
  if (!reader.ok() || std::memcmp(magic.data(), kMagic.data(), kMagic.size()) != 0) return malformed();
  const Bytes body = bytes.subspan(reader.offset());
  if (checksum != checksum_of({reinterpret_cast<const char*>(body.data()), body.size()})) return malformed();
  if (read_string(reader) != identity) return malformed();
  const uint32_t string_count = reader.read_u32();
  if (string_count > reader.remaining() / sizeof(uint32_t)) return malformed();
  std::vector<std::string_view> strings(string_count);
  for (std::string_view& text : strings) text = read_string(reader);
  CachedSymbols symbols;
  const uint32_t entry_count = reader.read_u32();
  for (uint32_t i = 0; i < entry_count; ++i) {
    AddressSymbols frames;
    const uint64_t address = reader.read_u64();
    if (!reader.ok() || !decode_frames(reader, strings, frames)) return malformed();
    symbols.insert_or_assign(address, std::move(frames));
  }
  if (!reader.ok() || !reader.at_end()) return malformed();
  return symbols;
}

SymbolCache::SymbolCache(const std::string& directory, const ModuleFiles& files) {
  std::string build_id;
  if (files.module) build_id = files.module->elf.build_id();
  if (build_id.empty() && files.debug) build_id = files.debug->elf.build_id();
  if (directory.empty() || build_id.empty()) return;
  path_ = directory + "/symbols/" + build_id;
  if (files.module) identity_ += describe(*files.module);
  if (files.debug) identity_ += describe(*files.debug);
  const auto content = read_cache_file(path_);
  if (!content) return;
  auto known = decode_symbol_cache(std::as_bytes(std::span(content->data(), content->size())), identity_);
  if (known) symbols_ = std::move(*known);
}

const AddressSymbols* SymbolCache::find(uint64_t address) const {
  const auto found = symbols_.find(address);
  return found == symbols_.end() ? nullptr : &found->second;
}

void SymbolCache::insert(uint64_t address, const AddressSymbols& symbols) {
  if (!path_.empty()) symbols_.insert_or_assign(address, symbols);
}

void SymbolCache::store() const {
  if (path_.empty()) return;
  write_cache_file(path_, encode_symbol_cache(identity_, symbols_));
}

}  // namespace strobe::symbolize
