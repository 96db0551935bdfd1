#include "analyze/check_measures.h"

#include <algorithm>

namespace strobe::analyze::check {
namespace {

std::vector<ThreadState> all_states() {
  std::vector<ThreadState> states;
  states.reserve(kThreadStateCount);
  for (int i = 0; i < kThreadStateCount; ++i) states.push_back(static_cast<ThreadState>(i));
  return states;
}

/// As it stands between quotation marks.
std::string quoted(std::string_view pattern) {
  std::string text = "\"";
  for (const char c : pattern) {
    if (c == '"') text += '\\';  // a backslash is one of the pattern already: it stays as written
    text += c;
  }
  return text + '"';
}

}  // namespace

std::string text_of(const Measure& measure) {
  if (measure.word == nullptr) return {};
  std::string text(measure.word->subject);
  if (takes_pattern(measure.word->subject)) text += '(' + quoted(measure.pattern) + ')';
  text += '.';
  text += measure.word->aspect.empty() ? name_of(measure.state) : measure.word->aspect;
  return text;
}

bool takes_pattern(std::string_view subject) {
  constexpr std::string_view kOfNames[] = {"function", "module", "line", "thread", "process", "lock"};
  return std::ranges::find(kOfNames, subject) != std::end(kOfNames);
}

bool is_subject(std::string_view word) {
  return std::ranges::any_of(kMeasureWords, [&](const MeasureWord& known) { return known.subject == word; });
}

std::vector<std::string> subject_words() {
  std::vector<std::string> words;
  for (const MeasureWord& word : kMeasureWords) {
    if (words.empty() || words.back() != word.subject) words.emplace_back(word.subject);
  }
  return words;
}

std::vector<std::string> aspect_words(std::string_view subject) {
  std::vector<std::string> words;
  bool has_states = false;
  for (const MeasureWord& word : kMeasureWords) {
    if (word.subject != subject) continue;
    if (word.aspect.empty()) {
      has_states = true;
    } else {
      words.emplace_back(word.aspect);
    }
  }
  if (has_states) {
    for (const ThreadState state : all_states()) words.emplace_back(name_of(state));
  }
  return words;
}

std::vector<Measure> plain_measures() {
  std::vector<Measure> measures;
  for (const MeasureWord& word : kMeasureWords) {
    if (takes_pattern(word.subject)) continue;
    if (!word.aspect.empty()) {
      measures.push_back({.word = &word});
      continue;
    }
    for (const ThreadState state : all_states()) measures.push_back({.word = &word, .state = state});
  }
  return measures;
}

}  // namespace strobe::analyze::check
