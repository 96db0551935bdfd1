// Names, as Python knows them, of the C functions in the modules of Python processes: looked up by where a
// native frame's function begins. Each module's tables are read once, from the first process that has a frame
// in it. Sampling thread only.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/memory_reader.h"
#include "model/address.h"
#include "record/module_table.h"

namespace strobe::record {

class CFunctions {
 public:
  explicit CFunctions(const ModuleTable& modules) : modules_(&modules) {}

  /// The name of the function that contains `address`; null where Python has none for it. `memory` and
  /// `bias`: of a process that has the module mapped. Valid until the next call.
  const std::string* find(ModuleId module, FileAddr address, MemoryReader& memory, uint64_t bias);

 private:
  using Names = std::unordered_map<uint64_t, std::string>;  // by file address of the function

  Names read(ModuleId module, MemoryReader& memory, uint64_t bias) const;

  const ModuleTable* modules_;  // borrowed
  std::unordered_map<uint32_t, Names> modules_names_;
};

}  // namespace strobe::record
