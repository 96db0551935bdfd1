#include "analyze/check_parser.h"

#include <fmt/format.h>

#include <algorithm>

#include "analyze/check_lexer.h"
#include "analyze/check_limits.h"

namespace strobe::analyze::check {
namespace {

template <class T>
using Parsed = tl::expected<T, SyntaxError>;

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : ", ").append(word);
  return text;
}

/// "unknown X 'y'", with the nearest of what there is.
tl::unexpected<SyntaxError> unknown_word(const Token& token, const std::string& message,
                                         const std::vector<std::string>& known) {
  const std::string nearest = nearest_word(token.text, known);
  std::string hint = "there are: " + join(known);
  if (!nearest.empty()) hint = fmt::format("did you mean {}? {}", nearest, hint);
  return error_at(token.position, message, std::move(hint));
}

std::optional<ThreadState> find_state(std::string_view word) {
  for (int i = 0; i < kThreadStateCount; ++i) {
    if (name_of(static_cast<ThreadState>(i)) == word) return static_cast<ThreadState>(i);
  }
  return std::nullopt;
}

/// Recursive descent, a function for each rule of the grammar. Rules return the index of their node.
class Parser {
 public:
  explicit Parser(std::string_view text) : lexer_(text) { result_.text = text; }

  Parsed<Expression> parse() {
    if (auto first = advance(); !first) return tl::unexpected(std::move(first).error());
    if (token_.kind == Token::Kind::end) return error_at(token_.position, "the condition is empty", kExample);
    Parsed<uint32_t> whole = parse_or();
    if (!whole) return tl::unexpected(std::move(whole).error());
    if (token_.kind != Token::Kind::end) {
      return error_at(token_.position, "expected and, or or the end, not " + describe(token_));
    }
    return std::move(result_);
  }

 private:
  static constexpr const char* kExample = "such as: total.wall > 2s, function(\"parse*\").total > +5%";

  Parsed<void> advance() {
    Parsed<Token> token = lexer_.next();
    if (!token) return tl::unexpected(std::move(token).error());
    token_ = std::move(*token);
    return {};
  }
  [[nodiscard]] bool at_word(std::string_view word) const {
    return token_.kind == Token::Kind::word && token_.text == word;
  }
  [[nodiscard]] bool at_symbol(std::string_view symbol) const {
    return token_.kind == Token::Kind::symbol && token_.text == symbol;
  }
  Parsed<void> expect_symbol(std::string_view symbol, const char* hint) {
    if (!at_symbol(symbol)) {
      return error_at(token_.position, fmt::format("expected '{}', not {}", symbol, describe(token_)), hint);
    }
    return advance();
  }

  Parsed<uint32_t> add(Node node) {
    if (result_.nodes.size() == kMaxExpressionNodes) {
      return error_at(token_.position, fmt::format("more than {} conditions in one", kMaxExpressionNodes),
                      "give several conditions");
    }
    result_.nodes.push_back(std::move(node));
    return static_cast<uint32_t>(result_.nodes.size() - 1);
  }

  Parsed<uint32_t> parse_or() {
    return parse_list("or", Node::Kind::disjunction, [this] {
      return parse_list("and", Node::Kind::conjunction, [this] { return parse_unary(); });
    });
  }

  template <class Rule>
  Parsed<uint32_t> parse_list(std::string_view joint, Node::Kind kind, Rule rule) {
    Parsed<uint32_t> first = rule();
    if (!first || !at_word(joint)) return first;
    Node node{.kind = kind, .args = {*first}};
    while (at_word(joint)) {
      if (auto moved = advance(); !moved) return tl::unexpected(std::move(moved).error());
      Parsed<uint32_t> next = rule();
      if (!next) return next;
      node.args.push_back(*next);
    }
    return add(std::move(node));
  }

  Parsed<uint32_t> parse_unary() {
    if (++depth_ > kMaxExpressionDepth) {
      return error_at(token_.position,
                      fmt::format("more than {} levels of parentheses and not", kMaxExpressionDepth));
    }
    Parsed<uint32_t> node = parse_level();
    --depth_;
    return node;
  }

  Parsed<uint32_t> parse_level() {
    if (at_word("not")) {
      if (auto moved = advance(); !moved) return tl::unexpected(std::move(moved).error());
      Parsed<uint32_t> inner = parse_unary();
      if (!inner) return inner;
      return add({.kind = Node::Kind::negation, .args = {*inner}});
    }
    if (!at_symbol("(")) return parse_term();
    if (auto moved = advance(); !moved) return tl::unexpected(std::move(moved).error());
    Parsed<uint32_t> inner = parse_or();
    if (!inner) return inner;
    if (auto closed = expect_symbol(")", "close the parenthesis"); !closed)
      return tl::unexpected(std::move(closed).error());
    return inner;
  }

  Parsed<uint32_t> parse_term() {
    Term term{.position = token_.position};
    Parsed<Measure> measure = parse_measure();
    if (!measure) return tl::unexpected(std::move(measure).error());
    term.measure = std::move(*measure);
    Parsed<Comparison> comparison = parse_comparison();
    if (!comparison) return tl::unexpected(std::move(comparison).error());
    term.comparison = *comparison;
    Parsed<Limit> limit = parse_limit(term.measure);
    if (!limit) return tl::unexpected(std::move(limit).error());
    term.limit = std::move(*limit);
    result_.terms.push_back(std::move(term));
    return add({.kind = Node::Kind::term, .term = static_cast<uint32_t>(result_.terms.size() - 1)});
  }

  Parsed<Measure> parse_measure() {
    if (token_.kind != Token::Kind::word) {
      return error_at(token_.position, "expected a quantity, not " + describe(token_), kExample);
    }
    const Token subject = token_;
    if (!is_subject(subject.text)) {
      return unknown_word(subject, fmt::format("unknown quantity '{}'", subject.text), subject_words());
    }
    if (auto moved = advance(); !moved) return tl::unexpected(std::move(moved).error());
    Measure measure;
    if (takes_pattern(subject.text)) {
      Parsed<std::string> pattern = parse_pattern(subject.text);
      if (!pattern) return tl::unexpected(std::move(pattern).error());
      measure.pattern = std::move(*pattern);
    } else if (at_symbol("(")) {
      return error_at(token_.position, fmt::format("{} takes no name", subject.text),
                      fmt::format("{}.{}", subject.text, aspect_words(subject.text).front()));
    }
    const std::string hint = join(aspect_words(subject.text));
    if (auto dot = expect_symbol(".", ("of it there are: " + hint).c_str()); !dot)
      return tl::unexpected(std::move(dot).error());
    return parse_aspect(subject.text, std::move(measure));
  }

  Parsed<std::string> parse_pattern(const std::string& subject) {
    const std::string example = fmt::format("{}(\"NAME\")", subject);
    if (auto open = expect_symbol("(", example.c_str()); !open)
      return tl::unexpected(std::move(open).error());
    if (token_.kind != Token::Kind::string) {
      return error_at(token_.position,
                      fmt::format("expected a name in quotation marks, not {}", describe(token_)), example);
    }
    if (token_.text.empty()) return error_at(token_.position, "the name is empty", "\"*\" stands for all");
    if (subject == "line" && token_.text.rfind(':') == std::string::npos) {
      return error_at(token_.position, "a line is a file and a number", "line(\"parser.py:12\")");
    }
    std::string pattern = token_.text;
    if (auto moved = advance(); !moved) return tl::unexpected(std::move(moved).error());
    if (auto closed = expect_symbol(")", example.c_str()); !closed)
      return tl::unexpected(std::move(closed).error());
    return pattern;
  }

  Parsed<Measure> parse_aspect(const std::string& subject, Measure measure) {
    const std::optional<ThreadState> state = find_state(token_.text);
    for (const MeasureWord& word : kMeasureWords) {
      if (word.subject != subject) continue;
      if (word.aspect.empty() ? !state.has_value() : word.aspect != token_.text) continue;
      measure.word = &word;
      if (word.aspect.empty()) measure.state = *state;
      if (auto moved = advance(); !moved) return tl::unexpected(std::move(moved).error());
      return measure;
    }
    if (token_.kind != Token::Kind::word) {
      return error_at(token_.position, "expected what it is about, not " + describe(token_),
                      fmt::format("of {} there are: {}", subject, join(aspect_words(subject))));
    }
    return unknown_word(token_, fmt::format("{} has no '{}'", subject, token_.text), aspect_words(subject));
  }

  Parsed<Comparison> parse_comparison() {
    for (const Comparison comparison :
         {Comparison::greater, Comparison::greater_equal, Comparison::less, Comparison::less_equal}) {
      if (!at_symbol(text_of(comparison))) continue;
      if (auto moved = advance(); !moved) return tl::unexpected(std::move(moved).error());
      return comparison;
    }
    return error_at(token_.position, "expected >, >=, < or <=, not " + describe(token_));
  }

  Parsed<Limit> parse_limit(const Measure& measure) {
    LimitWords words{.position = token_.position};
    if (at_symbol("+") || at_symbol("-")) {
      words.sign = token_.text.front();
      if (auto moved = advance(); !moved) return tl::unexpected(std::move(moved).error());
    }
    if (token_.kind != Token::Kind::number) {
      return error_at(token_.position, "expected a number, not " + describe(token_),
                      "a limit is 2s, 200MB, 0.95, or with a sign a change since the baseline: +5%");
    }
    words.number = token_.number;
    words.number_text = token_.text;
    if (auto moved = advance(); !moved) return tl::unexpected(std::move(moved).error());
    words.unit_position = token_.position;
    const bool joint = at_word("and") || at_word("or");
    if (at_symbol("%") || (token_.kind == Token::Kind::word && !joint)) {
      words.unit = token_.text;
      if (auto moved = advance(); !moved) return tl::unexpected(std::move(moved).error());
    }
    return make_limit(measure, words);
  }

  Lexer lexer_;
  Token token_;
  Expression result_;
  size_t depth_ = 0;
};

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/// The first of `sought` that is not in a string; npos where there is none.
size_t find_outside_strings(std::string_view text, char sought) {
  bool inside = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (inside && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      inside = !inside;
    } else if (!inside && text[i] == sought) {
      return i;
    }
  }
  return std::string_view::npos;
}

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

std::string_view text_of(Comparison comparison) {
  switch (comparison) {
    case Comparison::greater:
      return ">";
    case Comparison::greater_equal:
      return ">=";
    case Comparison::less:
      return "<";
    case Comparison::less_equal:
      return "<=";
  }
  return ">";
}

std::string text_of(const Term& term) {
  return fmt::format("{} {} {}", text_of(term.measure), text_of(term.comparison), term.limit.text);
}

Parsed<Expression> parse_expression(std::string_view text) {
  if (text.size() > kMaxExpressionBytes) {
    return error_at(kMaxExpressionBytes,
                    fmt::format("the condition is longer than {} bytes", kMaxExpressionBytes),
                    "give several conditions");
  }
  return Parser(text).parse();
}

Parsed<std::optional<Condition>> parse_budget_line(std::string_view line) {
  const std::string_view content = line.substr(0, find_outside_strings(line, '#'));
  if (without_blanks(content).empty()) return std::nullopt;
  Condition condition;
  std::string_view expression = content;
  if (const size_t colon = find_outside_strings(content, ':'); colon != std::string_view::npos) {
    condition.name = without_blanks(content.substr(0, colon));
    if (condition.name.empty()) return error_at(colon, "the name is empty", "NAME: CONDITION");
    expression = content.substr(colon + 1);
  }
  const auto offset = static_cast<size_t>(without_blanks(expression).data() - line.data());
  Parsed<Expression> parsed = parse_expression(without_blanks(expression));
  if (!parsed) {
    SyntaxError error = std::move(parsed).error();
    error.position += offset;
    return tl::unexpected(std::move(error));
  }
  condition.expression = std::move(*parsed);
  return condition;
}

tl::expected<std::vector<Condition>, BudgetError> parse_budget(std::string_view text,
                                                               const std::string& file) {
  std::vector<Condition> conditions;
  for (uint32_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    Parsed<std::optional<Condition>> parsed = parse_budget_line(line);
    if (!parsed) {
      return tl::unexpected(
          BudgetError{number, std::string(line.substr(0, kMaxExpressionBytes)), std::move(parsed).error()});
    }
    if (!parsed->has_value()) continue;
    if (conditions.size() == kMaxBudgetConditions) {
      return tl::unexpected(BudgetError{
          0, {}, {0, fmt::format("more than {} conditions", kMaxBudgetConditions), "make several budgets"}});
    }
    (*parsed)->file = file;
    (*parsed)->line = number;
    conditions.push_back(std::move(**parsed));
  }
  if (conditions.empty()) {
    return tl::unexpected(BudgetError{
        0,
        {},
        {0, "there are no conditions in it", "a budget has one condition a line: NAME: total.wall > 2s"}});
  }
  return conditions;
}

}  // namespace strobe::analyze::check
