#include "python/interpreter_module.h"

#include <array>
#include <string_view>

#include "elf/symbol_lookup.h"

namespace strobe::python {
namespace {

// _PyRuntimeState was 656 bytes in 3.9 and only grew: few other symbols pass, so few names are compared.
constexpr uint64_t kMinimumRuntimeBytes = 512;

/// Functions by the first minor version that exports them, newest first.
struct VersionProbe {
  std::string_view function;
  int minor;
};
constexpr std::array kProbes{
    VersionProbe{"PyInterpreterGuard_FromCurrent", 15},
    VersionProbe{"PyConfig_Get", 14},
    VersionProbe{"PyThreadState_GetUnchecked", 13},
    VersionProbe{"PyUnstable_Code_New", 12},
    VersionProbe{"PyFrame_GetLasti", 11},
    VersionProbe{"Py_NewRef", 10},
    VersionProbe{"PyFrame_GetCode", 9},
};

enum Fact : size_t { kVersion, kCodeType, kNone, kEvaluator, kFreeThreaded, kFactCount };
constexpr std::array<std::string_view, kFactCount> kFactNames{
    "Py_Version", "PyCode_Type", "_Py_NoneStruct", "_PyEval_EvalFrameDefault", "_Py_MergeZeroLocalRefcount"};

std::optional<FileAddr> find_runtime(const elf::ElfFile& file) {
  const elf::Section* section = file.find_section(".PyRuntime");
  if (section != nullptr && raw(section->address) != 0) return section->address;
  constexpr std::array<std::string_view, 1> kName{"_PyRuntime"};
  const auto found =
      elf::find_symbols(file, kName, {.type = STT_OBJECT, .minimum_size = kMinimumRuntimeBytes});
  if (!found[0] || raw(found[0]->address) == 0) return std::nullopt;
  return found[0]->address;
}

uint32_t read_version(const elf::ElfFile& file, FileAddr address) {
  ByteReader reader(file.bytes_at(address));
  return reader.read_u32();  // 0 where the file holds no bytes for it
}

}  // namespace

std::optional<InterpreterModule> find_interpreter(const elf::ElfFile& file) {
  const std::optional<FileAddr> runtime = find_runtime(file);
  if (!runtime) return std::nullopt;
  std::array<std::string_view, kFactCount + kProbes.size()> names;
  for (size_t i = 0; i < kFactCount; ++i) names[i] = kFactNames[i];
  for (size_t i = 0; i < kProbes.size(); ++i) names[kFactCount + i] = kProbes[i].function;
  const auto symbols = elf::find_symbols(file, names);

  InterpreterModule module{.runtime = *runtime};
  if (symbols[kVersion]) module.version_hex = read_version(file, symbols[kVersion]->address);
  if (symbols[kCodeType]) module.code_type = symbols[kCodeType]->address;
  if (symbols[kNone]) module.none_object = symbols[kNone]->address;
  if (symbols[kEvaluator]) {
    module.evaluator_begin = symbols[kEvaluator]->address;
    module.evaluator_end = FileAddr{raw(module.evaluator_begin) + symbols[kEvaluator]->size};
  }
  module.free_threaded_hint = symbols[kFreeThreaded].has_value();
  for (size_t i = 0; i < kProbes.size() && module.minor_by_symbols == 0; ++i) {
    if (symbols[kFactCount + i]) module.minor_by_symbols = kProbes[i].minor;
  }
  return module;
}

}  // namespace strobe::python
