// What `strobe check` found: for people, for programs, for a step summary, as JUnit XML, and as annotations
// in the manner of GitHub. Returns strings; everything foreign is escaped for the format it goes into.
#pragma once

#include <string>

#include "analyze/check_evaluation.h"
#include "report/json_writer.h"
#include "report/text.h"

namespace strobe::report {

[[nodiscard]] std::string write_check(const analyze::check::CheckResult& result, const TextStyle& style);

/// strobe-check/1 (docs/formats).
void write_json_check(const analyze::check::CheckResult& result, const TextSink& sink);

/// What that has beside its schema and tool, as members of an object of another schema.
void write_json_check_members(JsonWriter& json, const analyze::check::CheckResult& result);

[[nodiscard]] std::string write_markdown_check(const analyze::check::CheckResult& result);

/// What could not be judged is an error there, so that it does not look as if it had passed.
[[nodiscard]] std::string write_junit_check(const analyze::check::CheckResult& result);

/// A line for every condition that did not pass: `::error file=…,line=…::…`. Files below `folder` are named
/// from there on, as repositories have them.
[[nodiscard]] std::string write_annotations(const analyze::check::CheckResult& result,
                                            const std::string& folder);

/// What is kept to compare with: strobe-check-baseline/1 (docs/formats).
void write_json_baseline(const std::vector<analyze::check::Run>& runs, const TextSink& sink);

/// "TITLE: message (column 7)", the text with a caret below the place, and the hint. Ends with a line break.
[[nodiscard]] std::string write_syntax_error(const std::string& title, const std::string& text,
                                             const analyze::check::SyntaxError& error);

}  // namespace strobe::report
