// The unwind information of one ELF file: finds and decodes the row for an address on first touch.
// Immutable apart from its own caches; used from one thread at a time.
#pragma once

#include <memory>

#include "base/mapped_file.h"
#include "base/result.h"
#include "elf/elf_file.h"

namespace strobe::unwind {

class ModuleCfi {
 public:
  /// Keeps `file` for as long as it lives. Never fails for a file without CFI: such a module is unwound by
  /// frame pointers. Fails where the bytes are no ELF file.
  static Result<std::unique_ptr<ModuleCfi>> make(MappedFile file);
  ~ModuleCfi();

 private:
  ModuleCfi();
};

}  // namespace strobe::unwind
