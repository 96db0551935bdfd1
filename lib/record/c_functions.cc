#include "record/c_functions.h"

#include <algorithm>
#include <utility>

#include "python/method_table.h"

namespace strobe::record {

const std::string* CFunctions::find(ModuleId module, FileAddr address, MemoryReader& memory, uint64_t bias) {
  const unwind::ModuleCfi* cfi = modules_->cfi(module);
  if (cfi == nullptr) return nullptr;
  auto known = modules_names_.find(module.value);
  if (known == modules_names_.end()) {
    known = modules_names_.emplace(module.value, read(module, memory, bias)).first;
  }
  if (known->second.empty()) return nullptr;
  unwind::Fde fde;
  if (cfi->find_fde(address, fde) != unwind::ModuleCfi::Lookup::found) return nullptr;
  const auto name = known->second.find(fde.pc_begin);
  return name == known->second.end() ? nullptr : &name->second;
}

CFunctions::Names CFunctions::read(ModuleId module, MemoryReader& memory, uint64_t bias) const {
  python::ModuleMemory place;
  place.whole = {UINT64_MAX, 0};
  for (const elf::Segment& segment : modules_->cfi(module)->elf().segments()) {
    if (segment.type != PT_LOAD) continue;
    const uint64_t begin = raw(segment.address) + bias;
    place.whole.begin = std::min(place.whole.begin, begin);
    place.whole.end = std::max(place.whole.end, begin + segment.memory_size);
    if ((segment.flags & PF_X) != 0) place.code.push_back({begin, begin + segment.memory_size});
    if ((segment.flags & PF_W) != 0) place.data.push_back({begin, begin + segment.file_size});
  }
  Names names;
  for (python::CFunction& function : python::find_c_functions(memory, place)) {
    names.emplace(function.address - bias, std::move(function.name));
  }
  return names;
}

}  // namespace strobe::record
