// Looks at threads as a Profile: each becomes a sample, unwound and merged with its Python frames exactly as
// while recording, so that names and inlined calls are found in the same way.
#pragma once

#include <cstdint>
#include <vector>

#include "model/recording.h"
#include "record/sample_sink.h"
#include "workflow/thread_look.h"

namespace strobe::workflow {

struct MomentProfile {
  Profile profile;
  /// By look, its sample in the profile; kNoSample where it has no registers.
  std::vector<uint32_t> samples;

  static constexpr uint32_t kNoSample = UINT32_MAX;
};

/// `sink` knows the processes and mappings of the threads, and has no samples yet.
/// Names the Python frames of the looks (PythonCapture::named).
[[nodiscard]] MomentProfile make_moment_profile(record::SampleSink& sink, std::vector<ThreadLook>& looks);

}  // namespace strobe::workflow
