// The `quality` part of every JSON document of Strobe.
#pragma once

#include "analyze/quality_view.h"
#include "report/json_writer.h"

namespace strobe::report {

/// Writes one object.
void write_json_quality(JsonWriter& json, const analyze::QualityView& view);

}  // namespace strobe::report
