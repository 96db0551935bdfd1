// What a program needs to be seen allocating: the agent's library in a place where every child can load it,
// and a folder for the rings. Environment variables make the program load the one and find the other.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace strobe::heap {

struct SessionOptions {
  uint64_t interval_bytes = 0;     ///< mean distance of samples; 0: every allocation
  bool python_allocators = false;  ///< Python's small objects as well
  std::string preload;             ///< what the variable LD_PRELOAD is: ours comes before it
  std::string cache_folder;        ///< of the user; may be empty
};

/// Removes its folder at the end, and at the beginning what killed Strobes of this user left. The library
/// stays: a process may start another one long after.
class Session {
 public:
  static Result<Session> make(const SessionOptions& options);
  Session(Session&& other) noexcept;
  Session& operator=(Session&&) = delete;
  ~Session();

  /// For the rings.
  [[nodiscard]] const std::string& folder() const { return folder_; }
  /// "NAME=VALUE", to be set in the program's environment.
  [[nodiscard]] const std::vector<std::string>& environment() const { return environment_; }

 private:
  Session() = default;

  std::string folder_;
  UniqueFd alive_;  // holds the lock that says so
  std::vector<std::string> environment_;
};

}  // namespace strobe::heap
