#include "symbolize/die_scan.h"

#include <dwarf.h>

#include <algorithm>

namespace strobe::symbolize {
namespace {

constexpr uint64_t kMaxAbbreviations = uint64_t{1} << 20;
constexpr size_t kMaxDepth = size_t{1} << 16;
constexpr int kMaxIndirections = 4;

/// How to get over one or several attributes.
enum class Skip : uint8_t { fixed, leb128, text, block_leb128, block1, block2, block4, indirect, unknown };
struct Step {
  Skip skip = Skip::unknown;
  uint32_t bytes = 0;  ///< of fixed
};

struct Abbreviation {
  uint32_t first_step = 0;
  uint32_t steps = 0;
  bool is_known = false;
  bool has_children = false;
  bool is_scope = false;
  bool is_function_with_code = false;
};

struct UnitShape {
  uint64_t first_entry = 0;  ///< offset in .debug_info
  uint64_t end = 0;
  uint64_t abbrev_offset = 0;
  uint8_t offset_bytes = 4;
  uint8_t address_bytes = 8;
  uint8_t reference_bytes = 4;  ///< of DW_FORM_ref_addr
};

bool is_scope_tag(uint64_t tag) {
  switch (tag) {
    case DW_TAG_namespace:
    case DW_TAG_class_type:
    case DW_TAG_structure_type:
    case DW_TAG_union_type:
    case DW_TAG_enumeration_type:
    case DW_TAG_module:
    case DW_TAG_subprogram:
      return true;
    default:
      return false;
  }
}

/// Forms whose length does not depend on the unit.
Step plain_step(uint64_t form) {
  switch (form) {
    case DW_FORM_flag_present:
    case DW_FORM_implicit_const:
      return {Skip::fixed, 0};
    case DW_FORM_data1:
    case DW_FORM_ref1:
    case DW_FORM_flag:
    case DW_FORM_strx1:
    case DW_FORM_addrx1:
      return {Skip::fixed, 1};
    case DW_FORM_data2:
    case DW_FORM_ref2:
    case DW_FORM_strx2:
    case DW_FORM_addrx2:
      return {Skip::fixed, 2};
    case DW_FORM_strx3:
    case DW_FORM_addrx3:
      return {Skip::fixed, 3};
    case DW_FORM_data4:
    case DW_FORM_ref4:
    case DW_FORM_ref_sup4:
    case DW_FORM_strx4:
    case DW_FORM_addrx4:
      return {Skip::fixed, 4};
    case DW_FORM_data8:
    case DW_FORM_ref8:
    case DW_FORM_ref_sig8:
    case DW_FORM_ref_sup8:
      return {Skip::fixed, 8};
    case DW_FORM_data16:
      return {Skip::fixed, 16};
    default:
      return {Skip::unknown, 0};
  }
}

/// Forms with a length of their own.
Step variable_step(uint64_t form) {
  switch (form) {
    case DW_FORM_udata:
    case DW_FORM_sdata:
    case DW_FORM_ref_udata:
    case DW_FORM_strx:
    case DW_FORM_addrx:
    case DW_FORM_loclistx:
    case DW_FORM_rnglistx:
    case DW_FORM_GNU_addr_index:
    case DW_FORM_GNU_str_index:
      return {Skip::leb128, 0};
    case DW_FORM_string:
      return {Skip::text, 0};
    case DW_FORM_block:
    case DW_FORM_exprloc:
      return {Skip::block_leb128, 0};
    case DW_FORM_block1:
      return {Skip::block1, 0};
    case DW_FORM_block2:
      return {Skip::block2, 0};
    case DW_FORM_block4:
      return {Skip::block4, 0};
    case DW_FORM_indirect:
      return {Skip::indirect, 0};
    default:
      return {Skip::unknown, 0};
  }
}

Step step_of(uint64_t form, const UnitShape& unit) {
  switch (form) {
    case DW_FORM_addr:
      return {Skip::fixed, unit.address_bytes};
    case DW_FORM_ref_addr:
      return {Skip::fixed, unit.reference_bytes};
    case DW_FORM_strp:
    case DW_FORM_line_strp:
    case DW_FORM_strp_sup:
    case DW_FORM_sec_offset:
    case DW_FORM_GNU_ref_alt:
    case DW_FORM_GNU_strp_alt:
      return {Skip::fixed, unit.offset_bytes};
    default:
      break;
  }
  const Step plain = plain_step(form);
  return plain.skip != Skip::unknown ? plain : variable_step(form);
}

bool read_header(Bytes info, uint64_t offset, UnitShape& unit) {
  if (offset >= info.size()) return false;
  ByteReader reader(info);
  reader.seek(static_cast<size_t>(offset));
  uint64_t length = reader.read_u32();
  if (length == 0xffffffff) {
    length = reader.read_u64();
    unit.offset_bytes = 8;
  }
  if (!reader.ok() || length > reader.remaining()) return false;
  unit.end = reader.offset() + length;
  const auto read_offset = [&] { return unit.offset_bytes == 8 ? reader.read_u64() : reader.read_u32(); };
  const uint16_t version = reader.read_u16();
  if (version < 2 || version > 5) return false;
  if (version == 5) {
    const uint8_t type = reader.read_u8();
    unit.address_bytes = reader.read_u8();
    unit.abbrev_offset = read_offset();
    if (type == DW_UT_skeleton || type == DW_UT_split_compile) reader.skip(8);  // the unit's id
    if (type == DW_UT_type || type == DW_UT_split_type) return false;
  } else {
    unit.abbrev_offset = read_offset();
    unit.address_bytes = reader.read_u8();
  }
  unit.reference_bytes = version == 2 ? unit.address_bytes : unit.offset_bytes;
  unit.first_entry = reader.offset();
  return reader.ok() && unit.first_entry <= unit.end;
}

/// The abbreviations of one unit, by code.
class Abbreviations {
 public:
  Abbreviations(Bytes abbrev, const UnitShape& unit) {
    if (unit.abbrev_offset >= abbrev.size()) return;
    ByteReader reader(abbrev.subspan(static_cast<size_t>(unit.abbrev_offset)));
    while (reader.ok()) {
      const uint64_t code = reader.read_uleb128();
      // Compilers count from 1 without gaps.
      if (code == 0 || code >= kMaxAbbreviations || code > 4 * (by_code_.size() + 64)) return;
      if (code >= by_code_.size()) by_code_.resize(static_cast<size_t>(code) + 1);
      by_code_[static_cast<size_t>(code)] = read_one(reader, unit);
    }
  }

  [[nodiscard]] const Abbreviation* find(uint64_t code) const {
    if (code >= by_code_.size() || !by_code_[static_cast<size_t>(code)].is_known) return nullptr;
    return &by_code_[static_cast<size_t>(code)];
  }
  [[nodiscard]] const Step* steps(const Abbreviation& entry) const {
    return steps_.data() + entry.first_step;
  }

 private:
  Abbreviation read_one(ByteReader& reader, const UnitShape& unit) {
    const uint64_t tag = reader.read_uleb128();
    Abbreviation entry{.first_step = static_cast<uint32_t>(steps_.size())};
    entry.has_children = reader.read_u8() != 0;
    entry.is_scope = is_scope_tag(tag);
    while (reader.ok()) {
      const uint64_t name = reader.read_uleb128();
      const uint64_t form = reader.read_uleb128();
      if (name == 0 && form == 0) break;
      if (form == DW_FORM_implicit_const) static_cast<void>(reader.read_sleb128());
      const bool gives_code = name == DW_AT_low_pc || name == DW_AT_ranges;
      if (tag == DW_TAG_subprogram && gives_code) entry.is_function_with_code = true;
      add_step(step_of(form, unit), entry);
    }
    entry.steps = static_cast<uint32_t>(steps_.size()) - entry.first_step;
    entry.is_known = reader.ok();
    return entry;
  }

  void add_step(Step step, const Abbreviation& entry) {
    const bool has_previous = steps_.size() > entry.first_step;
    if (step.skip == Skip::fixed && has_previous && steps_.back().skip == Skip::fixed) {
      steps_.back().bytes += step.bytes;
    } else {
      steps_.push_back(step);
    }
  }

  std::vector<Abbreviation> by_code_;
  std::vector<Step> steps_;
};

bool skip_attribute(ByteReader& reader, Step step, const UnitShape& unit, int depth = 0) {
  switch (step.skip) {
    case Skip::fixed:
      reader.skip(step.bytes);
      return reader.ok();
    case Skip::leb128:
      static_cast<void>(reader.read_uleb128());
      return reader.ok();
    case Skip::text:
      static_cast<void>(reader.read_c_string());
      return reader.ok();
    case Skip::block_leb128:
      reader.skip(static_cast<size_t>(reader.read_uleb128()));
      return reader.ok();
    case Skip::block1:
      reader.skip(reader.read_u8());
      return reader.ok();
    case Skip::block2:
      reader.skip(reader.read_u16());
      return reader.ok();
    case Skip::block4:
      reader.skip(reader.read_u32());
      return reader.ok();
    case Skip::indirect:
      if (depth >= kMaxIndirections) return false;
      return skip_attribute(reader, step_of(reader.read_uleb128(), unit), unit, depth + 1);
    case Skip::unknown:
      return false;
  }
  return false;
}

/// The open entries with children on the way down to where the pass is.
class OpenEntries {
 public:
  void open(uint32_t scope) { open_.push_back(scope); }
  [[nodiscard]] size_t depth() const { return open_.size(); }
  [[nodiscard]] uint32_t innermost() const { return open_.empty() ? kNoScope : open_.back(); }
  void close(std::vector<DieScope>& scopes, uint64_t at) {
    const uint32_t scope = open_.back();
    open_.pop_back();
    if (scope != kNoScope && scope != innermost()) scopes[scope].end = at;
  }

 private:
  std::vector<uint32_t> open_;  // by level: the innermost scope there
};

}  // namespace

UnitScan scan_unit(Bytes info, Bytes abbrev, uint64_t offset) {
  UnitScan scan;
  UnitShape unit;
  if (!read_header(info, offset, unit)) return scan;
  const Abbreviations abbreviations(abbrev, unit);
  ByteReader reader(info.first(static_cast<size_t>(unit.end)));
  reader.seek(static_cast<size_t>(unit.first_entry));
  OpenEntries open;
  while (!reader.at_end()) {
    const uint64_t at = reader.offset();
    const uint64_t code = reader.read_uleb128();
    if (code == 0) {
      if (open.depth() <= 1) break;  // the unit's own end
      open.close(scan.scopes, reader.offset());
      continue;
    }
    const Abbreviation* entry = abbreviations.find(code);
    if (entry == nullptr) break;
    if (entry->is_function_with_code) scan.functions.push_back(at);
    const Step* step = abbreviations.steps(*entry);
    const Step* end = step + entry->steps;
    while (step != end && skip_attribute(reader, *step, unit)) ++step;
    if (step != end) break;
    if (!entry->has_children) continue;
    if (open.depth() >= kMaxDepth) break;
    uint32_t scope = open.innermost();
    if (entry->is_scope && scan.scopes.size() < kNoScope) {
      scan.scopes.push_back({at, unit.end, scope});
      scope = static_cast<uint32_t>(scan.scopes.size() - 1);
    }
    open.open(scope);
  }
  return scan;
}

uint32_t find_scope_around(const UnitScan& scan, uint64_t offset) {
  const auto after = std::ranges::lower_bound(scan.scopes, offset, {}, &DieScope::begin);
  if (after == scan.scopes.begin()) return kNoScope;
  auto scope = static_cast<uint32_t>(after - scan.scopes.begin() - 1);
  // Parents begin before their children, so this ends.
  while (scope != kNoScope && scan.scopes[scope].end <= offset) scope = scan.scopes[scope].parent;
  return scope;
}

}  // namespace strobe::symbolize
