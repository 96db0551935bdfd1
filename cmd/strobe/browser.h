// The browser of recordings, `strobe report browse`: the commands of Python's pstats browser, and all views.
// Commands go in as lines, text comes out; who reads and writes them is somebody else's business
// (run_browser).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/recording.h"
#include "options.h"

namespace strobe::cli {

/// What a command led to.
struct BrowserAnswer {
  std::string text;            ///< to standard output
  std::optional<Error> error;  ///< to standard error; the browser goes on
  bool leave = false;
};

class Browser {
 public:
  using Opener = std::function<Result<Profile>(const std::string& path)>;

  /// `request` has the order, filters and looks that begin with.
  Browser(Opener opener, ReportRequest request, report::TextStyle style)
      : opener_(std::move(opener)), request_(std::move(request)), style_(style) {}

  Result<void> open(const std::string& path);
  BrowserAnswer execute(const std::string& line);
  /// "FILE% ", printable.
  [[nodiscard]] std::string prompt() const;
  /// What the last word of the line may become: a command, a sort key, a file.
  [[nodiscard]] std::vector<std::string> complete(std::string_view before_cursor) const;
  void set_width(size_t columns) { style_.width = columns; }

 private:
  using Words = std::vector<std::string>;
  BrowserAnswer show(const std::string& view, const Words& words);
  BrowserAnswer sort(const Words& words);
  BrowserAnswer add(const Words& words);
  BrowserAnswer read(const Words& words);
  static BrowserAnswer help(const Words& words);

  Opener opener_;
  ReportRequest request_;
  report::TextStyle style_;
  std::string path_;
  std::optional<Profile> profile_;
  bool warned_ = false;  ///< of what is wrong with the profile: once, not with every view
};

/// Words between blanks; '…' and "…" keep blanks. None where a quotation mark is not closed.
[[nodiscard]] std::optional<std::vector<std::string>> split_words(std::string_view line);

/// Reads commands from standard input until it ends or the user leaves; returns the exit status. `profile` is
/// what is at `path`.
int run_browser(const std::string& path, const ReportRequest& request);

}  // namespace strobe::cli
