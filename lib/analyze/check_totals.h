// The quantities of `strobe check` that are about a recording as a whole. Pure.
#pragma once

#include <optional>

#include "analyze/attribution.h"
#include "analyze/check_facts.h"
#include "analyze/check_wait_facts.h"
#include "analyze/quality_view.h"
#include "analyze/run_facts.h"
#include "model/recording.h"

namespace strobe::analyze::check {

class TotalFacts {
 public:
  /// Borrows the profile.
  explicit TotalFacts(const Profile& profile);
  /// `measure` is of a subject without names.
  [[nodiscard]] Measured measure(const Measure& measure) const;

 private:
  [[nodiscard]] Measured measure_total(MeasureId id) const;
  [[nodiscard]] Measured measure_memory(MeasureId id) const;
  [[nodiscard]] Measured measure_heap(MeasureId id) const;
  [[nodiscard]] Measured measure_quality(MeasureId id) const;
  [[nodiscard]] Measured measure_gil(MeasureId id) const;
  [[nodiscard]] Measured measure_held(bool as_share) const;
  [[nodiscard]] Measured measure_state(ThreadState state) const;
  [[nodiscard]] Measured sampled(double seconds) const;
  [[nodiscard]] Measured switches(uint64_t count) const;

  const Profile* profile_;
  QualityView quality_;
  Attribution attribution_;
  RunFacts facts_;
  std::optional<WaitFacts> waits_;  ///< none without --wall
};

[[nodiscard]] Measured missing_value(std::string reason, std::string hint = {});
/// What needs --wall, of a recording without it.
[[nodiscard]] Measured without_wall();

}  // namespace strobe::analyze::check
