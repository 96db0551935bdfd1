// What a program leaves running when it ends. While this object lives, such processes become children of this
// one instead of init's, so that they can be found and ended; nobody else's pids can be hit, since a child's
// is not given away before it is reaped.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"

namespace strobe::os {

class OrphanKeeper {
 public:
  static Result<OrphanKeeper> make();
  OrphanKeeper(OrphanKeeper&& other) noexcept : active_(other.active_) { other.active_ = false; }
  OrphanKeeper& operator=(OrphanKeeper&&) = delete;
  ~OrphanKeeper();

  /// Ends and reaps every child of this process, and what then becomes its child: SIGTERM, and SIGKILL
  /// `grace_ms` later. How many were still running. Only where this process has no child of its own.
  [[nodiscard]] uint32_t end_all(int grace_ms);

 private:
  OrphanKeeper() = default;
  bool active_ = true;
};

}  // namespace strobe::os
