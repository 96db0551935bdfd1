// Reads commands from standard input, one line at a time: with editing, history and completion on a terminal
// (libedit, here only), plainly from a pipe or a file. One thread; one object at a time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace strobe::cli {

class LineReader {
 public:
  /// Given the line up to the cursor, the words that the last one of it may become.
  using Completer = std::function<std::vector<std::string>(std::string_view before_cursor)>;
  enum class Outcome : uint8_t {
    line,
    interrupted,  ///< Ctrl-C: what was typed is to be forgotten
    end,          ///< Ctrl-D on an empty line, the end of the input, a terminal that went away
  };

  explicit LineReader(Completer completer);
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;
  ~LineReader();

  /// Somebody types, so that prompts and greetings make sense.
  [[nodiscard]] bool interactive() const { return interactive_; }

  /// Shows `prompt` (printable text) where it is interactive. Ctrl-C ends this call and not the program; in
  /// between it does what it always does. `line` is without its line break.
  Outcome read(const std::string& prompt, std::string& line);

 private:
  class Editor;

  Outcome read_plainly(const std::string& prompt, std::string& line);

  bool interactive_;
  std::unique_ptr<Editor> editor_;  // none where lines cannot be edited
  std::string pending_;             // of plain input: read, not yet taken
};

/// The longest text that all begin with.
[[nodiscard]] std::string common_beginning(const std::vector<std::string>& words);

}  // namespace strobe::cli
