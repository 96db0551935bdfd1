#include "newest_recording.h"

#include <unistd.h>

#include <filesystem>

#include "console.h"
#include "report/escape.h"

namespace strobe::cli {
namespace {

Result<std::string> find_newest_recording() {
  namespace fs = std::filesystem;
  std::string newest;
  fs::file_time_type newest_time{};
  std::error_code error;
  for (fs::directory_iterator entry(".", error), end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    if (entry->path().extension() != ".strobe" || !entry->is_regular_file(ignored)) continue;
    const fs::file_time_type time = entry->last_write_time(ignored);
    const std::string name = entry->path().filename().string();
    if (newest.empty() || time > newest_time || (time == newest_time && name > newest)) {
      newest = name;
      newest_time = time;
    }
  }
  if (newest.empty()) {
    return fail(ErrorCode::not_found, "there is no recording (*.strobe) in this directory",
                "make one with: strobe run -- COMMAND; or name one: strobe report FILE");
  }
  return newest;
}

}  // namespace

Result<std::string> choose_newest_recording(bool quiet) {
  Result<std::string> newest = find_newest_recording();
  if (newest && !quiet) write_text(STDERR_FILENO, "strobe: reading " + report::printable(*newest) + '\n');
  return newest;
}

}  // namespace strobe::cli
