// `strobe check` for machines that read more than an exit status: JUnit XML, and annotations as GitHub has
// them (workflow commands).
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "report/check_report.h"
#include "report/check_words.h"
#include "report/escape.h"

namespace strobe::report {
namespace {

using analyze::check::CheckResult;
using analyze::check::JudgedCondition;
using analyze::check::JudgedTerm;
using analyze::check::Place;
using analyze::check::Truth;
using analyze::check::Verdict;

std::string xml(std::string_view foreign) {
  std::string text;
  for (const char c : printable(foreign, foreign.size() * 8)) {
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
      case '"':
        text += "&quot;";
        break;
      case '\'':
        text += "&apos;";
        break;
      default:
        text += c;
    }
  }
  // Characters that no XML document may have, though they are well-formed UTF-8: U+FFFE and U+FFFF.
  for (const std::string_view nonchar : {"\xef\xbf\xbe", "\xef\xbf\xbf"}) {
    for (size_t at = text.find(nonchar); at != std::string::npos; at = text.find(nonchar, at))
      text.replace(at, nonchar.size(), "\xef\xbf\xbd");
  }
  return text;
}

/// Everything there is to say about a condition, a line each.
std::vector<std::string> lines_about(const JudgedCondition& judged, double confidence) {
  std::vector<std::string> lines;
  for (size_t i = 0; i < judged.terms.size(); ++i) {
    lines.push_back(describe_term(judged.condition.expression.terms[i], judged.terms[i], confidence));
    for (std::string& remark : remarks_of(judged.terms[i])) lines.push_back(std::move(remark));
  }
  return lines;
}

/// The values of workflow commands: what ends them is escaped, and what ends a property in properties.
std::string command_text(std::string_view foreign, bool is_property) {
  std::string text;
  for (const char c : foreign) {
    const bool escape = c == '%' || c == '\r' || c == '\n' || (is_property && (c == ':' || c == ','));
    if (escape) {
      text += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    } else {
      text += c;
    }
  }
  return text;
}

/// Where the condition's trouble lies: in the code it is about, else at its line of the budget.
Place place_of(const JudgedCondition& judged) {
  const Truth wanted = judged.verdict == Verdict::failed ? Truth::yes : Truth::unknown;
  for (const bool any_truth : {false, true}) {
    for (const JudgedTerm& term : judged.terms) {
      if (!term.place.file.empty() && (any_truth || term.truth == wanted)) return term.place;
    }
  }
  return {judged.condition.file, judged.condition.line};
}

std::string below(const std::string& named, const std::string& folder) {
  // Compilers note paths as builds give them: "build/../src/a.c".
  std::string path = std::filesystem::path(named).lexically_normal().string();
  if (folder.empty() || path.size() <= folder.size() + 1 || !path.starts_with(folder) ||
      path[folder.size()] != '/') {
    return path;
  }
  return path.substr(folder.size() + 1);
}

}  // namespace

std::string write_junit_check(const CheckResult& result) {
  const auto count = [&](Verdict verdict) {
    return std::ranges::count_if(result.conditions,
                                 [&](const JudgedCondition& judged) { return judged.verdict == verdict; });
  };
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  text += fmt::format(
      "  <testsuite name=\"strobe check\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"0\">\n",
      result.conditions.size(), count(Verdict::failed), count(Verdict::not_judged));
  for (const JudgedCondition& judged : result.conditions) {
    const auto& condition = judged.condition;
    text += fmt::format("    <testcase classname=\"strobe.check\" name=\"{}\"", xml(title_of(condition)));
    if (!condition.file.empty())
      text += fmt::format(" file=\"{}\" line=\"{}\"", xml(condition.file), condition.line);
    text += ">\n";
    const std::vector<std::string> lines = lines_about(judged, result.confidence);
    std::string about = xml(condition.expression.text) + '\n';
    for (const std::string& line : lines) about += xml(line) + '\n';
    if (judged.verdict == Verdict::passed) {
      text += "      <system-out>" + about + "</system-out>\n";
    } else {
      const char* element = judged.verdict == Verdict::failed ? "failure" : "error";
      const std::string message = judged.verdict == Verdict::failed
                                      ? xml(condition.expression.text) + " is true"
                                      : std::string("could not be judged");
      text += fmt::format("      <{0} message=\"{1}\">{2}</{0}>\n", element, message, about);
    }
    text += "    </testcase>\n";
  }
  return text + "  </testsuite>\n</testsuites>\n";
}

std::string write_annotations(const CheckResult& result, const std::string& folder) {
  std::string text;
  for (const JudgedCondition& judged : result.conditions) {
    if (judged.verdict == Verdict::passed) continue;
    text += judged.verdict == Verdict::failed ? "::error " : "::warning ";
    const Place place = place_of(judged);
    if (!place.file.empty()) {
      text += "file=" + command_text(printable(below(place.file, folder)), true) + ',';
      if (place.line > 0) text += fmt::format("line={},", place.line);
    }
    text += "title=" + command_text(printable("strobe check: " + title_of(judged.condition)), true) + "::";
    std::string message = printable(judged.condition.expression.text);
    message += judged.verdict == Verdict::failed ? " is true" : " could not be judged";
    for (const std::string& line : lines_about(judged, result.confidence)) message += '\n' + printable(line);
    text += command_text(message, false) + '\n';
  }
  return text;
}

}  // namespace strobe::report
