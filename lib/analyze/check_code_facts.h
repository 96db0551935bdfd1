// The quantities of `strobe check` that are about something with a name: functions, modules, lines, threads,
// processes, locks. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "analyze/check_facts.h"
#include "analyze/check_wait_facts.h"
#include "analyze/weighted_stacks.h"
#include "model/recording.h"

namespace strobe::analyze::check {

class CodeFacts {
 public:
  /// Borrows the profile.
  explicit CodeFacts(const Profile& profile);
  /// `measure` is of a subject with a name.
  [[nodiscard]] Measured measure(const Measure& measure) const;

 private:
  /// What a pattern chose among the places in code.
  struct Choice {
    FrameKeys keys;  ///< key 0 is what was chosen, key 1 everything else
    bool any = false;
    Place place;
  };
  using KeyTest = std::function<bool(uint32_t key, FrameId source)>;
  [[nodiscard]] Choice choose(const FrameKeys& keys, const KeyTest& is_chosen) const;
  [[nodiscard]] Choice choose_code(const Measure& measure) const;
  [[nodiscard]] Choice choose_line(const std::string& pattern) const;
  [[nodiscard]] Measured measure_code(const Measure& measure) const;
  [[nodiscard]] Measured measure_threads(const Measure& measure) const;
  [[nodiscard]] Measured measure_waiting(const Measure& measure) const;
  [[nodiscard]] SelectedThreads choose_threads(const Measure& measure) const;
  [[nodiscard]] std::vector<bool> choose_processes(const std::string& pattern) const;
  /// Time without a function, in rows of its own: exact and sampled.
  void add_uncovered(const Measure& measure, Measured& result, bool& any) const;
  [[nodiscard]] Measured nameless(const Measure& measure) const;
  [[nodiscard]] Place largest_place(const std::vector<bool>& chosen, bool self) const;

  const Profile* profile_;
  WeightedStacks stacks_;
  KeySums sums_;                    ///< by function
  std::optional<WaitFacts> waits_;  ///< none without --wall
};

}  // namespace strobe::analyze::check
