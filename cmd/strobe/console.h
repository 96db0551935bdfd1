// Where Strobe's words go: reports to the file or stdout the user chose, everything else to stderr, so that
// the profiled program's stdout stays its own. A reader that went away (`| head`) is no error.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "base/diagnostics.h"
#include "base/result.h"
#include "report/text.h"

namespace strobe::cli {

enum class ColorChoice : uint8_t { automatic, always, never };

/// Opens /dev/null for standard streams that are closed, until an exec: else the next file opened would have
/// their number, and get Strobe's words. First thing in main.
void fill_standard_streams();

/// How text for that descriptor should look: colour and width only on a terminal (or as the user said).
[[nodiscard]] report::TextStyle style_of(int fd, ColorChoice color);

/// Writes all of it; false with errno where that fails. SIGPIPE is not raised and signal dispositions, which
/// a launched program would inherit, are not changed.
bool write_text(int fd, std::string_view text);

/// The same for what the user asked for: an error where it could not be written (a full disk), and none where
/// the reader went away. `name` says where it went.
Result<void> write_report(int fd, std::string_view text, const std::string& name);

/// "strobe: what" and "  hint" on stderr; returns the exit status for it.
int report_error(const Error& error);

/// Warnings of the library, one "strobe: …" line each on stderr.
class ConsoleDiagnostics : public Diagnostics {
 public:
  explicit ConsoleDiagnostics(bool quiet) : quiet_(quiet) {}
  void warn(std::string message) override;

 private:
  bool quiet_;
  std::mutex mutex_;
};

}  // namespace strobe::cli
