// `strobe check` for people: as text, and as Markdown for a step summary.
#include <fmt/format.h>

#include "report/check_report.h"
#include "report/check_words.h"
#include "report/escape.h"
#include "report/text_style.h"

namespace strobe::report {
namespace {

using analyze::check::CheckResult;
using analyze::check::JudgedCondition;
using analyze::check::Origin;
using analyze::check::SyntaxError;
using analyze::check::Verdict;

constexpr size_t kMaxShownBytes = 160;  // of an expression with an error

const char* word_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::passed:
      return "passed";
    case Verdict::failed:
      return "FAILED";
    case Verdict::not_judged:
      return "not judged";
  }
  return "";
}

Tone tone_of(Verdict verdict) {
  if (verdict == Verdict::failed) return Tone::alarm;
  return verdict == Verdict::passed ? Tone::good : Tone::strong;
}

std::string condition_text(const JudgedCondition& judged, double confidence, const TextStyle& style) {
  const auto& condition = judged.condition;
  std::string text =
      "  " + paint(fmt::format("{:<10}", word_of(judged.verdict)), tone_of(judged.verdict), style);
  text += "  " + printable(title_of(condition));
  if (!condition.file.empty()) text += "  (" + printable(source_of(condition)) + ")";
  text += '\n';
  const std::string indent(14, ' ');
  if (!condition.name.empty()) text += indent + printable(condition.expression.text) + '\n';
  for (size_t i = 0; i < judged.terms.size(); ++i) {
    text +=
        indent + printable(describe_term(condition.expression.terms[i], judged.terms[i], confidence)) + '\n';
    for (const std::string& remark : remarks_of(judged.terms[i]))
      text += indent + "  " + printable(remark) + '\n';
  }
  return text;
}

std::string sides_text(const CheckResult& result) {
  const auto line = [](const char* what, const std::vector<Origin>& origins) {
    std::string text;
    for (const Origin& origin : origins)
      text += fmt::format("   {:<9} {}  ({})\n", what, printable(origin.path), printable(origin.command));
    return text;
  };
  return line("recording", result.runs) + line("baseline", result.baseline);
}

/// Text between which and Markdown's own marks nothing can be mistaken.
std::string markdown(std::string_view foreign) {
  std::string text;
  for (const char c : printable(foreign)) {
    switch (c) {
      case '&':
        text += "&amp;";
        break;
      case '<':
        text += "&lt;";
        break;
      case '>':
        text += "&gt;";
        break;
      case '|':
      case '`':
      case '*':
      case '_':
      case '[':
      case ']':
      case '\\':
      case '~':
      case '#':
      case '@':
      case '$':
      case '!':
        text += fmt::format("&#{};", static_cast<int>(c));
        break;
      default:
        text += c;
    }
  }
  return text;
}

const char* markdown_mark(Verdict verdict) {
  switch (verdict) {
    case Verdict::passed:
      return "✅ passed";
    case Verdict::failed:
      return "❌ **failed**";
    case Verdict::not_judged:
      return "⚠️ not judged";
  }
  return "";
}

}  // namespace

std::string write_check(const CheckResult& result, const TextStyle& style) {
  std::string text = sides_text(result) + '\n';
  for (const JudgedCondition& judged : result.conditions)
    text += condition_text(judged, result.confidence, style);
  if (!result.conditions.empty()) text += '\n';
  for (const std::string& note : result.notes) text += "   note: " + printable(note) + '\n';
  if (result.conditions.empty()) return text;
  return text + "   " + paint(summarize(result), tone_of(result.verdict), style) + '\n';
}

std::string write_markdown_check(const CheckResult& result) {
  std::string text = "### strobe check: " + summarize(result) + "\n\n";
  if (!result.conditions.empty()) text += "| | condition | measured |\n|---|---|---|\n";
  for (const JudgedCondition& judged : result.conditions) {
    const auto& expression = judged.condition.expression;
    text += fmt::format("| {} | ", markdown_mark(judged.verdict));
    if (!judged.condition.name.empty()) text += markdown(judged.condition.name) + "<br>";
    text += "<code>" + markdown(expression.text) + "</code> | ";
    for (size_t i = 0; i < judged.terms.size(); ++i) {
      if (i > 0) text += "<br>";
      text += markdown(describe_term(expression.terms[i], judged.terms[i], result.confidence));
      for (const std::string& remark : remarks_of(judged.terms[i])) text += "<br>" + markdown(remark);
    }
    text += " |\n";
  }
  text += '\n';
  for (const std::string& note : result.notes) text += "- " + markdown(note) + '\n';
  for (const Origin& origin : result.runs)
    text += "- recording " + markdown(origin.path) + ": " + markdown(origin.command) + '\n';
  for (const Origin& origin : result.baseline)
    text += "- baseline " + markdown(origin.path) + ": " + markdown(origin.command) + '\n';
  return text;
}

std::string write_syntax_error(const std::string& title, const std::string& text, const SyntaxError& error) {
  // A long text is shown from a little before the place on.
  const size_t position = std::min(error.position, text.size());
  size_t begin = position > kMaxShownBytes / 2 ? position - kMaxShownBytes / 2 : 0;
  while (begin > 0 && (static_cast<unsigned char>(text[begin]) & 0xc0) == 0x80) --begin;
  const std::string before = (begin > 0 ? "…" : "") + printable(text.substr(begin, position - begin));
  std::string result = fmt::format("{}: {} (column {})\n", printable(title), printable(error.message),
                                   display_width(printable(text.substr(0, position), text.size() * 8)) + 1);
  if (!text.empty()) {
    result += "    " + before + printable(text.substr(position, kMaxShownBytes)) + '\n';
    result += "    " + std::string(display_width(before), ' ') + "^\n";
  }
  if (!error.hint.empty()) result += "  " + printable(error.hint) + '\n';
  return result;
}

}  // namespace strobe::report
