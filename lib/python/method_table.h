// The C functions that a module offers to Python, by the names that Python knows them: found in the module's
// own tables (PyMethodDef), also where the file has no symbols. A table is known by its shape, its owner (a
// type or a module) by a pointer to it.
// Sources: CPython's Include/methodobject.h, moduleobject.h, cpython/object.h; the layouts are of its ABI.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/memory_reader.h"

namespace strobe::python {

/// Addresses in the process, end exclusive.
struct AddressRange {
  uint64_t begin = 0;
  uint64_t end = 0;
  [[nodiscard]] bool contains(uint64_t address) const { return begin <= address && address < end; }
};

/// Where a module lies in the process.
struct ModuleMemory {
  std::vector<AddressRange> code;
  std::vector<AddressRange> data;  ///< what the file holds of its writable segments
  AddressRange whole;
};

struct CFunction {
  uint64_t address = 0;  ///< of its code
  std::string name;      ///< "list.sort", "time.sleep"; without an owner "sort"
};

/// By address, each once. Empty for modules that offer nothing; bounded whatever the memory holds.
[[nodiscard]] std::vector<CFunction> find_c_functions(MemoryReader& memory, const ModuleMemory& module);

}  // namespace strobe::python
