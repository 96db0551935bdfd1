// A client of debuginfod servers, for those who ask for it: elfutils' own library, loaded when the first file
// is asked for, so that nobody else pays for it or contacts anything. Downloads are bounded in time; a server
// that fails is not asked again. What comes is hostile like every file: who uses it compares the build-id.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/result.h"

namespace strobe::symbolize {

struct DebuginfodOptions {
  std::chrono::seconds patience{20};  ///< without an answer, or without anything new of the file
  std::chrono::seconds longest{600};  ///< for one file
  /// Called with what is being fetched, again and again, and with an empty text at the end; may be null.
  std::function<void(const std::string& text)> show_progress;
};

/// Servers, cache and further limits are elfutils' own: DEBUGINFOD_URLS, DEBUGINFOD_CACHE_PATH and others in
/// the environment. Thread-safe: one download at a time.
class Debuginfod {
 public:
  explicit Debuginfod(DebuginfodOptions options);
  ~Debuginfod();
  Debuginfod(const Debuginfod&) = delete;
  Debuginfod& operator=(const Debuginfod&) = delete;

  /// The path of the debug file, in elfutils' cache. not_found where the servers do not have it; any other
  /// error is the last one: no server is asked again. `name` is for the progress text.
  Result<std::string> find_debug_file(const std::string& build_id, const std::string& name);

 private:
  struct Library;
  struct Transfer;
  static int on_progress(void* client, long done, long whole);
  Result<std::string> fetch(const std::string& build_id, const std::string& name);

  DebuginfodOptions options_;
  std::mutex mutex_;
  std::unique_ptr<Library> library_;
  std::optional<Error> failure_;
};

}  // namespace strobe::symbolize
