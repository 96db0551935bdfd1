#include "symbolize/line_program.h"

#include <dwarf.h>

#include <algorithm>

#include "symbolize/dwarf_names.h"

namespace strobe::symbolize {
namespace {

// Bounds on tables that were made to take long. Paths: PATH_MAX. Compilers give an address one row, linkers
// that fold functions some more.
constexpr size_t kMaxNameBytes = 4096;
constexpr uint64_t kMaxAnswersPerAddress = 64;

std::string_view text_at(Bytes section, uint64_t offset) {
  if (offset >= section.size()) return {};
  ByteReader reader(checked_subspan(section, offset, std::min(section.size() - offset, kMaxNameBytes + 1)));
  return reader.read_c_string();
}

/// Longer ones are no file.
std::string_view read_name(ByteReader& reader) {
  const std::string_view name = reader.read_c_string();
  return name.substr(0, kMaxNameBytes);
}

/// Answers addresses while rows arrive: a row holds from its address to that of the next one of its sequence.
class RowConsumer {
 public:
  RowConsumer(std::span<const uint64_t> addresses, std::vector<LinePlace>& places)
      : addresses_(addresses), places_(&places), answers_left_(kMaxAnswersPerAddress * addresses.size()) {}

  [[nodiscard]] bool is_exhausted() const { return answers_left_ == 0; }

  void row(uint64_t address, LinePlace place) {
    if (in_sequence_ && address > address_) answer(address);
    // Functions that the linker dropped keep their rows, at 0.
    if (!in_sequence_) is_dropped_ = address == 0;
    in_sequence_ = true;
    address_ = address;
    place_ = place;
  }
  void end_sequence(uint64_t address) {
    if (in_sequence_ && address > address_) answer(address);
    in_sequence_ = false;
  }

 private:
  void answer(uint64_t end) {
    if (is_dropped_ || address_ > addresses_.back() || end <= addresses_.front()) return;
    auto at = std::ranges::lower_bound(addresses_, address_);
    for (; at != addresses_.end() && *at < end && answers_left_ != 0; ++at, --answers_left_) {
      (*places_)[static_cast<size_t>(at - addresses_.begin())] = place_;
    }
  }

  std::span<const uint64_t> addresses_;  // not empty
  std::vector<LinePlace>* places_;
  uint64_t answers_left_;
  bool in_sequence_ = false;
  bool is_dropped_ = false;
  uint64_t address_ = 0;
  LinePlace place_;
};

struct Registers {
  uint64_t address = 0;
  uint64_t file = 1;
  uint64_t line = 1;
  [[nodiscard]] LinePlace place() const {
    return {.is_known = true, .file = file, .line = line <= INT32_MAX ? static_cast<uint32_t>(line) : 0};
  }
};

/// Lets the operands of a standard opcode have their effect. False for opcodes that are not known.
bool run_standard(uint8_t opcode, ByteReader& reader, uint64_t minimum, uint64_t constant_advance,
                  Registers& now) {
  switch (opcode) {
    case DW_LNS_advance_pc:
      now.address += minimum * reader.read_uleb128();
      return true;
    case DW_LNS_advance_line:
      now.line += static_cast<uint64_t>(reader.read_sleb128());
      return true;
    case DW_LNS_set_file:
      now.file = reader.read_uleb128();
      return true;
    case DW_LNS_const_add_pc:
      now.address += constant_advance;
      return true;
    case DW_LNS_fixed_advance_pc:
      now.address += reader.read_u16();
      return true;
    case DW_LNS_negate_stmt:
    case DW_LNS_set_basic_block:
    case DW_LNS_set_prologue_end:
    case DW_LNS_set_epilogue_begin:
      return true;
    case DW_LNS_set_column:
    case DW_LNS_set_isa:
      static_cast<void>(reader.read_uleb128());
      return true;
    default:
      return false;
  }
}

}  // namespace

LineProgram LineProgram::read(const DebugSections& sections, uint64_t offset, const std::string& directory) {
  LineProgram table;
  table.unit_directory_ = directory;
  const Bytes section = sections.find(".debug_line");
  if (offset >= section.size()) return table;
  ByteReader reader(section.subspan(static_cast<size_t>(offset)));
  uint64_t length = reader.read_u32();
  if (length == 0xffffffff) {
    length = reader.read_u64();
    table.offset_bytes_ = 8;
  }
  if (!reader.ok() || length > reader.remaining()) return table;
  reader = ByteReader(reader.read_bytes(static_cast<size_t>(length)));
  table.version_ = reader.read_u16();
  if (!reader.ok() || table.version_ < 2 || table.version_ > 5) return table;
  if (table.version_ == 5) {
    table.address_bytes_ = reader.read_u8();
    reader.skip(1);  // segment selectors: none on our machines
  }
  const uint64_t header_bytes = table.offset_bytes_ == 8 ? reader.read_u64() : reader.read_u32();
  if (!reader.ok() || header_bytes > reader.remaining()) return table;
  const size_t program_at = reader.offset() + static_cast<size_t>(header_bytes);
  table.minimum_instruction_ = reader.read_u8();
  if (table.version_ >= 4) reader.skip(1);  // operations per instruction: 1 but for VLIW machines
  reader.skip(1);                           // default_is_stmt
  table.line_base_ = reader.read<int8_t>();
  table.line_range_ = reader.read_u8();
  table.opcode_base_ = reader.read_u8();
  if (table.opcode_base_ == 0) return table;
  table.operand_counts_ = reader.read_bytes(table.opcode_base_ - size_t{1});
  if (!reader.ok() || table.line_range_ == 0) return table;
  if (table.version_ == 5) {
    table.read_files_of_5(reader, sections);
  } else {
    table.read_files_before_5(reader);
  }
  reader.seek(program_at);
  if (reader.ok()) table.program_ = reader.read_bytes(reader.remaining());
  return table;
}

void LineProgram::read_files_before_5(ByteReader& reader) {
  directories_.emplace_back();  // the unit's own
  for (std::string_view name = read_name(reader); reader.ok() && !name.empty(); name = read_name(reader)) {
    directories_.push_back(name);
  }
  files_.emplace_back();  // they count from 1
  for (std::string_view name = read_name(reader); reader.ok() && !name.empty(); name = read_name(reader)) {
    const uint64_t directory = reader.read_uleb128();
    static_cast<void>(reader.read_uleb128());  // time
    static_cast<void>(reader.read_uleb128());  // size
    if (reader.ok()) files_.push_back({name, directory});
  }
}

LineProgram::File LineProgram::read_entry(ByteReader& reader, const std::vector<Form>& forms,
                                          const DebugSections& sections) const {
  File file;
  for (const Form& form : forms) {
    std::string_view text;
    uint64_t number = 0;
    const auto read_offset = [&] { return offset_bytes_ == 8 ? reader.read_u64() : reader.read_u32(); };
    switch (form.form) {
      case DW_FORM_string:
        text = read_name(reader);
        break;
      case DW_FORM_line_strp:
        text = text_at(sections.find(".debug_line_str"), read_offset());
        break;
      case DW_FORM_strp:
        text = text_at(sections.find(".debug_str"), read_offset());
        break;
      case DW_FORM_udata:
        number = reader.read_uleb128();
        break;
      case DW_FORM_data1:
        number = reader.read_u8();
        break;
      case DW_FORM_data2:
        number = reader.read_u16();
        break;
      case DW_FORM_data4:
        number = reader.read_u32();
        break;
      case DW_FORM_data8:
        number = reader.read_u64();
        break;
      case DW_FORM_data16:
        reader.skip(16);
        break;
      case DW_FORM_block:
        reader.skip(static_cast<size_t>(reader.read_uleb128()));
        break;
      default:
        reader.skip(SIZE_MAX);  // fails: what follows cannot be found
    }
    if (form.content == DW_LNCT_path) file.name = text;
    if (form.content == DW_LNCT_directory_index) file.directory = number;
  }
  return file;
}

void LineProgram::read_files_of_5(ByteReader& reader, const DebugSections& sections) {
  const auto read_table = [&](auto use) {
    std::vector<Form> forms(reader.read_u8());
    for (Form& form : forms) {
      form.content = reader.read_uleb128();
      form.form = reader.read_uleb128();
    }
    const uint64_t count = reader.read_uleb128();
    // An entry takes a byte at least, so that a count that is a lie ends with the bytes.
    for (uint64_t i = 0; i < count && reader.ok() && !forms.empty() && !reader.at_end(); ++i) {
      const File entry = read_entry(reader, forms, sections);
      if (reader.ok()) use(entry);
    }
  };
  read_table([&](const File& entry) { directories_.push_back(entry.name); });
  read_table([&](const File& entry) { files_.push_back(entry); });
}

std::string LineProgram::directory(uint64_t index) const {
  const std::string_view name = index < directories_.size() ? directories_[static_cast<size_t>(index)] : "";
  // DWARF 5 has the unit's directory as number 0: the others are relative to it, it is relative to nothing.
  const bool has_unit_directory = version_ == 5 && !directories_.empty() && !directories_[0].empty();
  if (name.starts_with('/') || (has_unit_directory && index == 0)) return std::string(name);
  std::string base = has_unit_directory ? std::string(directories_[0]) : unit_directory_;
  if (name.empty()) return base;
  return base.empty() ? std::string(name) : base + '/' + std::string(name);
}

std::string LineProgram::path(uint64_t file) const {
  if (file >= files_.size() || files_[static_cast<size_t>(file)].name.empty()) return {};
  const File& entry = files_[static_cast<size_t>(file)];
  if (entry.name.starts_with('/')) return tidy_path(entry.name);
  const std::string base = directory(entry.directory);
  return tidy_path(base.empty() ? std::string(entry.name) : base + '/' + std::string(entry.name));
}

std::vector<LinePlace> LineProgram::find(std::span<const uint64_t> addresses) const {
  std::vector<LinePlace> places(addresses.size());
  // Without a program the table may be damaged, and divide by nothing.
  if (addresses.empty() || program_.empty()) return places;
  RowConsumer rows(addresses, places);
  Registers now;
  const uint64_t constant_advance = uint64_t{minimum_instruction_} * ((255u - opcode_base_) / line_range_);
  ByteReader reader(program_);
  while (reader.ok() && !reader.at_end() && !rows.is_exhausted()) {
    const uint8_t opcode = reader.read_u8();
    if (opcode >= opcode_base_) {
      const unsigned adjusted = opcode - unsigned{opcode_base_};
      now.address += uint64_t{minimum_instruction_} * (adjusted / line_range_);
      now.line += static_cast<uint64_t>(int64_t{line_base_} + adjusted % line_range_);
      rows.row(now.address, now.place());
    } else if (opcode == 0) {
      const Bytes body = reader.read_bytes(static_cast<size_t>(reader.read_uleb128()));
      if (body.empty()) continue;
      if (body[0] == std::byte{DW_LNE_end_sequence}) {
        rows.end_sequence(now.address);
        now = {};
      } else if (body[0] == std::byte{DW_LNE_set_address}) {
        ByteReader operand(body.subspan(1));
        now.address = body.size() == 5 ? operand.read_u32() : operand.read_u64();
      }
    } else if (opcode == DW_LNS_copy) {
      rows.row(now.address, now.place());
    } else if (!run_standard(opcode, reader, minimum_instruction_, constant_advance, now)) {
      const auto operands = std::to_integer<int>(operand_counts_[opcode - size_t{1}]);
      for (int i = 0; i < operands; ++i) static_cast<void>(reader.read_uleb128());
    }
  }
  return places;
}

}  // namespace strobe::symbolize
