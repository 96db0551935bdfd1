#include "analyze/check_circumstances.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace strobe::analyze::check {
namespace {

using Texts = std::set<std::string>;

template <class Get>
Texts collect(const std::vector<Run>& runs, Get get) {
  Texts texts;
  for (const Run& run : runs) texts.insert(get(run.origin));
  return texts;
}

std::string join(const Texts& texts) {
  std::string joined;
  for (const std::string& text : texts)
    joined.append(joined.empty() ? "" : ", ").append(text.empty() ? "unknown" : text);
  return joined;
}

std::string rate_text(const Origin& origin) { return fmt::format("{:.0f} Hz", origin.rate_hz); }

/// Notes where the sides, or the recordings of one, are not alike in something.
template <class Get>
void note_difference(const Evidence& evidence, const char* what, const char* meaning, Get get,
                     std::vector<std::string>& notes) {
  const Texts now = collect(evidence.runs, get);
  const Texts before = collect(evidence.baseline, get);
  if (before.empty() && now.size() > 1) {
    notes.push_back(fmt::format("different {}: {}{}", what, join(now), meaning));
  } else if (!before.empty() && (now != before || now.size() > 1)) {
    notes.push_back(
        fmt::format("different {}: {}, in the baseline {}{}", what, join(now), join(before), meaning));
  }
}

void note_age(const Evidence& evidence, std::vector<std::string>& notes) {
  const auto by_start = [](const Run& a, const Run& b) {
    return a.origin.start_unix_ns < b.origin.start_unix_ns;
  };
  // Runs made by turns are mixed in time; only a baseline that is younger as a whole is odd.
  const auto first = std::ranges::min_element(evidence.baseline, by_start);
  const auto last = std::ranges::max_element(evidence.runs, by_start);
  if (first == evidence.baseline.end() || last == evidence.runs.end()) return;
  if (first->origin.start_unix_ns > last->origin.start_unix_ns) {
    notes.emplace_back("the baseline was recorded after what is checked: are the two in the right order?");
  }
}

}  // namespace

Circumstances compare_sides(const Evidence& evidence) {
  Circumstances result;
  const auto architecture = [](const Origin& origin) { return origin.architecture; };
  const Texts now = collect(evidence.runs, architecture);
  const Texts before = collect(evidence.baseline, architecture);
  if (!before.empty() && now != before) {
    result.refusal =
        fmt::format("the baseline is of another architecture: {}, not {}", join(before), join(now));
  }
  std::vector<std::string>& notes = result.notes;
  note_difference(
      evidence, "machines", "; times of different machines differ by more than the program",
      [](const Origin& origin) { return origin.hostname; }, notes);
  note_difference(evidence, "rates", "; the intervals allow for that", rate_text, notes);
  note_difference(
      evidence, "engines", "", [](const Origin& origin) { return origin.engine; }, notes);
  note_difference(
      evidence, "versions of Strobe", "", [](const Origin& origin) { return origin.strobe_version; }, notes);
  note_difference(
      evidence, "recording of waiting", "; recording it costs the program time",
      [](const Origin& origin) { return std::string(origin.wall ? "with --wall" : "without --wall"); },
      notes);
  note_difference(
      evidence, "kernel samples", "; compare functions of programs only",
      [](const Origin& origin) { return std::string(origin.kernel_sampled ? "sampled" : "not sampled"); },
      notes);
  note_age(evidence, notes);
  for (const auto* side : {&evidence.runs, &evidence.baseline}) {
    for (const Run& run : *side) {
      for (const std::string& warning : run.origin.warnings)
        notes.push_back(fmt::format("{}: {}", run.origin.path, warning));
    }
  }
  return result;
}

}  // namespace strobe::analyze::check
