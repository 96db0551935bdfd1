// Sentences about judged conditions, shared by the writers of `strobe check`. Foreign names in them are not
// escaped yet: that is up to the format.
#pragma once

#include <string>
#include <vector>

#include "analyze/check_evaluation.h"

namespace strobe::report {

/// "2.41 s", "187 MB", "31.2 %", "8".
[[nodiscard]] std::string quantity_text(double value, analyze::check::Unit unit);

/// What was measured: "total.wall is 2.41 s, in the baseline 2.10 s: +14.8 % (95 %: +12.1 % to +17.3 %)".
[[nodiscard]] std::string describe_term(const analyze::check::Term& term,
                                        const analyze::check::JudgedTerm& judged, double confidence);
/// Why it is unknown, and the notes on it: sentences, the hint last.
[[nodiscard]] std::vector<std::string> remarks_of(const analyze::check::JudgedTerm& judged);

/// The condition's name, or its text where it has none.
[[nodiscard]] std::string title_of(const analyze::check::Condition& condition);
/// "budget.txt:3"; empty for one from the command line.
[[nodiscard]] std::string source_of(const analyze::check::Condition& condition);

/// "1 of 3 conditions failed, 1 could not be judged".
[[nodiscard]] std::string summarize(const analyze::check::CheckResult& result);

}  // namespace strobe::report
