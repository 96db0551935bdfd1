#include "line_reader.h"

#include <histedit.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <optional>
#include <utility>

#include "console.h"
#include "report/escape.h"

namespace strobe::cli {
namespace {

constexpr int kHistoryLines = 500;
constexpr size_t kMaxLine = size_t{64} * 1024;  // of plain input; longer ones are cut
constexpr size_t kMaxOffers = 100;              // completions that are listed

/// Set by the handler of SIGINT, which can reach nothing else.
volatile std::sig_atomic_t interrupt_seen = 0;

/// Until there is something to read; false with EINTR after Ctrl-C. SIGINT has to be blocked before
/// (HeldInterrupt) and is let through only here: it is not lost where it comes before the waiting begins.
bool wait_for_input() {
  struct sigaction action {};
  struct sigaction before {};
  action.sa_handler = [](int) { interrupt_seen = 1; };
  ::sigaction(SIGINT, &action, &before);  // libedit has one of its own, which would raise it again
  sigset_t all_but_interrupt;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &all_but_interrupt);
  ::sigdelset(&all_but_interrupt, SIGINT);
  pollfd input{STDIN_FILENO, POLLIN, 0};
  int ready = -1;
  interrupt_seen = 0;
  do {
    ready = ::ppoll(&input, 1, nullptr, &all_but_interrupt);
  } while (ready < 0 && errno == EINTR && interrupt_seen == 0);
  const int wait_errno = errno;
  ::sigaction(SIGINT, &before, nullptr);
  errno = wait_errno;
  return ready >= 0;
}

/// Holds SIGINT back while this lives.
class HeldInterrupt {
 public:
  HeldInterrupt() {
    sigset_t interrupt;
    ::sigemptyset(&interrupt);
    ::sigaddset(&interrupt, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &interrupt, &before_);
  }
  HeldInterrupt(const HeldInterrupt&) = delete;
  HeldInterrupt& operator=(const HeldInterrupt&) = delete;
  ~HeldInterrupt() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
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
    ::el_set(edit_, EL_GETCFN, &get_character);
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
    // Before the prompt invites to type: el_gets() prints it first and then leaves the mode in which the
    // terminal takes Ctrl-D for the end of a line, and one typed in between would be lost.
    ::el_set(edit_, EL_PREP_TERM, 1);
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

  /// As libedit wants it: 1, or 0 at the end of the input, or -1.
  static int get_character(EditLine* /*edit*/, wchar_t* character) {
    std::mbstate_t state{};
    for (;;) {
      if (!wait_for_input()) return -1;
      char byte = 0;
      const ssize_t size = ::read(STDIN_FILENO, &byte, 1);
      if (size <= 0) return static_cast<int>(size);
      const size_t used = std::mbrtowc(character, &byte, 1, &state);
      if (used <= 1) return 1;
      if (used == static_cast<size_t>(-1)) state = {};  // no letter of this locale: left out
    }
  }

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
  std::optional<HeldInterrupt> held;
  if (interactive_) held.emplace();
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
    const ssize_t size = !interactive_ || wait_for_input() ? ::read(STDIN_FILENO, buffer, sizeof buffer) : -1;
    if (size > 0) {
      pending_.append(buffer, static_cast<size_t>(size));
    } else if (size < 0 && errno == EINTR && interactive_) {
      pending_.clear();
      return Outcome::interrupted;
    } else {
      // The last line may lack its line break.
      line = std::exchange(pending_, {});
      return line.empty() || size < 0 ? Outcome::end : Outcome::line;
    }
  }
}

}  // namespace strobe::cli
