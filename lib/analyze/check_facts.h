// What recordings say about the quantities of `strobe check`: a number, how sure it is, and where there is
// none, why. What a baseline keeps is the same. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/amounts.h"
#include "analyze/check_measures.h"
#include "model/recording.h"

namespace strobe::analyze::check {

/// Where a quantity belongs in the source, for annotations.
struct Place {
  std::string file;  ///< as the debug information names it; empty where it belongs nowhere
  uint32_t line = 0;
};

/// One quantity of one recording.
struct Measured {
  enum class State : uint8_t {
    known,
    nameless,  ///< nothing in the recording has such a name: the value is 0, as far as sampling can tell
    missing,   ///< the recording does not tell; there is no value
  } state = State::known;
  std::string reason;  ///< of nameless and missing: a sentence
  std::string hint;    ///< the user's next step; may be empty

  double value = 0;  ///< in the unit of its measure
  double whole = 0;  ///< of seconds: what they are a part of; 0 where they are of nothing
  /// The part of `value` that samples tell; the rest is accounted. It is a share of `sampled_of`.
  double sampled = 0;
  double sampled_of = 0;
  double effective_samples = 0;
  double variance = 0;  ///< of the part told by stretches that stand for others
  Place place;
};

/// The interval of a known (or nameless) value by the error of sampling alone, z standard errors to each
/// side. Without width where the value is accounted and not sampled.
[[nodiscard]] Interval sampling_interval(const Measured& measured, double z);

/// What recording the numbers are of.
struct Origin {
  std::string path;  ///< of the recording; may be foreign text where it is from a baseline
  std::string command;
  std::string hostname;
  std::string architecture;
  std::string engine;
  std::string strobe_version;
  double rate_hz = 0;
  bool kernel_sampled = false;
  bool wall = false;
  int64_t start_unix_ns = 0;
  std::vector<std::string> warnings;  ///< of its quality
  friend bool operator==(const Origin&, const Origin&) = default;
};

struct Run {
  Origin origin;
  std::map<std::string, Measured> measures;  ///< by text_of(Measure)
};

[[nodiscard]] Run measure_run(const Profile& profile, const std::string& path,
                              const std::vector<Measure>& measures);

/// Whether a name goes with a pattern in which * stands for any text, ? for any character, and a backslash
/// takes the meaning from the character behind it. Takes time in proportion to the product of their lengths.
[[nodiscard]] bool matches_name(std::string_view pattern, std::string_view name);

}  // namespace strobe::analyze::check
