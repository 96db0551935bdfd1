// Processes made to be tried on, and the tries: may this process be traced, may its memory be read? Used by
// `strobe doctor`. Forks: to be used while this process has one thread.
#pragma once

#include <sys/types.h>

#include <optional>

#include "base/unique_fd.h"
#include "model/rights.h"

namespace strobe::os {

enum class Kinship : uint8_t {
  child,   ///< as what `run` starts
  orphan,  ///< of the same user, and no descendant any more: as what `attach` meets
};

/// A copy of this process that does nothing and ends with this object, or with this process.
class ProbeProcess {
 public:
  /// nullopt where no process can be made.
  static std::optional<ProbeProcess> start(Kinship kinship);
  ProbeProcess(ProbeProcess&& other) noexcept;
  ProbeProcess& operator=(ProbeProcess&&) = delete;
  ProbeProcess(const ProbeProcess&) = delete;
  ProbeProcess& operator=(const ProbeProcess&) = delete;
  ~ProbeProcess();

  [[nodiscard]] pid_t pid() const { return pid_; }

  /// Seizes it, stops it, and lets it go.
  [[nodiscard]] Attempt try_trace() const;
  /// Reads a word of its memory and compares it.
  [[nodiscard]] Attempt try_read() const;

 private:
  ProbeProcess(pid_t pid, UniqueFd life) : pid_(pid), life_(std::move(life)) {}

  pid_t pid_;
  UniqueFd life_;  // write end of a pipe: closing it ends the process
};

/// Seizes a process that runs, without ever stopping it, and lets go of it.
[[nodiscard]] Attempt try_seize(pid_t pid);

/// Whether process_vm_readv would be allowed: reads at an address where nothing is.
[[nodiscard]] Attempt try_read_memory(pid_t pid);

}  // namespace strobe::os
