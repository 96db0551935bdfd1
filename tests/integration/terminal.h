// A terminal of its own with an interactive shell on it, for tests of what only a terminal does: Ctrl-C,
// Ctrl-Z, hang-up, widths. The test is the user: it types, and reads what appears. One thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "support/child_program.h"

namespace strobe::test {

class Terminal {
 public:
  struct Options {
    std::string folder;                    ///< the shell's working directory
    std::vector<std::string> environment;  ///< NAME=value, added to the test's
    unsigned short columns = 120;
  };

  /// Starts bash as the leader of a session; typed text is not echoed and there is no prompt.
  explicit Terminal(const Options& options);
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal();  ///< hangs up; the shell is killed where it does not end by that

  void type(std::string_view text) const;
  /// Reads until `text` appears behind what was waited for before; false when the time is over.
  [[nodiscard]] bool wait_for(std::string_view text,
                              std::chrono::milliseconds limit = ChildProgram::kPatience);
  /// The number behind `text` once a whole line of it is there; -1 when the time is over.
  [[nodiscard]] long wait_for_number(std::string_view text);
  /// Everything that appeared.
  [[nodiscard]] const std::string& seen() const { return seen_; }

  void hang_up() { master_ = UniqueFd(); }

 private:
  bool read_some(std::chrono::milliseconds limit);

  UniqueFd master_;
  pid_t shell_ = -1;
  std::string seen_;
  size_t position_ = 0;  ///< behind what was waited for
};

inline constexpr std::string_view kCtrlC = "\x03";
inline constexpr std::string_view kCtrlZ = "\x1a";
inline constexpr std::string_view kCtrlBackslash = "\x1c";

}  // namespace strobe::test
