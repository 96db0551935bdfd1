#include "symbolize/short_name.h"

#include <algorithm>
#include <array>
#include <vector>

namespace strobe::symbolize {
namespace {

constexpr size_t kNone = std::string_view::npos;
constexpr int kMaxBracketDepth = 32;     // brackets inside of kept brackets
constexpr size_t kMaxBrackets = 10'000;  // open at a time
constexpr std::string_view kAnonymous = "(anonymous namespace)";
constexpr std::string_view kOperator = "operator";

// Longer ones before those they begin with.
constexpr std::array<std::string_view, 40> kOperators = {
    "()", "[]", "<=>", "<<=", ">>=", "->*", "<<", ">>", "<=", ">=", "->", "==",  "!=", "&&",
    "||", "++", "--",  "+=",  "-=",  "*=",  "/=", "%=", "^=", "&=", "|=", "+",   "-",  "*",
    "/",  "%",  "^",   "&",   "|",   "~",   "!",  "=",  "<",  ">",  ",",  "\"\""};

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
         (static_cast<unsigned char>(c) & 0x80) != 0;
}

/// Where the operator's symbol ends, if `at` is the word "operator"; else `at`.
size_t skip_operator(std::string_view text, size_t at) {
  if (!text.substr(at).starts_with(kOperator) || (at > 0 && is_word(text[at - 1]))) return at;
  const size_t after = at + kOperator.size();
  if (after < text.size() && is_word(text[after])) return at;
  for (const std::string_view symbol : kOperators) {
    if (text.substr(after).starts_with(symbol)) return after + symbol.size();
  }
  return after;
}

char closing(char open) { return open == '(' ? ')' : open == '[' ? ']' : open == '{' ? '}' : '>'; }

/// Whether a '<' opens a list: within expressions it compares, which demanglers write as "(a)<(b)".
bool opens_list(std::string_view text, size_t at, const std::vector<char>& open) {
  if (open.empty()) return true;
  const char before = text[at - 1];
  return is_word(before) || (open.back() == '>' && before != ')');
}

/// The place behind the bracket that closes the one at `at`; kNone where there is none.
size_t skip_brackets(std::string_view text, size_t at) {
  std::vector<char> open;
  size_t operator_end = kNone;
  for (size_t i = at; i < text.size(); ++i) {
    if (const size_t after = skip_operator(text, i); after != i) {
      operator_end = after;
      i = after - 1;
      continue;
    }
    const char c = text[i];
    const bool list = c == '<' && (i == operator_end || opens_list(text, i, open));
    if (c == '(' || c == '[' || c == '{' || list) {
      if (open.size() >= kMaxBrackets) return kNone;
      open.push_back(closing(c));
    } else if (c == ')' || c == ']' || c == '}' || c == '>') {
      const bool arrow = c == '>' && i > 0 && text[i - 1] == '-';
      if (arrow || open.empty() || open.back() != c) continue;
      open.pop_back();
      if (open.empty()) return i + 1;
    }
  }
  return kNone;
}

class Shortener {
 public:
  Shortener(std::string_view text, int depth) : text_(text), depth_(depth) {}

  std::string run() {
    while (at_ < text_.size()) {
      if (copy_operator() || copy_standard_name() || copy_brackets()) continue;
      out_ += text_[at_++];
    }
    return std::move(out_);
  }

 private:
  bool copy_operator() {
    const size_t after = skip_operator(text_, at_);
    if (after == at_) return false;
    out_ += text_.substr(at_, after - at_);
    at_ = after;
    if (text_.substr(at_).starts_with(" <")) out_ += text_[at_++];  // the blank keeps the list apart
    operator_end_ = out_.size();
    return true;
  }

  /// "std::__cxx11::basic_string<char, …>" to "std::string".
  bool copy_standard_name() {
    constexpr std::string_view kStd = "std::";
    std::string_view rest = text_.substr(at_);
    const bool begins = at_ == 0 || (!is_word(text_[at_ - 1]) && text_[at_ - 1] != ':');
    if (!begins || !rest.starts_with(kStd)) return false;
    rest.remove_prefix(kStd.size());
    for (const std::string_view inline_namespace : {"__cxx11::", "__1::", "__n4861::", "_V2::"}) {
      if (rest.starts_with(inline_namespace)) rest.remove_prefix(inline_namespace.size());
    }
    at_ = text_.size() - rest.size();
    out_ += kStd;
    constexpr std::string_view kBasic = "basic_";
    const size_t list = rest.find('<');
    if (!rest.starts_with(kBasic) || list == kNone || !std::ranges::all_of(rest.substr(0, list), is_word)) {
      return true;
    }
    const std::string_view arguments = rest.substr(list + 1);
    if (!arguments.starts_with("char,") && !arguments.starts_with("char>")) return true;
    const size_t end = skip_brackets(text_, at_ + list);
    if (end == kNone) return true;
    out_ += rest.substr(kBasic.size(), list - kBasic.size());
    at_ = end;
    return true;
  }

  bool copy_brackets() {
    const char c = text_[at_];
    if (c != '<' && c != '(' && c != '[' && c != '{') return false;
    if (text_.substr(at_).starts_with(kAnonymous)) {
      out_ += kAnonymous;
      at_ += kAnonymous.size();
      return true;
    }
    const size_t end = skip_brackets(text_, at_);
    if (end == kNone) {
      out_ += text_.substr(at_);
      at_ = text_.size();
      return true;
    }
    const std::string_view inner = text_.substr(at_ + 1, end - at_ - 2);
    at_ = end;
    if (c == '<') {
      copy_list(inner);
    } else if (c == '(' && follows_a_name()) {
      skip_qualifiers();
    } else if (c != '[' || !inner.starts_with("abi:")) {
      keep(c, inner);
    }
    return true;
  }

  /// Rust's "<Type as Trait>" and "<impl Trait for Type>" and GCC's "<lambda(int)>" are names, not arguments.
  void copy_list(std::string_view inner) {
    const bool after_colons = out_.ends_with("::");
    const bool after_name = !out_.empty() && (is_word(out_.back()) || out_.size() == operator_end_);
    const bool is_name = inner.starts_with("impl ") || inner.starts_with("lambda");
    if (is_name || (!after_colons && !after_name)) {
      keep('<', inner);
    } else {
      out_ += inner.empty() ? "<>" : "<…>";
    }
  }

  [[nodiscard]] bool follows_a_name() const {
    return !out_.empty() && (is_word(out_.back()) || out_.back() == '>' || out_.back() == '}' ||
                             out_.back() == ']' || out_.size() == operator_end_);
  }

  /// What may stand behind a parameter list.
  void skip_qualifiers() {
    for (bool again = true; again;) {
      again = false;
      for (const std::string_view word : {" const", " volatile", " &&", " &", " noexcept"}) {
        if (!text_.substr(at_).starts_with(word)) continue;
        at_ += word.size();
        again = true;
      }
    }
  }

  void keep(char open, std::string_view inner) {
    out_ += open;
    if (depth_ < kMaxBracketDepth) {
      out_ += Shortener(inner, depth_ + 1).run();
    } else {
      out_ += inner;
    }
    out_ += closing(open);
  }

  std::string_view text_;
  int depth_;
  size_t at_ = 0;
  std::string out_;
  size_t operator_end_ = kNone;  // in out_
};

}  // namespace

std::string short_name(std::string_view name) {
  if (name.find_first_of("<({[") == kNone && name.find("std::") == kNone) return std::string(name);
  return Shortener(name, 0).run();
}

}  // namespace strobe::symbolize
