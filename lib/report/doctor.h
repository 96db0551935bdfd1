// What `strobe doctor` found, as text and as JSON (docs/formats/strobe-doctor-1.schema.json).
#pragma once

#include <string>

#include "analyze/diagnosis.h"
#include "report/json_writer.h"
#include "report/text.h"

namespace strobe::report {

[[nodiscard]] std::string write_diagnosis(const analyze::Diagnosis& diagnosis, const TextStyle& style);

/// `target` null: about the machine.
void write_json_diagnosis(const analyze::Diagnosis& diagnosis, const MachineFacts& facts,
                          const TargetFacts* target, const TextSink& sink);

}  // namespace strobe::report
