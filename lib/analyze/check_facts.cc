#include "analyze/check_facts.h"

#include <algorithm>
#include <cmath>

#include "analyze/check_code_facts.h"
#include "analyze/check_totals.h"
#include "analyze/quality_view.h"

namespace strobe::analyze::check {
namespace {

Origin describe_origin(const Profile& profile, const std::string& path) {
  const RecordingInfo& info = profile.info;
  return {.path = path,
          .command = info.command,
          .hostname = info.hostname,
          .architecture = info.architecture,
          .engine = profile.quality.engine,
          .strobe_version = info.strobe_version,
          .rate_hz = profile.quality.rate_hz,
          .kernel_sampled = info.kernel_sampled,
          .wall = info.wall,
          .start_unix_ns = info.start_unix_ns,
          .warnings = judge_quality(profile).warnings};
}

}  // namespace

Interval sampling_interval(const Measured& measured, double z) {
  double low = 0;
  double high = 0;
  if (measured.sampled_of > 0) {
    const Interval share =
        wilson_interval(measured.sampled / measured.sampled_of, measured.effective_samples, z);
    low = measured.sampled - share.low * measured.sampled_of;
    high = share.high * measured.sampled_of - measured.sampled;
  }
  const double spread = z * std::sqrt(std::max(0.0, measured.variance));
  return {std::max(0.0, measured.value - std::hypot(low, spread)), measured.value + std::hypot(high, spread)};
}

Run measure_run(const Profile& profile, const std::string& path, const std::vector<Measure>& measures) {
  Run run{.origin = describe_origin(profile, path), .measures = {}};
  const TotalFacts totals(profile);
  const CodeFacts code(profile);
  for (const Measure& measure : measures) {
    if (measure.word == nullptr) continue;
    run.measures[text_of(measure)] =
        takes_pattern(measure.word->subject) ? code.measure(measure) : totals.measure(measure);
  }
  return run;
}

}  // namespace strobe::analyze::check
