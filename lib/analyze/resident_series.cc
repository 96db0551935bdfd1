#include "analyze/resident_series.h"

#include <algorithm>

#include "base/clock.h"

namespace strobe::analyze {
namespace {

bool is_selected(const SelectedProcesses& selected, ProcessId process) {
  return selected.empty() || (process.index() < selected.size() && selected[process.index()]);
}

/// Ends of processes in the order of time, so that a process stops counting when it does.
class Ends {
 public:
  explicit Ends(const Profile& profile) {
    for (uint32_t i = 0; i < profile.processes.size(); ++i) {
      if (profile.processes[i].end_ns != 0) ends_.emplace_back(profile.processes[i].end_ns, ProcessId{i});
    }
    std::ranges::sort(ends_);
  }
  /// Calls `use` with each that ended before and was not told yet.
  template <class Use>
  void pass(uint64_t time_ns, const Use& use) {
    for (; next_ < ends_.size() && ends_[next_].first < time_ns; ++next_) use(ends_[next_].second);
  }

 private:
  std::vector<std::pair<uint64_t, ProcessId>> ends_;
  size_t next_ = 0;
};

/// The newest figures of every process, and their sums.
class ResidentSums {
 public:
  explicit ResidentSums(size_t processes) : processes_(processes) {}

  void put(const CounterRow& row) {
    Figures& figures = processes_[row.process.index()];
    if (figures.ended) return;  // looked at while it ended
    rss_ += row.rss_bytes - figures.rss;
    figures.rss = row.rss_bytes;
    if (!row.pss_bytes) return;
    pss_ += *row.pss_bytes - figures.pss;
    figures.pss = *row.pss_bytes;
  }
  void end(ProcessId process) {
    Figures& figures = processes_[process.index()];
    rss_ -= figures.rss;
    pss_ -= figures.pss;
    figures = {.ended = true};
  }
  [[nodiscard]] uint64_t rss() const { return rss_; }
  [[nodiscard]] uint64_t pss() const { return pss_; }

 private:
  struct Figures {
    uint64_t rss = 0;
    uint64_t pss = 0;
    bool ended = false;
  };
  std::vector<Figures> processes_;
  uint64_t rss_ = 0;
  uint64_t pss_ = 0;
};

/// Looks of one turn have one time: together they are a moment.
void put_point(const ResidentPoint& point, ResidentSeries& series) {
  if (!series.points.empty() && series.points.back().time_ns == point.time_ns) {
    series.points.back() = point;
  } else {
    series.points.push_back(point);
  }
}

void find_peaks(ResidentSeries& series) {
  for (const ResidentPoint& point : series.points) {
    if (point.rss_bytes > series.rss_peak_bytes) {
      series.rss_peak_bytes = point.rss_bytes;
      series.rss_peak_ns = point.time_ns;
    }
    if (point.pss_bytes > series.pss_peak_bytes) {
      series.pss_peak_bytes = point.pss_bytes;
      series.pss_peak_ns = point.time_ns;
    }
  }
}

/// Over time; of a single moment, what it was then.
double mean_pss(const std::vector<ResidentPoint>& points, uint64_t peak) {
  double byte_seconds = 0;
  for (size_t i = 1; i < points.size(); ++i) {
    byte_seconds +=
        static_cast<double>(points[i - 1].pss_bytes) * seconds_of(points[i].time_ns - points[i - 1].time_ns);
  }
  const double seconds = points.empty() ? 0 : seconds_of(points.back().time_ns - points.front().time_ns);
  return seconds > 0 ? byte_seconds / seconds : static_cast<double>(peak);
}

struct Faults {
  uint64_t minor = 0;
  uint64_t major = 0;
};

}  // namespace

ResidentSeries sum_resident(const Profile& profile, const SelectedProcesses& selected) {
  ResidentSeries series;
  ResidentSums sums(profile.processes.size());
  Ends ends(profile);
  std::vector<Faults> faults(profile.processes.size());
  for (const CounterRow& row : profile.counters) {
    if (row.process.index() >= faults.size() || !is_selected(selected, row.process)) continue;
    ends.pass(row.time_ns, [&](ProcessId process) {
      sums.end(process);
      if (is_selected(selected, process))
        put_point({profile.processes[process.index()].end_ns, sums.rss(), sums.pss()}, series);
    });
    sums.put(row);
    series.has_pss = series.has_pss || row.pss_bytes;
    put_point({row.time_ns, sums.rss(), sums.pss()}, series);
    // A process's own mark sees what was between the looks.
    if (row.peak_rss_bytes > series.rss_peak_bytes) {
      series.rss_peak_bytes = row.peak_rss_bytes;
      series.rss_peak_ns = row.time_ns;
    }
    Faults& of = faults[row.process.index()];
    of.minor = std::max(of.minor, row.minor_faults);
    of.major = std::max(of.major, row.major_faults);
  }
  find_peaks(series);
  series.pss_mean_bytes = mean_pss(series.points, series.pss_peak_bytes);
  for (const Faults& of : faults) {
    series.minor_faults += of.minor;
    series.major_faults += of.major;
  }
  return series;
}

std::vector<SeriesValue> sum_live(const Profile& profile, const SelectedProcesses& selected) {
  std::vector<SeriesValue> values;
  std::vector<uint64_t> live(profile.processes.size(), 0);
  std::vector<bool> ended(profile.processes.size(), false);
  Ends ends(profile);
  uint64_t sum = 0;
  for (const MemoryPointRow& row : profile.memory_points) {
    if (row.process.index() >= live.size() || !is_selected(selected, row.process)) continue;
    ends.pass(row.time_ns, [&](ProcessId process) {
      sum -= live[process.index()];
      live[process.index()] = 0;
      ended[process.index()] = true;
      values.push_back({profile.processes[process.index()].end_ns, sum});
    });
    if (ended[row.process.index()]) continue;
    sum += row.live_bytes - live[row.process.index()];
    live[row.process.index()] = row.live_bytes;
    values.push_back({row.time_ns, sum});
  }
  return values;
}

std::vector<uint64_t> resample(const std::vector<SeriesValue>& values, uint64_t end_ns, size_t count) {
  std::vector<uint64_t> most(count, 0);
  if (values.empty() || count == 0 || end_ns == 0) return most;
  const auto slot_of = [&](uint64_t time_ns) {
    const double place = static_cast<double>(time_ns) / static_cast<double>(end_ns);
    return std::min(static_cast<size_t>(place * static_cast<double>(count)), count - 1);
  };
  for (size_t i = 0; i < values.size(); ++i) {
    const size_t last = i + 1 < values.size() ? slot_of(values[i + 1].time_ns) : count - 1;
    for (size_t slot = slot_of(values[i].time_ns); slot <= last; ++slot)
      most[slot] = std::max(most[slot], values[i].bytes);
  }
  return most;
}

}  // namespace strobe::analyze
