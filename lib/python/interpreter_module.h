// Which ELF file holds a CPython interpreter, and what the file alone says about it: where its _PyRuntime is,
// the version, and a few addresses that walking frames needs. Pure; cheap for the many files that are none.
// Sources: CPython's Include/internal/pycore_runtime.h (section .PyRuntime, from 3.10), Include/exports.h.
#pragma once

#include <cstdint>
#include <optional>

#include "elf/elf_file.h"
#include "model/address.h"

namespace strobe::python {

struct InterpreterModule {
  FileAddr runtime{};               ///< of _PyRuntime
  uint32_t version_hex = 0;         ///< PY_VERSION_HEX: the data symbol Py_Version, from 3.11; 0 unknown
  int minor_by_symbols = 0;         ///< 3.minor, as the exported functions tell; 0 unknown
  bool free_threaded_hint = false;  ///< a function only free-threaded builds have
  FileAddr code_type{};             ///< of PyCode_Type; 0 unknown
  FileAddr none_object{};           ///< of _Py_NoneStruct; 0 unknown
  FileAddr evaluator_begin{};       ///< _PyEval_EvalFrameDefault, as far as its symbol says; 0 unknown
  FileAddr evaluator_end{};
};

/// nullopt for a file that defines no interpreter (also for one that merely uses libpython).
[[nodiscard]] std::optional<InterpreterModule> find_interpreter(const elf::ElfFile& file);

}  // namespace strobe::python
