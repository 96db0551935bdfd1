#include "symbolize/dwo_package.h"

#include <dwarf.h>
#include <sys/mman.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "symbolize/unit_index.h"

namespace strobe::symbolize {
namespace {

constexpr unsigned kDwarf5 = 5;

/// What a skeleton tells of the unit that it stands for.
struct SkeletonFacts {
  unsigned version = 0;
  uint64_t unit_id = 0;
  std::string directory;
  std::optional<uint64_t> low_pc;
  std::optional<uint64_t> addr_base;
  std::optional<uint64_t> ranges_base;
};

std::optional<uint64_t> number_of(Dwarf_Die& die, unsigned attribute) {
  Dwarf_Attribute found;
  Dwarf_Word value = 0;
  if (dwarf_formudata(dwarf_attr(&die, attribute, &found), &value) != 0) return std::nullopt;
  return value;
}

std::optional<SkeletonFacts> read_skeleton(Dwarf_Die die) {
  SkeletonFacts facts;
  Dwarf_Half version = 0;
  if (dwarf_cu_info(die.cu, &version, nullptr, nullptr, nullptr, &facts.unit_id, nullptr, nullptr) != 0)
    return std::nullopt;
  facts.version = version;
  Dwarf_Attribute attribute;
  const char* directory = dwarf_formstring(dwarf_attr(&die, DW_AT_comp_dir, &attribute));
  if (directory != nullptr) facts.directory = directory;
  if (Dwarf_Addr low = 0; dwarf_lowpc(&die, &low) == 0) facts.low_pc = low;
  const bool is_new = facts.version >= kDwarf5;
  facts.addr_base = number_of(die, is_new ? DW_AT_addr_base : DW_AT_GNU_addr_base);
  facts.ranges_base = number_of(die, is_new ? DW_AT_rnglists_base : DW_AT_GNU_ranges_base);
  return facts;
}

class ByteWriter {
 public:
  explicit ByteWriter(std::vector<std::byte>& bytes) : bytes_(&bytes) {}
  void number(uint64_t value, int size) {
    for (int i = 0; i < size; ++i) bytes_->push_back(static_cast<std::byte>(value >> (8 * i) & 0xff));
  }
  void uleb128(uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_->push_back(static_cast<std::byte>((value & 0x7f) | 0x80));
    bytes_->push_back(static_cast<std::byte>(value));
  }
  void text(std::string_view value) {
    for (const char c : value) bytes_->push_back(static_cast<std::byte>(c));
    bytes_->push_back(std::byte{0});
  }

 private:
  std::vector<std::byte>* bytes_;
};

/// A unit of one entry, whose .dwo file is at `path`.
class SkeletonWriter {
 public:
  SkeletonWriter(const SkeletonFacts& facts, const std::string& path) {
    const bool is_new = facts.version >= kDwarf5;
    shape_.uleb128(1);  // the abbreviation's code
    shape_.uleb128(is_new ? DW_TAG_skeleton_unit : DW_TAG_compile_unit);
    shape_.number(DW_CHILDREN_no, 1);
    entry_.uleb128(1);
    add(is_new ? DW_AT_dwo_name : DW_AT_GNU_dwo_name, DW_FORM_string);
    entry_.text(path);
    if (!is_new) {
      add(DW_AT_GNU_dwo_id, DW_FORM_data8);
      entry_.number(facts.unit_id, 8);
    }
    add_number(DW_AT_low_pc, DW_FORM_addr, 8, facts.low_pc);
    add_number(is_new ? DW_AT_addr_base : DW_AT_GNU_addr_base, DW_FORM_sec_offset, 4, facts.addr_base);
    add_number(is_new ? DW_AT_rnglists_base : DW_AT_GNU_ranges_base, DW_FORM_sec_offset, 4,
               facts.ranges_base);
    shape_.number(0, 3);  // the end of the attributes, and of the abbreviations
    write_unit(facts);
  }
  [[nodiscard]] const std::vector<std::byte>& info() const { return info_bytes_; }
  [[nodiscard]] const std::vector<std::byte>& abbrev() const { return shape_bytes_; }

 private:
  void add(unsigned name, unsigned form) {
    shape_.uleb128(name);
    shape_.uleb128(form);
  }
  void add_number(unsigned name, unsigned form, int size, std::optional<uint64_t> value) {
    if (!value) return;
    add(name, form);
    entry_.number(*value, size);
  }
  void write_unit(const SkeletonFacts& facts) {
    std::vector<std::byte> header_bytes;
    ByteWriter header(header_bytes);
    header.number(facts.version, 2);
    if (facts.version >= kDwarf5) {
      header.number(DW_UT_skeleton, 1);
      header.number(8, 1);  // bytes of an address
      header.number(0, 4);  // offset of the abbreviations
      header.number(facts.unit_id, 8);
    } else {
      header.number(0, 4);
      header.number(8, 1);
    }
    ByteWriter(info_bytes_).number(header_bytes.size() + entry_bytes_.size(), 4);
    info_bytes_.insert(info_bytes_.end(), header_bytes.begin(), header_bytes.end());
    info_bytes_.insert(info_bytes_.end(), entry_bytes_.begin(), entry_bytes_.end());
  }

  std::vector<std::byte> shape_bytes_;
  std::vector<std::byte> entry_bytes_;
  std::vector<std::byte> info_bytes_;
  ByteWriter shape_{shape_bytes_};
  ByteWriter entry_{entry_bytes_};
};

/// The parts as a .dwo file that exists as long as it is open or mapped.
UniqueFd write_split_file(std::vector<NamedBytes> parts, Bytes text, bool is_dwarf5) {
  UnitStrings strings;
  const auto offsets = std::ranges::find(parts, ".debug_str_offsets", &NamedBytes::name);
  if (offsets != parts.end()) {
    auto gathered = gather_strings(offsets->bytes, text, is_dwarf5);
    if (!gathered) return {};
    strings = std::move(*gathered);
    offsets->bytes = strings.offsets;
    parts.push_back({".debug_str", strings.text});
  }
  UniqueFd file(::memfd_create("strobe unit", MFD_CLOEXEC));
  if (!file || !write_elf_file(file, parts, ".dwo")) return {};
  return file;
}

/// Our skeleton, with the sections of the real one that its unit refers to.
bool make_skeleton(const SkeletonFacts& facts, const std::string& path, const DebugSections& sections,
                   PackagedUnit& unit) {
  const SkeletonWriter writer(facts, path);
  unit.skeleton_bytes = std::make_unique<std::vector<std::byte>>(writer.info());
  unit.skeleton_bytes->insert(unit.skeleton_bytes->end(), writer.abbrev().begin(), writer.abbrev().end());
  const Bytes bytes(*unit.skeleton_bytes);
  std::vector<NamedBytes> named = {{".debug_info", bytes.first(writer.info().size())},
                                   {".debug_abbrev", bytes.subspan(writer.info().size())}};
  for (const char* name : {".debug_addr", ".debug_ranges", ".debug_rnglists"}) {
    if (const Bytes shared = sections.find(name); !shared.empty()) named.push_back({name, shared});
  }
  unit.skeleton = DwarfHandle::open(named);
  return unit.skeleton.has_value();
}

}  // namespace

DwoPackage::DwoPackage(LoadedFile file)
    : file_(std::move(file)), sections_(DebugSections::read(file_.elf, ".dwo")) {
  const elf::Section* index = file_.elf.find_section(".debug_cu_index");
  if (index != nullptr) index_ = file_.elf.section_bytes(*index);
}

std::unique_ptr<DwoPackage> DwoPackage::open(const std::string& path) {
  auto file = load_elf_file(path);
  if (!file) return nullptr;
  std::unique_ptr<DwoPackage> package(new DwoPackage(std::move(*file)));
  if (package->index_.empty() || !package->sections_.has_info()) return nullptr;
  package->drop_pages();
  return package;
}

std::vector<NamedBytes> DwoPackage::find(uint64_t unit_id) const {
  std::vector<NamedBytes> found;
  for (const UnitPart& part : find_unit_parts(index_, unit_id)) {
    const Bytes whole = sections_.find(part.section);
    if (part.offset > whole.size() || part.size > whole.size() - part.offset) return {};
    found.push_back({std::string(part.section), whole.subspan(part.offset, part.size)});
  }
  return found;
}

void DwoPackage::drop_pages() const {
  file_.content.drop_pages();
  sections_.drop_pages();
}

std::unique_ptr<PackagedUnit> open_packaged_unit(Dwarf_Die skeleton, const DebugSections& sections,
                                                 const DwoPackage& package) {
  const auto facts = read_skeleton(skeleton);
  if (!facts) return nullptr;
  std::vector<NamedBytes> parts = package.find(facts->unit_id);
  if (parts.empty()) return nullptr;
  const UniqueFd file = write_split_file(std::move(parts), package.text(), facts->version >= kDwarf5);
  if (!file) return nullptr;
  auto unit = std::make_unique<PackagedUnit>();
  unit->directory = facts->directory;
  const std::string path = "/proc/self/fd/" + std::to_string(file.get());
  if (!make_skeleton(*facts, path, sections, *unit)) return nullptr;
  Dwarf_CU* own = nullptr;
  Dwarf_Die own_die{};
  if (dwarf_get_units(unit->skeleton->get(), nullptr, &own, nullptr, nullptr, &own_die, &unit->die) != 0)
    return nullptr;
  if (unit->die.addr == nullptr || unit->die.cu == own) return nullptr;
  unit->sections = DebugSections::of_split(dwarf_getelf(dwarf_cu_getdwarf(unit->die.cu)));
  return unit;
}

}  // namespace strobe::symbolize
