// What threads do at one moment, as text and as JSON (strobe-dump/1, docs/formats/strobe-dump-1.schema.json).
// Everything foreign is escaped. Pure.
#pragma once

#include <string>

#include "model/dump.h"
#include "report/json_writer.h"
#include "report/text.h"

namespace strobe::report {

/// Innermost frames first, as debuggers have it.
[[nodiscard]] std::string write_dump(const Dump& dump, const TextStyle& style);

void write_json_dump(const Dump& dump, const TextSink& sink);

}  // namespace strobe::report
