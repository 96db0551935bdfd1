// The findings of `strobe doctor`, one below the other: state and subject in columns, the words folded.
#include <fmt/format.h>

#include <algorithm>

#include "report/doctor.h"
#include "report/escape.h"
#include "report/text_style.h"

namespace strobe::report {
namespace {

constexpr size_t kIndent = 30;       // where words begin
constexpr size_t kUsualWidth = 110;  // in a pipe
constexpr size_t kLeastWords = 40;

Tone tone_of(analyze::FindingState state) {
  switch (state) {
    case analyze::FindingState::ok:
      return Tone::good;
    case analyze::FindingState::limited:
      return Tone::strong;
    case analyze::FindingState::refused:
      return Tone::alarm;
    case analyze::FindingState::absent:
      return Tone::faint;
  }
  return Tone::plain;
}

size_t words_width(const TextStyle& style) {
  const size_t width = style.width == 0 ? kUsualWidth : style.width;
  return std::max(kLeastWords, width - std::min(width, kIndent));
}

std::string paragraph(const std::string& text, const std::string& first, const TextStyle& style) {
  std::string result;
  for (const std::string& line : fold(printable(text), words_width(style))) {
    result += (result.empty() ? first : std::string(kIndent, ' ')) + line + '\n';
  }
  return result;
}

/// A command stays on one line, to be copied.
std::string remedy_line(const std::string& remedy, bool first) {
  return fmt::format("{:{}}{} {}\n", "", kIndent, first ? "to change:" : "       or:", printable(remedy));
}

}  // namespace

std::string write_diagnosis(const analyze::Diagnosis& diagnosis, const TextStyle& style) {
  std::string text =
      paint(printable(diagnosis.verdict), diagnosis.possible ? Tone::strong : Tone::alarm, style);
  text += "\n\n";
  for (const analyze::Finding& finding : diagnosis.findings) {
    const std::string state =
        paint(fmt::format("{:<8}", name_of(finding.state)), tone_of(finding.state), style);
    text += paragraph(finding.found, fmt::format(" {} {:<20}", state, finding.title), style);
    const std::string indent(kIndent, ' ');
    if (!finding.meaning.empty()) text += paragraph(finding.meaning, indent, style);
    for (size_t i = 0; i < finding.remedies.size(); ++i) text += remedy_line(finding.remedies[i], i == 0);
  }
  return text;
}

}  // namespace strobe::report
