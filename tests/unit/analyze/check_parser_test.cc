// The language of `strobe check`: what it accepts, what it means, and where it says that it is wrong.
#include "analyze/check_parser.h"

#include <gtest/gtest.h>

#include "analyze/check_facts.h"

namespace strobe::analyze::check {
namespace {

Term only_term(std::string_view text) {
  auto parsed = parse_expression(text);
  EXPECT_TRUE(parsed) << text << ": " << (parsed ? "" : parsed.error().message);
  if (!parsed || parsed->terms.size() != 1) return {};
  return parsed->terms.front();
}

TEST(CheckParser, ReadsQuantityComparisonAndLimit) {
  const Term term = only_term(R"(function("parse*").total >= 1.5s)");
  ASSERT_NE(term.measure.word, nullptr);
  EXPECT_EQ(term.measure.word->id, MeasureId::function_total);
  EXPECT_EQ(term.measure.pattern, "parse*");
  EXPECT_EQ(term.comparison, Comparison::greater_equal);
  EXPECT_DOUBLE_EQ(term.limit.value, 1.5);
  EXPECT_FALSE(term.limit.relative);
  EXPECT_EQ(text_of(term), R"(function("parse*").total >= 1.5s)");
}

TEST(CheckParser, EveryQuantityOfTheListCanBeWritten) {
  for (const MeasureWord& word : kMeasureWords) {
    const std::string limit = word.unit == Unit::seconds ? "1s" : word.unit == Unit::bytes ? "1B" : "1";
    const std::string name = text_of(
        {.word = &word, .pattern = takes_pattern(word.subject) ? "a:1" : "", .state = ThreadState::io});
    const Term term = only_term(name + " > " + limit);
    ASSERT_NE(term.measure.word, nullptr) << name;
    EXPECT_EQ(term.measure.word->id, word.id) << name;
    if (!word.aspect.empty()) continue;
    EXPECT_EQ(term.measure.state, ThreadState::io) << name;
  }
}

TEST(CheckParser, Units) {
  const struct {
    const char* text;
    double value;
    bool percent;
    bool relative;
  } kCases[] = {
      {"total.wall > 2s", 2, false, false},
      {"total.wall > 2 s", 2, false, false},
      {"total.wall > 20ms", 0.02, false, false},
      {"total.wall > 20us", 2e-5, false, false},
      {"total.wall > 7ns", 7e-9, false, false},
      {"total.wall > 2min", 120, false, false},
      {"total.wall > 0", 0, false, false},
      {"total.wall > +5%", 0.05, true, true},
      {"total.wall < -5%", -0.05, true, true},
      {"total.wall > +20ms", 0.02, false, true},
      {"memory.peak > 200MB", 200e6, false, false},
      {"memory.peak > 3kB", 3e3, false, false},
      {"memory.peak > 1.5GiB", 1.5 * 1024 * 1024 * 1024, false, false},
      {"memory.peak > 64KiB", 65536, false, false},
      {"memory.peak > +10%", 0.1, true, true},
      {"quality.complete < 0.95", 0.95, false, false},
      {"quality.complete < 95%", 0.95, false, false},
      {"gil.wait_share > +0.05", 0.05, false, true},
      {"states.io > 10%", 0.1, true, false},
      {"states.io > 10s", 10, false, false},
      {"total.threads > 8", 8, false, false},
  };
  for (const auto& expected : kCases) {
    const Term term = only_term(expected.text);
    EXPECT_NEAR(term.limit.value, expected.value, 1e-12 * (1 + expected.value)) << expected.text;
    EXPECT_EQ(term.limit.percent, expected.percent) << expected.text;
    EXPECT_EQ(term.limit.relative, expected.relative) << expected.text;
  }
}

/// The tree in prefix form: "(or t0 (and t1 t2))".
std::string shape_of(const Expression& expression, uint32_t node) {
  const Node& at = expression.nodes[node];
  if (at.kind == Node::Kind::term) return "t" + std::to_string(at.term);
  std::string text = at.kind == Node::Kind::negation      ? "(not"
                     : at.kind == Node::Kind::conjunction ? "(and"
                                                          : "(or";
  for (const uint32_t arg : at.args) text += ' ' + shape_of(expression, arg);
  return text + ')';
}

TEST(CheckParser, AndBindsTighterThanOrAndNotTighterThanBoth) {
  const struct {
    const char* text;
    const char* shape;
  } kCases[] = {
      {"total.cpu > 1s or total.cpu > 2s and total.cpu > 3s", "(or t0 (and t1 t2))"},
      {"(total.cpu > 1s or total.cpu > 2s) and total.cpu > 3s", "(and (or t0 t1) t2)"},
      {"not total.cpu > 1s and total.cpu > 2s", "(and (not t0) t1)"},
      {"not (total.cpu > 1s and total.cpu > 2s)", "(not (and t0 t1))"},
      {"total.threads > 1 and total.threads < 3 and not not total.cpu > 2s", "(and t0 t1 (not (not t2)))"},
  };
  for (const auto& expected : kCases) {
    const auto parsed = parse_expression(expected.text);
    ASSERT_TRUE(parsed) << expected.text << ": " << parsed.error().message;
    const auto whole = static_cast<uint32_t>(parsed->nodes.size() - 1);
    EXPECT_EQ(shape_of(*parsed, whole), expected.shape) << expected.text;
  }
}

TEST(CheckParser, ErrorsSayWhereAndWhatElse) {
  const struct {
    const char* text;
    size_t position;
    const char* message;
    const char* hint;
  } kCases[] = {
      {"", 0, "the condition is empty", "such as"},
      {"total.wal > 2s", 6, "total has no 'wal'", "did you mean wall?"},
      {"totl.wall > 2s", 0, "unknown quantity 'totl'", "did you mean total?"},
      {"total.wall 2s", 11, "expected >, >=, < or <=, not '2'", ""},
      {"total.wall > ", 13, "expected a number, not the end", "+5%"},
      {"total.wall > 2", 13, "not a number without a unit", "2s"},
      {"total.wall > 2MB", 14, "total.wall is not counted in MB", "seconds"},
      {"total.wall > 2parsecs", 14, "unknown unit 'parsecs'", "units are"},
      {"total.wall > 5%", 13, "a percentage of what?", "+5%"},
      {"memory.peak > 5%", 14, "a percentage of what?", "+5%"},
      {"total.wall = 2s", 11, "not compared for being equal", ">="},
      {"total.wall > 2s && total.cpu > 1s", 16, "'&' has no meaning here", "and"},
      {"total.wall > 2s total.cpu > 1s", 16, "expected and, or or the end", ""},
      {"(total.wall > 2s", 16, "expected ')', not the end", "close"},
      {"function.total > 2s", 8, "expected '(', not '.'", "function(\"NAME\")"},
      {"function(parse).total > 2s", 9, "expected a name in quotation marks", "function(\"NAME\")"},
      {"function(\"\").total > 2s", 9, "the name is empty", "all"},
      {"function(\"parse).total > 2s", 9, "this string has no end", "close it"},
      {"line(\"a.py\").self > 2s", 5, "a line is a file and a number", "parser.py:12"},
      {"total(\"x\").wall > 2s", 5, "total takes no name", "total.wall"},
      {"total.wall > 1.2.3s", 13, "this is not a number", ""},
      {"total.wall > 99999999999999999999s", 13, "too large", ""},
      {"total.wall > 2s \xc3\xa4", 16, "'\xc3\xa4' has no meaning here", ""},
      {"total.wall > 2s\n", 15, "a control character", ""},
      {"not", 3, "expected a quantity, not the end", "such as"},
  };
  for (const auto& expected : kCases) {
    const auto parsed = parse_expression(expected.text);
    ASSERT_FALSE(parsed) << expected.text;
    EXPECT_EQ(parsed.error().position, expected.position) << expected.text;
    EXPECT_NE(parsed.error().message.find(expected.message), std::string::npos)
        << expected.text << ": " << parsed.error().message;
    EXPECT_NE(parsed.error().hint.find(expected.hint), std::string::npos)
        << expected.text << ": " << parsed.error().hint;
  }
}

TEST(CheckParser, SizeDepthAndNumberOfConditionsAreBounded) {
  EXPECT_FALSE(parse_expression(std::string(100'000, '(')));
  EXPECT_FALSE(parse_expression(std::string(kMaxExpressionBytes + 1, ' ') + "total.cpu > 1s"));
  std::string nots = "total.cpu > 1s";
  for (size_t i = 0; i + 1 < kMaxExpressionDepth; ++i) nots = "not " + nots;
  EXPECT_TRUE(parse_expression(nots));
  EXPECT_FALSE(parse_expression("not " + nots));
  std::string many = "total.cpu>0";
  for (size_t i = 0; i + 2 < kMaxExpressionNodes; ++i) many += " or total.cpu>0";
  EXPECT_TRUE(parse_expression(many)) << many.size();
  EXPECT_FALSE(parse_expression(many + " or total.cpu>0"));
}

TEST(CheckParser, BackslashesAreThePatterns) {
  EXPECT_EQ(only_term(R"(lock("a\"b\*c").wait > 1s)").measure.pattern, R"(a"b\*c)");
  EXPECT_EQ(text_of(only_term(R"(lock("a\"b\*c").wait > 1s)")), R"(lock("a\"b\*c").wait > 1s)");
}

TEST(CheckNames, StarsQuestionMarksAndBackslashes) {
  EXPECT_TRUE(matches_name("parse*", "parse_header"));
  EXPECT_TRUE(matches_name("*::parse", "Parser::parse"));
  EXPECT_TRUE(matches_name("p?rse", "parse"));
  EXPECT_TRUE(matches_name("p?rse", "p\xc3\xa4rse"));
  EXPECT_TRUE(matches_name("operator\\*", "operator*"));
  EXPECT_TRUE(matches_name("*a*b*", "xxaxxbxx"));
  EXPECT_TRUE(matches_name("**", ""));
  EXPECT_FALSE(matches_name("operator\\*", "operator**"));
  EXPECT_FALSE(matches_name("operator\\*", "operator+"));
  EXPECT_FALSE(matches_name("parse", "parse_header"));
  EXPECT_FALSE(matches_name("", "a"));
  EXPECT_FALSE(matches_name("?", ""));
}

TEST(CheckNames, AHostilePatternEnds) {
  std::string pattern;
  for (int i = 0; i < 1000; ++i) pattern += "*a";
  EXPECT_FALSE(matches_name(pattern + "b", std::string(100'000, 'a')));
}

TEST(CheckBudget, NamesCommentsAndLines) {
  const auto budget = parse_budget(
      "# what we promise\n"
      "\n"
      "wall time: total.wall > 2s   # on the CI machine\r\n"
      "  quality.complete < 0.95\n"
      "hash: function(\"a#b:c\").total > 5%",
      "b.txt");
  ASSERT_TRUE(budget) << budget.error().error.message;
  ASSERT_EQ(budget->size(), 3U);
  EXPECT_EQ((*budget)[0].name, "wall time");
  EXPECT_EQ((*budget)[0].expression.text, "total.wall > 2s");
  EXPECT_EQ((*budget)[0].line, 3U);
  EXPECT_EQ((*budget)[0].file, "b.txt");
  EXPECT_EQ((*budget)[1].name, "");
  EXPECT_EQ((*budget)[2].expression.terms[0].measure.pattern, "a#b:c");
}

TEST(CheckBudget, ErrorsHaveLineAndPositionInIt) {
  const auto budget = parse_budget("total.wall > 2s\n\nsize: total.wal > 2s\n", "b.txt");
  ASSERT_FALSE(budget);
  EXPECT_EQ(budget.error().line, 3U);
  EXPECT_EQ(budget.error().text, "size: total.wal > 2s");
  EXPECT_EQ(budget.error().error.position, 12U);
  EXPECT_FALSE(parse_budget("# nothing\n", "b.txt"));
  EXPECT_FALSE(parse_budget(": total.wall > 2s\n", "b.txt"));
  std::string many;
  for (size_t i = 0; i <= kMaxBudgetConditions; ++i) many += "total.wall > 2s\n";
  EXPECT_FALSE(parse_budget(many, "b.txt"));
}

}  // namespace
}  // namespace strobe::analyze::check
