// Programs whose allocations could not be seen, and why, as far as their files tell. Sampling thread only.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model/memory.h"
#include "record/module_table.h"
#include "record/target_tracker.h"

namespace strobe::record {

class UnseenPrograms {
 public:
  explicit UnseenPrograms(const ModuleTable& modules) : modules_(&modules) {}  ///< borrowed

  /// The process became this program at that time.
  void began(pid_t pid, uint64_t time_ns);
  /// When the program began that the process runs; 0 for a child that runs its parent's.
  [[nodiscard]] uint64_t began_at(pid_t pid) const {
    const auto known = began_.find(pid);
    return known == began_.end() ? 0 : known->second.time_ns;
  }
  /// It ends, with its mappings as they were; `told`: its agent did tell of it.
  void ended(pid_t pid, const ProcessState& process, const std::string& command, bool told);
  /// Processes that run a program that began.
  [[nodiscard]] std::vector<pid_t> running() const;

  /// Most of one kind first.
  [[nodiscard]] std::vector<UnseenProcess> rows() const;

 private:
  struct Program {
    uint64_t time_ns = 0;
    bool other_rights = false;  ///< a set-id program
  };
  [[nodiscard]] std::string find_reason(const ProcessState& process, bool told, bool other_rights);
  [[nodiscard]] bool has_own_allocator(ModuleId executable);

  const ModuleTable* modules_;
  std::unordered_map<pid_t, Program> began_;
  std::unordered_map<uint32_t, bool> own_allocators_;                    // by module
  std::map<std::pair<std::string, std::string>, UnseenProcess> unseen_;  // by command and reason
};

}  // namespace strobe::record
