#include "symbolize/dwarf_module.h"

#include <dwarf.h>

#include <algorithm>
#include <map>
#include <system_error>
#include <thread>
#include <utility>

#include "base/hex.h"
#include "symbolize/split_unit.h"

namespace strobe::symbolize {
namespace {

constexpr size_t kMaxBuildIdBytes = 64;
constexpr int kMaxStepsBack = 16;
constexpr size_t kMaxUnits = size_t{1} << 22;
constexpr size_t kManyAddresses =
    64;  // below, and with less to read, a second index costs more than it saves
constexpr size_t kManyBytes = size_t{16} << 20;
constexpr unsigned kMaxThreads = 4;
constexpr uint64_t kDropBytes = uint64_t{16} << 20;
// What one access maps where the kernel keeps a file in large pages (ext4 in Linux 6.18).
constexpr uint64_t kLargePageBytes = uint64_t{2} << 20;

}  // namespace

DwarfSource::DwarfSource(const LoadedFile& file) : file_(&file), sections_(DebugSections::read(file.elf)) {}

std::unique_ptr<DwarfSource> DwarfSource::open(const LoadedFile& file,
                                               const std::vector<std::string>& debug_directories,
                                               const std::string& package) {
  std::unique_ptr<DwarfSource> source(new DwarfSource(file));
  if (!source->sections_.has_info()) return nullptr;
  source->find_supplement(debug_directories);
  if (!package.empty()) source->package_ = DwoPackage::open(package);
  source->drop_pages();  // what was unpacked is not read again
  return source;
}

void DwarfSource::find_supplement(const std::vector<std::string>& debug_directories) {
  // The section has a file name and the supplement's build-id. Not left to libdw, which would open any path.
  const elf::Section* link = file_->elf.find_section(".gnu_debugaltlink");
  if (link == nullptr) return;
  ByteReader reader(file_->elf.section_bytes(*link));
  const std::string name(reader.read_c_string());
  const Bytes id = reader.ok() ? reader.read_bytes(reader.remaining()) : Bytes();
  if (id.empty() || id.size() > kMaxBuildIdBytes || name.empty()) return;
  const std::string build_id = to_hex(id);
  lost_supplement_ = name;
  auto found = find_by_build_id(build_id, debug_directories);
  if (!found) {
    const size_t slash = file_->path.rfind('/');
    const std::string beside = slash == std::string::npos ? "./" : file_->path.substr(0, slash + 1);
    auto by_name = load_elf_file(name[0] == '/' ? name : beside + name);
    if (!by_name || by_name->elf.build_id() != build_id) return;
    found = std::move(*by_name);
  }
  lost_supplement_.clear();
  supplement_file_ = std::make_unique<LoadedFile>(std::move(*found));
  supplement_ = DebugSections::read(supplement_file_->elf);
}

bool DwarfSource::is_steady() const {
  return file_->is_steady() && (supplement_file_ == nullptr || supplement_file_->is_steady()) &&
         (package_ == nullptr || package_->is_steady());
}

void DwarfSource::drop_pages() const {
  file_->content.drop_pages();
  sections_.drop_pages();
  if (supplement_file_ != nullptr) supplement_file_->content.drop_pages();
  if (supplement_) supplement_->drop_pages();
  if (package_ != nullptr) package_->drop_pages();
}

std::unique_ptr<DwarfModule> DwarfModule::open(const DwarfSource& source) {
  std::unique_ptr<DwarfModule> module(new DwarfModule(source));
  if (!module->attach()) return nullptr;
  module->index_units();
  if (module->ranges_.empty()) return nullptr;
  return module;
}

bool DwarfModule::attach() {
  dwarf_ = DwarfHandle::open(source_->sections().all());
  if (!dwarf_) return false;
  files_.add(dwarf_->get(), source_->sections());
  if (source_->supplement() == nullptr) return true;
  supplement_ = DwarfHandle::open(source_->supplement()->all());
  if (!supplement_) return true;
  files_.add(supplement_->get(), *source_->supplement());
  dwarf_setalt(dwarf_->get(), supplement_->get());
  return true;
}

void DwarfModule::index_units() {
  Dwarf_CU* unit = nullptr;
  Dwarf_Die unit_die;
  uint8_t type = 0;
  Dwarf_Off dropped = 0;  // pages of what lies before were given back
  while (units_.size() < kMaxUnits &&
         dwarf_get_units(dwarf_->get(), unit, &unit, nullptr, &type, &unit_die, nullptr) == 0) {
    if (const Dwarf_Off offset = dwarf_dieoffset(&unit_die); offset >= dropped + kDropBytes) {
      source_->drop_pages();
      dropped = offset;
    }
    if (type != DW_UT_compile && type != DW_UT_skeleton) continue;
    const auto index = static_cast<uint32_t>(units_.size());
    for_each_range(unit_die, [&](uint64_t low, uint64_t high) { ranges_.push_back({low, high, index}); });
    units_.push_back({unit_die, type == DW_UT_skeleton});
  }
  std::ranges::sort(ranges_, [](const UnitRange& a, const UnitRange& b) {
    return std::pair(a.low, a.unit) < std::pair(b.low, b.unit);
  });
}

std::vector<uint32_t> DwarfModule::units_at(uint64_t address) const {
  std::vector<uint32_t> units;
  auto after = std::ranges::upper_bound(ranges_, address, {}, &UnitRange::low);
  for (int steps = 0; after != ranges_.begin() && steps < kMaxStepsBack; ++steps) {
    --after;
    if (address < after->high) units.push_back(after->unit);
  }
  return units;
}

bool DwarfModule::is_steady() const {
  return source_->is_steady() && std::ranges::all_of(split_leases_, &os::FileLease::is_undisturbed);
}

Dwarf_Die DwarfModule::open_functions(uint32_t index, std::unique_ptr<PackagedUnit>& packaged) {
  const Unit& unit = units_[index];
  if (!unit.is_skeleton) return unit.die;
  if (source_->package() != nullptr) {
    packaged = open_packaged_unit(unit.die, source_->sections(), *source_->package());
    if (packaged != nullptr) {
      files_.add_split(dwarf_cu_getdwarf(packaged->die.cu), packaged->sections, packaged->directory,
                       unit.die);
      return packaged->die;
    }
  }
  auto split = open_split_unit(unit.die);
  if (split.loss != SplitLoss::none) {
    losses_.units.insert_or_assign(index, LostUnit{split.loss, split.path});
    return unit.die;
  }
  if (split.lease) split_leases_.push_back(std::move(*split.lease));
  split_sections_.push_back(std::move(split.sections));
  files_.add_split(dwarf_cu_getdwarf(split.die.cu), *split_sections_.back(), split.directory, unit.die);
  return split.die;
}

void DwarfModule::find_in_unit(uint32_t index, std::span<const uint64_t> addresses,
                               std::span<const size_t> places, std::span<AddressSymbols> answers) {
  std::vector<uint64_t> wanted;
  wanted.reserve(places.size());
  for (const size_t place : places) wanted.push_back(addresses[place]);
  std::unique_ptr<PackagedUnit> packaged;
  const Dwarf_Die functions = open_functions(index, packaged);
  DwarfNames names(files_);
  DwarfUnit unit(units_[index].die, functions, files_, names);
  unit.prepare(wanted);
  for (const size_t place : places) {
    AddressSymbols symbols = unit.find(addresses[place]);
    const bool has_function = !symbols.empty() && !symbols.back().function.empty();
    if (has_function || answers[place].empty()) answers[place] = std::move(symbols);
  }
  if (packaged != nullptr) files_.remove(dwarf_cu_getdwarf(functions.cu));
}

void DwarfModule::find(std::span<const uint64_t> addresses, Shard shard, std::span<AddressSymbols> answers) {
  const uint64_t bytes_per_unit = source_->sections().find(".debug_info").size() / (units_.size() + 1);
  uint64_t bytes_read = 0;
  // A unit is tried for the addresses that no earlier one had a function for: several may claim an address.
  std::map<std::pair<size_t, uint32_t>, std::vector<size_t>> by_unit;
  for (size_t i = 0; i < addresses.size(); ++i) {
    const std::vector<uint32_t> units = units_at(addresses[i]);
    if (units.empty() || units[0] % shard.count != shard.number) continue;
    for (size_t rank = 0; rank < units.size(); ++rank) by_unit[{rank, units[rank]}].push_back(i);
  }
  for (auto& [key, places] : by_unit) {
    std::erase_if(places,
                  [&](size_t i) { return !answers[i].empty() && !answers[i].back().function.empty(); });
    if (places.empty()) continue;
    losses_.was_changing = !is_steady();
    if (losses_.was_changing) return;
    find_in_unit(key.second, addresses, places, answers);
    files_.forget();
    bytes_read += bytes_per_unit + kLargePageBytes;
    if (bytes_read < kDropBytes) continue;
    source_->drop_pages();
    bytes_read = 0;
  }
}

DwarfAnswers find_in_dwarf(const DwarfSource& source, std::span<const uint64_t> addresses) {
  DwarfAnswers answers;
  answers.symbols.resize(addresses.size());
  const bool is_much =
      addresses.size() >= kManyAddresses && source.sections().find(".debug_info").size() >= kManyBytes;
  const size_t count = is_much ? std::clamp(std::thread::hardware_concurrency(), 1u, kMaxThreads) : 1;
  std::vector<DwarfLosses> losses(count);
  const auto work = [&](size_t number) {
    const auto module = DwarfModule::open(source);
    if (module == nullptr) return;
    // Each address is answered by one shard: they write to different elements.
    module->find(addresses, {number, count}, answers.symbols);
    losses[number] = module->losses();
  };
  std::vector<std::jthread> helpers;
  size_t started = 1;
  try {
    for (; started < count; ++started) helpers.emplace_back(work, started);
  } catch (const std::system_error&) {
    // No more threads to be had: this one does their part.
  }
  work(0);
  for (; started < count; ++started) work(started);
  helpers.clear();  // joins: what they wrote is complete
  for (const DwarfLosses& lost : losses) answers.losses.merge(lost);
  answers.losses.supplement = source.lost_supplement();
  return answers;
}

}  // namespace strobe::symbolize
