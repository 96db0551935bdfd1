// The modules of a recording: which file is behind a mapping, where in it the mapping's code lies, and its
// unwind information. Files are opened at their first mapping and kept, so that what is deleted later can
// still be unwound. Used by the sampling thread only.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "elf/elf_file.h"
#include "model/address_space.h"
#include "model/events.h"
#include "model/recording.h"
#include "python/interpreter_module.h"
#include "record/tables.h"
#include "unwind/unwinder.h"

namespace strobe::record {

class ModuleTable final : public unwind::CfiSource {
 public:
  explicit ModuleTable(StringTable& strings) : strings_(&strings) {}

  /// The mapping that the event describes, with its module found or made. Unreadable files give a module
  /// without unwind information, and bias as if file addresses were file offsets.
  Mapping map(const MapEvent& event, ProcessId process);

  ModuleId kernel();
  /// The pseudo-module for code of one process that no file is behind.
  ModuleId pseudo(ModuleKind kind, ProcessId process);

  const unwind::ModuleCfi* find_cfi(ModuleId module) override { return cfi(module); }
  [[nodiscard]] const unwind::ModuleCfi* cfi(ModuleId module) const {
    return module.index() < modules_.size() ? modules_[module.index()].cfi.get() : nullptr;
  }
  /// What the file says of the interpreter that it holds; null for most.
  [[nodiscard]] const python::InterpreterModule* find_interpreter(ModuleId module) const;
  /// Whether its code starts programs and threads, and does nothing else with its own name on the stack: the
  /// C library, and a python executable.
  [[nodiscard]] bool is_starter(ModuleId module) const {
    return module.index() < modules_.size() && modules_[module.index()].starter;
  }
  void take_new(RecordingDelta& delta);
  /// Path or pseudo-name, for messages.
  [[nodiscard]] const std::string& name(ModuleId module) const { return modules_[module.index()].name; }

 private:
  struct Module {
    ModuleRow row;
    std::string name;
    std::vector<elf::Segment> code;  // executable PT_LOAD segments
    std::unique_ptr<unwind::ModuleCfi> cfi;
    std::optional<python::InterpreterModule> interpreter;
    bool starter = false;
  };

  ModuleId find_or_open(const MapEvent& event, ProcessId process, ModuleKind kind);
  ModuleId add(Module module);
  void load(Module& module, const MapEvent& event);

  StringTable* strings_;  // borrowed
  std::vector<Module> modules_;
  std::unordered_map<std::string, ModuleId> by_identity_;
  size_t taken_ = 0;
};

/// runtime - file address for a mapping of `file_offset` at `start`, by the executable segment it is part of.
/// mmap rounds down to pages, so the segment may begin later than the mapping.
[[nodiscard]] uint64_t bias_of(const std::vector<elf::Segment>& code, uint64_t start, uint64_t file_offset);

}  // namespace strobe::record
