#include "symbolize/source_hashes.h"

#include <vector>

#include "symbolize/debug_sections.h"
#include "symbolize/module_files.h"

namespace strobe::symbolize {
namespace {

void collect_from(const LoadedFile& file, const std::set<std::string>& wanted, SourceHashes& hashes) {
  const DebugSections sections = DebugSections::read(file.elf);
  collect_source_hashes(
      {sections.find(".debug_line"), sections.find(".debug_line_str"), sections.find(".debug_str")}, wanted,
      hashes);
}

/// By module, whether a frame in it names one of the wanted files.
std::vector<bool> modules_of(const Profile& profile, const std::set<std::string>& wanted) {
  std::vector<bool> is_wanted_file(profile.strings.size());
  for (size_t i = 0; i < is_wanted_file.size(); ++i)
    is_wanted_file[i] = wanted.count(profile.strings[i]) != 0;
  std::vector<bool> modules(profile.modules.size());
  for (const FrameRow& frame : profile.frames) {
    if (frame.file.index() < is_wanted_file.size() && is_wanted_file[frame.file.index()] &&
        frame.module.index() < modules.size()) {
      modules[frame.module.index()] = true;
    }
  }
  return modules;
}

}  // namespace

SourceHashes read_source_hashes(const Profile& profile, const std::set<std::string>& wanted,
                                const SymbolizeOptions& options) {
  SourceHashes hashes;
  const std::vector<bool> modules = modules_of(profile, wanted);
  for (size_t i = 0; i < modules.size(); ++i) {
    const ModuleRow& module = profile.modules[i];
    if (!modules[i] || module.kind != ModuleKind::file) continue;
    const bool process_known = module.process.index() < profile.processes.size();
    const int32_t pid = process_known ? profile.processes[module.process.index()].pid : 0;
    const ModuleFiles files =
        find_module_files(module, profile.text(module.path), pid, options.debug_directories);
    for (const auto* file : {&files.module, &files.debug}) {
      if (file->has_value()) collect_from(**file, wanted, hashes);
    }
  }
  return hashes;
}

}  // namespace strobe::symbolize
