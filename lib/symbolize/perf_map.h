// /tmp/perf-PID.map: what JIT compilers tell profilers about their code, a line "START SIZE name" in hex per
// function. Anybody can write such a file, so it is read only under the safety rule in open_perf_map.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "symbolize/named_ranges.h"

namespace strobe::symbolize {

/// Lines that are not understood are skipped; names are borrowed from `text`.
[[nodiscard]] NamedRanges parse_perf_map(std::string_view text);

/// Where a map may come from and whom it may belong to.
struct PerfMapPlace {
  std::string directory;  ///< the target's /tmp
  pid_t pid = 0;          ///< as the target sees itself
  uid_t owner = 0;        ///< the target's user; root is trusted as well
};

class PerfMap {
 public:
  /// Only a regular file, no link, of the target's user or root, of at most 64 MiB.
  static Result<PerfMap> open(const PerfMapPlace& place);
  /// The map of a process, through its mount and PID namespace while it lives, else in our /tmp.
  static Result<PerfMap> open(pid_t pid);

  [[nodiscard]] const NamedRange* find(uint64_t address) const { return ranges_.find(address); }

 private:
  std::vector<char> text_;  // a vector: moving it keeps the views valid, however short the text
  NamedRanges ranges_;
};

}  // namespace strobe::symbolize
