// Judges conditions of `strobe check` by what recordings say. What cannot be known stays unknown, and comes
// out as that (Kleene's three values). Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyze/check_expression.h"
#include "analyze/check_facts.h"
#include "analyze/check_noise.h"

namespace strobe::analyze::check {

enum class Truth : uint8_t { no, yes, unknown };
enum class Verdict : uint8_t { passed, failed, not_judged };

/// "passed", "failed", "not_judged".
[[nodiscard]] std::string_view name_of(Verdict verdict);

/// What is known on both sides.
struct Evidence {
  std::vector<Run> runs;      ///< recordings of what is checked: one or several of the same
  std::vector<Run> baseline;  ///< what they are compared with; empty where there is none
  std::string no_baseline;    ///< why there is none, where it was asked for: a sentence
  std::string baseline_hint;  ///< how to have one
};

/// A term, judged.
struct JudgedTerm {
  Truth truth = Truth::unknown;
  std::string reason;  ///< of unknown: a sentence
  std::string hint;    ///< the user's next step; may be empty
  bool known = false;  ///< there is a value
  double value = 0;    ///< the median of the recordings; of a percentage, a share
  bool is_share = false;
  std::optional<double> baseline;    ///< likewise
  std::optional<Interval> interval;  ///< of the value by the error of sampling: one recording, sampled
  std::optional<ChangeEstimate> change;
  std::vector<std::string> notes;  ///< what to know before believing it: sentences
  Place place;
};

struct JudgedCondition {
  Condition condition;
  Verdict verdict = Verdict::not_judged;
  std::vector<JudgedTerm> terms;  ///< parallel to the expression's
};

struct CheckResult {
  Verdict verdict = Verdict::passed;  ///< failed wins over not_judged
  double confidence = 0;
  std::vector<JudgedCondition> conditions;
  std::vector<Origin> runs;
  std::vector<Origin> baseline;
  std::string no_baseline;
  std::vector<std::string> notes;  ///< about the recordings as a whole: sentences
};

/// Every measure that the conditions are about, once.
[[nodiscard]] std::vector<Measure> measures_of(const std::vector<Condition>& conditions);

[[nodiscard]] CheckResult judge_conditions(const std::vector<Condition>& conditions, const Evidence& evidence,
                                           double confidence);

/// Runs of one variant of a program.
struct Side {
  std::string name;
  std::vector<Run> runs;
};
/// The conditions on each of the sides but the first, which is the baseline of the others. Where there are
/// more than one of these, conditions are named by theirs. Every side has a run at least.
[[nodiscard]] CheckResult judge_sides(const std::vector<Condition>& conditions,
                                      const std::vector<Side>& sides, double confidence);

}  // namespace strobe::analyze::check
