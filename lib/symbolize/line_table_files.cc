#include "symbolize/line_table_files.h"

#include <dwarf.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hex.h"
#include "symbolize/dwarf_names.h"

namespace strobe::symbolize {
namespace {

constexpr size_t kMd5Bytes = 16;

/// One directory or file of a line table.
struct Entry {
  std::string_view name;
  uint64_t directory = 0;
  Bytes md5;  ///< empty where there is none
};

using Names = std::set<std::string, std::less<>>;

std::string_view last_name(std::string_view path) {
  const size_t slash = path.find_last_of('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

/// Reads the header of one table.
class TableReader {
 public:
  TableReader(Bytes table, bool wide, const LineSections& sections)
      : in_(table), wide_(wide), sections_(&sections) {}

  /// False where it is none of version 5, or broken.
  bool read() {
    if (in_.read_u16() != 5) return false;
    in_.skip(2);  // sizes of addresses and selectors
    static_cast<void>(offset());
    in_.skip(5);  // minimum_instruction_length … line_range
    const uint8_t opcodes = in_.read_u8();
    if (opcodes == 0) return false;
    in_.skip(opcodes - 1u);
    return read_entries(directories_) && read_entries(files_);
  }
  [[nodiscard]] const std::vector<Entry>& files() const { return files_; }

  /// As dwarf_linesrc gives it: directory 0 is where the compiler ran, others are relative to it.
  [[nodiscard]] std::string path_of(const Entry& file) const {
    if (file.name.starts_with('/') || file.directory >= directories_.size()) return std::string(file.name);
    std::string path(directories_[file.directory].name);
    if (!path.starts_with('/') && file.directory != 0) {
      path = std::string(directories_[0].name) + '/' + path;
    }
    return path + '/' + std::string(file.name);
  }

 private:
  uint64_t offset() { return wide_ ? in_.read_u64() : in_.read_u32(); }

  std::string_view text_at(Bytes section, uint64_t at) {
    if (at >= section.size()) return {};
    ByteReader text(section.subspan(static_cast<size_t>(at)));
    return text.read_c_string();
  }

  /// A value of one of the forms that the standard allows here; false for others. Every form takes at least
  /// one byte, so no count makes the loops around this run longer than the table.
  bool read_value(uint64_t form, uint64_t content, Entry& entry) {
    uint64_t number = 0;
    std::string_view text;
    Bytes bytes;
    switch (form) {
      case DW_FORM_string:
        text = in_.read_c_string();
        break;
      case DW_FORM_line_strp:
        text = text_at(sections_->debug_line_str, offset());
        break;
      case DW_FORM_strp:
        text = text_at(sections_->debug_str, offset());
        break;
      case DW_FORM_udata:
        number = in_.read_uleb128();
        break;
      case DW_FORM_data1:
        number = in_.read_u8();
        break;
      case DW_FORM_data2:
        number = in_.read_u16();
        break;
      case DW_FORM_data4:
        number = in_.read_u32();
        break;
      case DW_FORM_data8:
        number = in_.read_u64();
        break;
      case DW_FORM_data16:
        bytes = in_.read_bytes(kMd5Bytes);
        break;
      case DW_FORM_block:
        in_.skip(in_.read_uleb128());
        break;
      default:
        return false;
    }
    if (content == DW_LNCT_path) entry.name = text;
    if (content == DW_LNCT_directory_index) entry.directory = number;
    if (content == DW_LNCT_MD5) entry.md5 = bytes;
    return in_.ok();
  }

  bool read_entries(std::vector<Entry>& entries) {
    std::vector<std::pair<uint64_t, uint64_t>> formats(in_.read_u8());
    for (auto& [content, form] : formats) {
      content = in_.read_uleb128();
      form = in_.read_uleb128();
    }
    const uint64_t count = in_.read_uleb128();
    if (!in_.ok() || (formats.empty() && count > 0)) return false;
    for (uint64_t i = 0; i < count; ++i) {
      Entry entry;
      for (const auto& [content, form] : formats) {
        if (!read_value(form, content, entry)) return false;
      }
      entries.push_back(entry);
    }
    return true;
  }

  ByteReader in_;
  bool wide_;
  const LineSections* sections_;
  std::vector<Entry> directories_;
  std::vector<Entry> files_;
};

/// The next table of the section, and whether its offsets have 64 bits; nullopt at the end.
std::optional<std::pair<Bytes, bool>> next_table(ByteReader& in) {
  if (in.remaining() < 4) return std::nullopt;
  uint64_t size = in.read_u32();
  const bool wide = size == 0xffffffff;
  if (wide) size = in.read_u64();
  if (size > in.remaining() || (!wide && size >= 0xfffffff0)) return std::nullopt;
  return std::pair(in.read_bytes(static_cast<size_t>(size)), wide);
}

}  // namespace

void collect_source_hashes(const LineSections& sections, const std::set<std::string>& wanted,
                           SourceHashes& hashes) {
  Names names;  // compared first: putting a path together costs more
  for (const std::string& path : wanted) names.emplace(last_name(path));
  ByteReader in(sections.debug_line);
  while (const auto table = next_table(in)) {
    TableReader reader(table->first, table->second, sections);
    if (!reader.read()) continue;
    for (const Entry& file : reader.files()) {
      if (file.md5.empty() || names.find(last_name(file.name)) == names.end()) continue;
      std::string path = tidy_path(reader.path_of(file).c_str());
      if (wanted.count(path) != 0) hashes.emplace(std::move(path), to_hex(file.md5));
    }
  }
}

}  // namespace strobe::symbolize
