#include "line_reader.h"

#include <histedit.h>
#include <locale.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "console.h"
#include "report/escape.h"

namespace strobe::cli {
namespace {

constexpr int kHistoryLines = 500;
constexpr size_t kMaxLine = 64 * 1024;  // of plain input; longer ones are cut
constexpr size_t kMaxOffers = 100;      // completions that are listed

/// Ctrl-C interrupts reading while this lives.
class InterruptibleReading {
 public:
  InterruptibleReading() {
    struct sigaction action {};
    action.sa_handler = [](int) {};  // no SA_RESTART: the read returns
    ::sigaction(SIGINT, &action, &before_);
  }
  InterruptibleReading(const InterruptibleReading&) = delete;
  InterruptibleReading& operator=(const InterruptibleReading&) = delete;
  ~InterruptibleReading() { ::sigaction(SIGINT, &before_, nullptr); }

 private:
  struct sigaction before_ {};
};

bool can_edit() {
  const char* kind = std::getenv("TERM");
  return kind != nullptr && std::string_view(kind) != "dumb" && *kind != '\0';
}

}  // namespace

std::string common_beginning(const std::vector<std::string>& words) {
  if (words.empty()) return {};
  std::string common = words.front();
  for (const std::string& word : words) {
    size_t same = 0;
    while (same < std::min(common.size(), word.size()) && common[same] == word[same]) ++same;
    common.resize(same);
  }
  return common;
}

/// Owns libedit's objects. The user's locale, for letters beyond ASCII, holds only inside of it: the rest of
/// the program stays in the C locale, where equal input gives equal output.
class LineReader::Editor {
 public:
  explicit Editor(Completer completer)
      : completer_(std::move(completer)), locale_(::newlocale(LC_CTYPE_MASK, "", nullptr)) {
    const LocaleScope scope(locale_);
    history_ = ::history_init();
    HistEvent event;
    ::history(history_, &event, H_SETSIZE, kHistoryLines);
    ::history(history_, &event, H_SETUNIQUE, 1);
    edit_ = ::el_init("strobe", stdin, stdout, stderr);
    if (edit_ == nullptr) return;
    ::el_set(edit_, EL_CLIENTDATA, this);
    ::el_set(edit_, EL_PROMPT, &show_prompt);
    ::el_set(edit_, EL_HIST, ::history, history_);
    ::el_set(edit_, EL_EDITOR, "emacs");
    ::el_set(edit_, EL_SIGNAL, 1);  // Ctrl-Z and new widths
    ::el_set(edit_, EL_ADDFN, "strobe-complete", "Complete a word", &complete);
    ::el_source(edit_, nullptr);  // the user's ~/.editrc
    ::el_set(edit_, EL_BIND, "^I", "strobe-complete", nullptr);
  }
  Editor(const Editor&) = delete;
  Editor& operator=(const Editor&) = delete;
  ~Editor() {
    if (edit_ != nullptr) ::el_end(edit_);
    ::history_end(history_);
    if (locale_ != nullptr) ::freelocale(locale_);
  }
  [[nodiscard]] bool works() const { return edit_ != nullptr; }

  Outcome read(const std::string& prompt, std::string& line) {
    const LocaleScope scope(locale_);
    prompt_ = prompt;
    int count = 0;
    errno = 0;
    const char* text = ::el_gets(edit_, &count);
    const bool interrupted = text == nullptr && count == -1 && errno == EINTR;
    std::fflush(stdout);
    if (interrupted) return Outcome::interrupted;
    if (text == nullptr || count <= 0) return Outcome::end;
    line.assign(text, static_cast<size_t>(count));
    if (line.ends_with('\n')) line.pop_back();
    HistEvent event;
    if (line.find_first_not_of(" \t") != std::string::npos)
      ::history(history_, &event, H_ENTER, line.c_str());
    return Outcome::line;
  }

 private:
  class LocaleScope {
   public:
    explicit LocaleScope(locale_t locale)
        : before_(::uselocale(locale)) {}  // where `locale` is none, nothing changes
    LocaleScope(const LocaleScope&) = delete;
    LocaleScope& operator=(const LocaleScope&) = delete;
    ~LocaleScope() { ::uselocale(before_); }

   private:
    locale_t before_;
  };

  static Editor& of(EditLine* edit) {
    void* self = nullptr;
    ::el_get(edit, EL_CLIENTDATA, &self);
    return *static_cast<Editor*>(self);
  }
  static char* show_prompt(EditLine* edit) { return of(edit).prompt_.data(); }

  static unsigned char complete(EditLine* edit, int /*key*/) {
    const LineInfo* info = ::el_line(edit);
    const std::string_view before(info->buffer, static_cast<size_t>(info->cursor - info->buffer));
    const size_t space = before.find_last_of(" \t");
    const std::string_view word = space == std::string_view::npos ? before : before.substr(space + 1);
    std::vector<std::string> offers = of(edit).completer_(before);
    std::erase_if(offers, [&](const std::string& offer) { return !offer.starts_with(word); });
    if (offers.empty()) return CC_ERROR;
    std::string more = common_beginning(offers).substr(word.size());
    if (offers.size() == 1 && !offers.front().ends_with('/')) more += ' ';
    if (!more.empty()) return ::el_insertstr(edit, more.c_str()) == 0 ? CC_REFRESH : CC_ERROR;
    std::string list = "\n";
    for (size_t i = 0; i < std::min(offers.size(), kMaxOffers); ++i)
      list += report::printable(offers[i]) + "  ";
    write_text(STDOUT_FILENO, list + "\n");
    return CC_REDISPLAY;
  }

  Completer completer_;
  locale_t locale_;
  History* history_ = nullptr;
  EditLine* edit_ = nullptr;
  std::string prompt_;
};

LineReader::LineReader(Completer completer)
    : interactive_(::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1) {
  if (!interactive_ || !can_edit()) return;
  editor_ = std::make_unique<Editor>(std::move(completer));
  if (!editor_->works()) editor_.reset();
}

LineReader::~LineReader() = default;

LineReader::Outcome LineReader::read(const std::string& prompt, std::string& line) {
  const InterruptibleReading reading;
  const Outcome outcome = editor_ ? editor_->read(prompt, line) : read_plainly(prompt, line);
  if (interactive_ && outcome != Outcome::line) write_text(STDOUT_FILENO, "\n");
  return outcome;
}

LineReader::Outcome LineReader::read_plainly(const std::string& prompt, std::string& line) {
  if (interactive_) write_text(STDOUT_FILENO, prompt);
  for (;;) {
    const size_t end = pending_.find('\n');
    if (end != std::string::npos || pending_.size() > kMaxLine) {
      line = pending_.substr(0, std::min(end, kMaxLine));
      pending_.erase(0, end == std::string::npos ? end : end + 1);
      return Outcome::line;
    }
    char buffer[4096];
    const ssize_t size = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (size > 0) {
      pending_.append(buffer, static_cast<size_t>(size));
    } else if (size < 0 && errno == EINTR && interactive_) {
      pending_.clear();
      return Outcome::interrupted;
    } else {
      // The last line may lack its line break. Without a terminal Ctrl-C means to leave.
      line = std::exchange(pending_, {});
      return line.empty() || size < 0 ? Outcome::end : Outcome::line;
    }
  }
}

}  // namespace strobe::cli
