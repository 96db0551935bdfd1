// Names of global data by its address in a process: of the locks that threads wait for. Sampling thread only.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "elf/elf_file.h"
#include "model/address_space.h"
#include "record/module_table.h"

namespace strobe::record {

class DataNames {
 public:
  explicit DataNames(const ModuleTable& modules) : modules_(&modules) {}  ///< borrowed

  /// "queue_lock (app)", "state+0x28 (libx.so)"; "(libx.so)" for data without a symbol; empty for memory that
  /// is no file's: stacks, the heap.
  [[nodiscard]] std::string find(const AddressSpace& space, uint64_t address);

 private:
  struct Data {
    uint64_t begin = 0;  // file addresses of the writable segments, from the first to the last
    uint64_t end = 0;
    bool read = false;
    std::vector<elf::Symbol> symbols;  // once somebody asked
  };
  Data& data_of(ModuleId module);

  const ModuleTable* modules_;
  std::unordered_map<uint32_t, Data> known_;  // by module
};

}  // namespace strobe::record
