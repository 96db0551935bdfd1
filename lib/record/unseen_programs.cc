#include "record/unseen_programs.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "unwind/module_cfi.h"

namespace strobe::record {
namespace {

/// How the agent's file is called (heap/agent_file.h).
constexpr std::string_view kAgentName = "/strobe-memory-";

std::string_view interpreter_of(const elf::ElfFile& file) {
  for (const elf::Segment& segment : file.segments()) {
    if (segment.type != PT_INTERP) continue;
    const Bytes bytes = checked_subspan(file.bytes(), segment.offset, segment.file_size);
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return text.substr(0, text.find('\0'));
  }
  return {};
}

bool runs_with_other_rights(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && (info.st_mode & (S_ISUID | S_ISGID)) != 0;
}

}  // namespace

/// malloc under its own name, or as allocators call it that are linked into Rust and C++ programs.
bool UnseenPrograms::has_own_allocator(ModuleId executable) {
  const auto [known, added] = own_allocators_.try_emplace(executable.value, false);
  const unwind::ModuleCfi* module = modules_->cfi(executable);
  if (!added || module == nullptr) return known->second;
  constexpr std::array<std::string_view, 5> kNames = {"malloc", "_rjem_malloc", "je_malloc", "mi_malloc",
                                                      "tc_malloc"};
  const auto symbols = module->elf().function_symbols();
  known->second = std::any_of(symbols.begin(), symbols.end(), [&](const elf::Symbol& symbol) {
    return std::find(kNames.begin(), kNames.end(), symbol.name) != kNames.end();
  });
  return known->second;
}

std::string UnseenPrograms::find_reason(const ProcessState& process, bool told, bool other_rights) {
  if (process.executable.is_none() && other_rights) return "setuid program";
  if (process.executable.is_none()) return told ? "" : "ended before it could be looked at";
  const unwind::ModuleCfi* executable = modules_->cfi(process.executable);
  if (told) return has_own_allocator(process.executable) ? "statically linked allocator" : "";
  if (executable == nullptr) return "not a 64-bit program";
  const std::string_view interpreter = interpreter_of(executable->elf());
  if (interpreter.empty()) return "static binary";
  if (interpreter.find("musl") != std::string_view::npos) return "another C library";
  const auto& mappings = process.space.mappings();
  const bool has_agent = std::any_of(mappings.begin(), mappings.end(), [&](const Mapping& mapping) {
    return modules_->name(mapping.module).find(kAgentName) != std::string::npos;
  });
  if (has_agent) return "no access to the folder of the recording";
  return other_rights || runs_with_other_rights(modules_->name(process.executable)) ? "setuid program"
                                                                                    : "environment cleared";
}

/// The kernel stops to tell of a program's mappings where it has other rights than its caller.
void UnseenPrograms::began(pid_t pid, uint64_t time_ns) {
  began_[pid] = {.time_ns = time_ns,
                 .other_rights = runs_with_other_rights("/proc/" + std::to_string(pid) + "/exe")};
}

void UnseenPrograms::ended(pid_t pid, const ProcessState& process, const std::string& command, bool told) {
  const auto began = began_.find(pid);
  if (began == began_.end()) return;
  const std::string reason = find_reason(process, told, began->second.other_rights);
  began_.erase(began);
  if (reason.empty()) return;
  UnseenProcess& row = unseen_[{command, reason}];
  if (row.count++ == 0) row = {.pid = pid, .command = command, .reason = reason, .count = 1};
}

std::vector<pid_t> UnseenPrograms::running() const {
  std::vector<pid_t> pids;
  for (const auto& [pid, program] : began_) pids.push_back(pid);
  std::sort(pids.begin(), pids.end());
  return pids;
}

std::vector<UnseenProcess> UnseenPrograms::rows() const {
  std::vector<UnseenProcess> rows;
  for (const auto& [key, row] : unseen_) rows.push_back(row);
  std::stable_sort(rows.begin(), rows.end(),
                   [](const UnseenProcess& a, const UnseenProcess& b) { return a.count > b.count; });
  if (rows.size() > 100) rows.resize(100);
  return rows;
}

}  // namespace strobe::record
