#include "analyze/check_evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "analyze/check_circumstances.h"

namespace strobe::analyze::check {
namespace {

using Values = std::vector<const Measured*>;

/// Values of one measure on one side; `reason` where a recording does not tell.
struct SideValues {
  Values values;
  std::string reason;
  std::string hint;
  bool all_nameless = true;
};

SideValues values_of(const std::vector<Run>& runs, const std::string& measure) {
  SideValues side;
  size_t missing = 0;
  for (const Run& run : runs) {
    const auto found = run.measures.find(measure);
    if (found == run.measures.end() || found->second.state == Measured::State::missing) {
      ++missing;
      side.reason = found != run.measures.end() ? found->second.reason
                                                : "this quantity was not kept when the baseline was made";
      side.hint =
          found != run.measures.end() ? found->second.hint : "give the same conditions with --save-baseline";
      continue;
    }
    side.all_nameless = side.all_nameless && found->second.state == Measured::State::nameless;
    side.values.push_back(&found->second);
  }
  if (missing > 0 && missing < runs.size())
    side.reason = fmt::format("{} of {} recordings: {}", missing, runs.size(), side.reason);
  return side;
}

/// Whether `interval` lies on one side of the limit as a whole.
Truth compare(const Interval& interval, Comparison comparison, double limit) {
  switch (comparison) {
    case Comparison::greater:
      return interval.low > limit ? Truth::yes : interval.high <= limit ? Truth::no : Truth::unknown;
    case Comparison::greater_equal:
      return interval.low >= limit ? Truth::yes : interval.high < limit ? Truth::no : Truth::unknown;
    case Comparison::less:
      return interval.high < limit ? Truth::yes : interval.low >= limit ? Truth::no : Truth::unknown;
    case Comparison::less_equal:
      return interval.high <= limit ? Truth::yes : interval.low > limit ? Truth::no : Truth::unknown;
  }
  return Truth::unknown;
}

Truth compare(double value, Comparison comparison, double limit) {
  return compare(Interval{value, value}, comparison, limit);
}

/// Every value, as a share of its whole where the limit is one.
std::vector<double> numbers_of(const Values& values, bool of_whole) {
  std::vector<double> numbers;
  for (const Measured* measured : values) {
    const double whole = of_whole ? measured->whole : 1;
    numbers.push_back(whole > 0 ? measured->value / whole : 0);
  }
  return numbers;
}

class TermJudge {
 public:
  TermJudge(const Term& term, const Evidence& evidence, const std::string& refusal, double confidence)
      : term_(&term), evidence_(&evidence), refusal_(&refusal), confidence_(confidence) {}

  JudgedTerm judge() {
    const std::string name = text_of(term_->measure);
    const SideValues now = values_of(evidence_->runs, name);
    const SideValues before = values_of(evidence_->baseline, name);
    if (!now.reason.empty() || now.values.empty()) return unknown(now.reason, now.hint);
    fill_values(now, before);
    const bool seen_before = !before.values.empty() && !before.all_nameless;
    if (now.all_nameless && !seen_before)
      return unknown(now.values.front()->reason, now.values.front()->hint);
    if (term_->limit.relative) return judge_change(now, before);
    judge_value(now);
    return std::move(result_);
  }

 private:
  JudgedTerm unknown(std::string reason, std::string hint) {
    result_.truth = Truth::unknown;
    result_.reason = std::move(reason);
    result_.hint = std::move(hint);
    return std::move(result_);
  }

  [[nodiscard]] bool of_whole() const { return term_->limit.percent && !term_->limit.relative; }

  void fill_values(const SideValues& now, const SideValues& before) {
    result_.known = true;
    result_.is_share = of_whole();
    result_.value = median_of(numbers_of(now.values, of_whole()));
    if (!before.values.empty()) result_.baseline = median_of(numbers_of(before.values, of_whole()));
    for (const Measured* measured : now.values) {
      if (result_.place.file.empty()) result_.place = measured->place;
    }
    const Measured& only = *now.values.front();
    if (now.values.size() > 1 || (only.sampled_of <= 0 && only.variance <= 0)) return;
    const Interval interval = sampling_interval(only, z_of_confidence(confidence_));
    const double whole = of_whole() ? only.whole : 1;
    if (whole > 0) result_.interval = {interval.low / whole, interval.high / whole};
  }

  // An absolute limit is about what was measured: the value decides, and the noise around it is said.
  void judge_value(const SideValues& now) {
    const double limit = term_->limit.value;
    result_.truth = compare(result_.value, term_->comparison, limit);
    if (result_.interval && compare(*result_.interval, term_->comparison, limit) == Truth::unknown) {
      result_.notes.emplace_back("the limit lies within the error of sampling");
    }
    size_t beyond = 0;
    for (const double number : numbers_of(now.values, of_whole()))
      beyond += compare(number, term_->comparison, limit) == Truth::yes ? 1 : 0;
    if (beyond > 0 && beyond < now.values.size()) {
      result_.notes.push_back(
          fmt::format("true of {} of {} recordings; the median decides", beyond, now.values.size()));
    }
  }

  JudgedTerm judge_change(const SideValues& now, const SideValues& before) {
    if (evidence_->baseline.empty()) {
      if (!evidence_->no_baseline.empty()) return unknown(evidence_->no_baseline, evidence_->baseline_hint);
      return unknown("a limit with a sign is about the change since a baseline, and there is none",
                     "give one: --baseline FILE");
    }
    if (!refusal_->empty()) return unknown(*refusal_, "record the baseline on such a machine");
    if (!before.reason.empty() || before.values.empty())
      return unknown("the baseline does not tell: " + before.reason, before.hint);
    const auto change = estimate_change(before.values, now.values, term_->limit.percent, confidence_);
    if (!change) {
      const size_t least = least_runs(confidence_);
      return unknown(change.error(), fmt::format("give {} recordings of each side, or one", least));
    }
    result_.change = *change;
    result_.truth = compare(change->interval, term_->comparison, term_->limit.value);
    if (result_.truth == Truth::unknown) {
      result_.reason = "the limit lies within the noise";
      result_.hint = change->basis == NoiseBasis::sampling ? "record longer, or at a higher rate (-r)"
                                                           : "give more recordings of each side";
    }
    return std::move(result_);
  }

  const Term* term_;
  const Evidence* evidence_;
  const std::string* refusal_;
  double confidence_;
  JudgedTerm result_;
};

Truth negate(Truth truth) {
  if (truth == Truth::unknown) return truth;
  return truth == Truth::yes ? Truth::no : Truth::yes;
}

/// Of the whole expression. Arguments come before the nodes they belong to.
Truth evaluate(const Expression& expression, const std::vector<JudgedTerm>& terms) {
  std::vector<Truth> truths;
  for (const Node& node : expression.nodes) {
    const auto any = [&](Truth truth) {
      return std::ranges::any_of(node.args, [&](uint32_t arg) { return truths[arg] == truth; });
    };
    Truth truth = Truth::unknown;
    switch (node.kind) {
      case Node::Kind::term:
        truth = terms[node.term].truth;
        break;
      case Node::Kind::negation:
        truth = negate(truths[node.args.front()]);
        break;
      case Node::Kind::conjunction:
        truth = any(Truth::no) ? Truth::no : any(Truth::unknown) ? Truth::unknown : Truth::yes;
        break;
      case Node::Kind::disjunction:
        truth = any(Truth::yes) ? Truth::yes : any(Truth::unknown) ? Truth::unknown : Truth::no;
        break;
    }
    truths.push_back(truth);
  }
  return truths.empty() ? Truth::unknown : truths.back();
}

Verdict verdict_of(Truth truth) {
  if (truth == Truth::unknown) return Verdict::not_judged;
  return truth == Truth::yes ? Verdict::failed : Verdict::passed;
}

std::vector<Origin> origins_of(const std::vector<Run>& runs) {
  std::vector<Origin> origins;
  origins.reserve(runs.size());
  for (const Run& run : runs) origins.push_back(run.origin);
  return origins;
}

/// What holds for all changes at once.
void note_basis(CheckResult& result) {
  bool by_sampling = false;
  bool accounted = false;
  for (const JudgedCondition& condition : result.conditions) {
    for (const JudgedTerm& term : condition.terms) {
      if (!term.change || term.change->basis != NoiseBasis::sampling) continue;
      by_sampling = true;
      accounted = accounted || term.change->accounted;
    }
  }
  if (!by_sampling) return;
  std::string note =
      "one recording on each side: only the error of sampling is known, not how much runs differ";
  if (accounted) note += "; what is accounted and not sampled has no such error, and any change counts";
  result.notes.push_back(std::move(note));
}

}  // namespace

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::passed:
      return "passed";
    case Verdict::failed:
      return "failed";
    case Verdict::not_judged:
      return "not_judged";
  }
  return "not_judged";
}

std::vector<Measure> measures_of(const std::vector<Condition>& conditions) {
  std::vector<Measure> measures;
  std::set<std::string> seen;
  for (const Condition& condition : conditions) {
    for (const Term& term : condition.expression.terms) {
      if (seen.insert(text_of(term.measure)).second) measures.push_back(term.measure);
    }
  }
  return measures;
}

CheckResult judge_conditions(const std::vector<Condition>& conditions, const Evidence& evidence,
                             double confidence) {
  Circumstances circumstances = compare_sides(evidence);
  CheckResult result{.confidence = confidence,
                     .runs = origins_of(evidence.runs),
                     .baseline = origins_of(evidence.baseline),
                     .no_baseline = evidence.no_baseline,
                     .notes = std::move(circumstances.notes)};
  for (const Condition& condition : conditions) {
    JudgedCondition judged{.condition = condition};
    for (const Term& term : condition.expression.terms)
      judged.terms.push_back(TermJudge(term, evidence, circumstances.refusal, confidence).judge());
    judged.verdict = verdict_of(evaluate(condition.expression, judged.terms));
    if (judged.verdict == Verdict::failed) result.verdict = Verdict::failed;
    if (judged.verdict == Verdict::not_judged && result.verdict == Verdict::passed)
      result.verdict = Verdict::not_judged;
    result.conditions.push_back(std::move(judged));
  }
  note_basis(result);
  return result;
}

CheckResult judge_sides(const std::vector<Condition>& conditions, const std::vector<Side>& sides,
                        double confidence) {
  CheckResult all{.confidence = confidence};
  for (size_t i = 1; i < sides.size(); ++i) {
    Evidence evidence;
    evidence.runs = sides[i].runs;
    evidence.baseline = sides.front().runs;
    CheckResult result = judge_conditions(conditions, evidence, confidence);
    for (JudgedCondition& judged : result.conditions) {
      std::string& name = judged.condition.name;
      if (sides.size() > 2)
        name = sides[i].name + ": " + (name.empty() ? judged.condition.expression.text : name);
      all.conditions.push_back(std::move(judged));
    }
    if (result.verdict == Verdict::failed || all.verdict == Verdict::passed) all.verdict = result.verdict;
    all.runs.insert(all.runs.end(), result.runs.begin(), result.runs.end());
    all.baseline = std::move(result.baseline);
    for (std::string& note : result.notes) {
      if (std::ranges::find(all.notes, note) == all.notes.end()) all.notes.push_back(std::move(note));
    }
  }
  return all;
}

}  // namespace strobe::analyze::check
