#include "report/check_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace strobe::report {

using analyze::check::ChangeEstimate;
using analyze::check::CheckResult;
using analyze::check::Condition;
using analyze::check::JudgedTerm;
using analyze::check::Term;
using analyze::check::Truth;
using analyze::check::Unit;
using analyze::check::Verdict;

namespace {

struct Scale {
  double from;
  const char* unit;
};

/// In the largest unit that leaves a number of at least 1.
template <size_t N>
std::string scaled(double value, const Scale (&scales)[N]) {
  for (const Scale& scale : scales) {
    if (std::abs(value) >= scale.from) return fmt::format("{:.4g} {}", value / scale.from, scale.unit);
  }
  return fmt::format("0 {}", scales[N - 1].unit);
}

std::string with_sign(const std::string& text, double value) {
  return (value < 0 ? std::string() : std::string("+")) + text;
}

/// A change: of percentages as such, else in the unit; "without bound" for what has none.
std::string change_text(double change, bool relative, Unit unit) {
  if (std::isinf(change)) return change > 0 ? "without bound" : "-100 %";
  if (relative) return fmt::format("{:+.1f} %", change * 100);
  return with_sign(quantity_text(change, unit), change);
}

std::string describe_change(const Term& term, const ChangeEstimate& change, double confidence) {
  const Unit unit = term.measure.word->unit;
  const bool relative = term.limit.percent;
  std::string text =
      std::isinf(change.change) ? "there was none" : change_text(change.change, relative, unit);
  if (change.accounted) return text + " (accounted, not sampled)";
  text +=
      fmt::format(" ({:g} %: {} to {}", confidence * 100, change_text(change.interval.low, relative, unit),
                  change_text(change.interval.high, relative, unit));
  text += change.basis == analyze::check::NoiseBasis::sampling ? ", sampling only)" : ", between runs)";
  return text;
}

}  // namespace

std::string quantity_text(double value, Unit unit) {
  static constexpr Scale kSeconds[] = {{1, "s"}, {1e-3, "ms"}, {1e-6, "us"}, {1e-9, "ns"}, {1e300, "s"}};
  static constexpr Scale kBytes[] = {{1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}, {1, "B"}};
  switch (unit) {
    case Unit::seconds:
      return scaled(value, kSeconds);
    case Unit::bytes:
      return scaled(value, kBytes);
    case Unit::share:
      return fmt::format("{:.4g} %", value * 100);
    case Unit::count:
      return fmt::format("{:.6g}", value);
  }
  return {};
}

std::string describe_term(const Term& term, const JudgedTerm& judged, double confidence) {
  const std::string name = text_of(term.measure);
  if (!judged.known) return name + " is not known";
  const Unit unit = judged.is_share ? Unit::share : term.measure.word->unit;
  std::string text = fmt::format("{} is {}", name, quantity_text(judged.value, unit));
  if (judged.change) {
    text += fmt::format(", in the baseline {}: ", quantity_text(judged.baseline.value_or(0), unit));
    return text + describe_change(term, *judged.change, confidence);
  }
  if (judged.interval) {
    text +=
        fmt::format(" ({:g} %: {} to {}, sampling only)", confidence * 100,
                    quantity_text(judged.interval->low, unit), quantity_text(judged.interval->high, unit));
  }
  return text;
}

std::vector<std::string> remarks_of(const JudgedTerm& judged) {
  std::vector<std::string> remarks;
  if (judged.truth == Truth::unknown) remarks.push_back("could not be judged: " + judged.reason);
  for (const std::string& note : judged.notes) remarks.push_back("note: " + note);
  if (judged.truth == Truth::unknown && !judged.hint.empty()) remarks.push_back(judged.hint);
  return remarks;
}

std::string title_of(const Condition& condition) {
  return condition.name.empty() ? condition.expression.text : condition.name;
}

std::string source_of(const Condition& condition) {
  return condition.file.empty() ? std::string() : fmt::format("{}:{}", condition.file, condition.line);
}

std::string summarize(const CheckResult& result) {
  const auto count = [&](Verdict verdict) {
    return std::ranges::count_if(result.conditions,
                                 [&](const auto& condition) { return condition.verdict == verdict; });
  };
  const size_t all = result.conditions.size();
  const auto failed = count(Verdict::failed);
  const auto unknown = count(Verdict::not_judged);
  if (failed == 0 && unknown == 0) return fmt::format("{} condition{} passed", all, all == 1 ? "" : "s");
  std::string text;
  if (failed > 0) text = fmt::format("{} of {} condition{} failed", failed, all, all == 1 ? "" : "s");
  if (unknown > 0) {
    text += failed > 0
                ? fmt::format(", {} could not be judged", unknown)
                : fmt::format("{} of {} condition{} could not be judged", unknown, all, all == 1 ? "" : "s");
  }
  return text;
}

}  // namespace strobe::report
