#include "record/data_names.h"

#include <fmt/format.h>

#include <algorithm>

#include "elf/object_symbols.h"

namespace strobe::record {

DataNames::Data& DataNames::data_of(ModuleId module) {
  const auto [known, added] = known_.try_emplace(module.value);
  Data& data = known->second;
  const unwind::ModuleCfi* cfi = modules_->cfi(module);
  if (!added || cfi == nullptr) return data;
  data.begin = UINT64_MAX;
  for (const elf::Segment& segment : cfi->elf().segments()) {
    if (segment.type != PT_LOAD || (segment.flags & PF_W) == 0) continue;
    data.begin = std::min(data.begin, raw(segment.address));
    data.end = std::max(data.end, raw(segment.address) + segment.memory_size);
  }
  return data;
}

std::string DataNames::find(const AddressSpace& space, uint64_t address) {
  ModuleId last;
  for (const Mapping& mapping : space.mappings()) {
    if (mapping.module == last) continue;
    last = mapping.module;
    Data& data = data_of(mapping.module);
    const uint64_t place = address - mapping.bias;
    if (place < data.begin || place >= data.end) continue;
    if (!data.read) {
      data.read = true;
      data.symbols = elf::object_symbols(modules_->cfi(mapping.module)->elf());
    }
    std::string_view file = modules_->name(mapping.module);
    file = file.substr(file.rfind('/') + 1);
    const elf::Symbol* symbol = elf::find_object(data.symbols, FileAddr{place});
    if (symbol == nullptr) return fmt::format("({})", file);
    const uint64_t offset = place - raw(symbol->address);
    return offset == 0 ? fmt::format("{} ({})", symbol->name, file)
                       : fmt::format("{}+{:#x} ({})", symbol->name, offset, file);
  }
  return {};
}

}  // namespace strobe::record
