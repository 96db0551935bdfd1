// The threads view: the tree of processes with their threads, where waiting was recorded with their states,
// and how many ran at once.
#include <fmt/format.h>

#include <algorithm>

#include "report/escape.h"
#include "report/state_columns.h"
#include "report/text.h"
#include "report/text_bars.h"
#include "report/text_style.h"

namespace strobe::report {
namespace {

constexpr size_t kMaxWakingRows = 15;
constexpr size_t kMaxProcessIndent = 40;  // a chain of a thousand forks stays on the screen

std::string plural(uint64_t count, const char* one, const char* many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string exit_text(const analyze::ProcessStats& process) {
  if (process.exit_status.has_value()) return std::to_string(*process.exit_status);
  return process.exited ? "ended" : "-";
}

std::string parallelism_lines(const analyze::Parallelism& parallelism) {
  if (parallelism.slots.empty()) return {};
  const double peak = *std::max_element(parallelism.slots.begin(), parallelism.slots.end());
  return fmt::format(
      "         parallelism {:.2f} on average, {:.2f} at most in {:.3g} s\n   0 |{}| {:.3f} s\n",
      parallelism.average, peak, parallelism.slot_seconds, sparkline(parallelism.slots, std::max(1.0, peak)),
      parallelism.slot_seconds * static_cast<double>(parallelism.slots.size()));
}

/// The numbers before a name, for processes and threads alike.
class RowWriter {
 public:
  RowWriter(const analyze::ThreadTree& tree, const TextStyle& style)
      : states_(tree.has_states), style_(&style) {}

  [[nodiscard]] std::string title() const {
    std::string text = states_ ? "    start     life" + state_titles() + " voluntary   forced   exit"
                               : "    start     life      cpu  samples   exit";
    return paint(text + "  process / thread", Tone::strong, *style_) + '\n';
  }
  template <class Stats>
  [[nodiscard]] std::string line(const Stats& stats, const std::string& exit, const std::string& name) const {
    const double life = std::max(0.0, stats.end_seconds - stats.start_seconds);
    std::string text = fmt::format("{:9.3f} {:8.3f}", stats.start_seconds, life);
    if (states_) {
      text += state_numbers(stats.states) +
              fmt::format(" {:9} {:8}", stats.voluntary_switches, stats.forced_switches);
    } else {
      text += fmt::format(" {:8.3f} {:8}", stats.cpu_seconds, stats.samples);
    }
    text += fmt::format(" {:>6}  ", exit);
    const size_t before = text.size();
    return text + (style_->width > before ? shorten(name, style_->width - before) : name);
  }

 private:
  bool states_;
  const TextStyle* style_;
};

std::string summary(const analyze::ThreadTree& tree) {
  std::string text = fmt::format(
      "         {} of {}, {} samples in {:.3f} CPU seconds\n", plural(tree.threads, "thread", "threads"),
      plural(tree.processes.size(), "process", "processes"), tree.samples, tree.cpu_seconds);
  if (tree.has_states) {
    text += fmt::format("         {:.3f} seconds of threads:", analyze::sum_of(tree.states.sum));
    const ColumnSeconds columns = sum_columns(tree.states.sum);
    for (size_t i = 0; i < columns.size(); ++i) {
      if (columns[i] > 0)
        text += fmt::format(" {} {:.3f}", title_of(static_cast<StateColumn>(i)), columns[i]);
    }
    text += fmt::format("\n         switches: {} voluntary, {} forced\n", tree.states.voluntary_switches,
                        tree.states.forced_switches);
  }
  return text + parallelism_lines(tree.parallelism) + '\n';
}

std::string waking_lines(const std::vector<analyze::WakingStats>& wakings, const TextStyle& style) {
  if (wakings.empty()) return {};
  std::string text = "\n   Who woke whom: waiting of threads by who ended it, most first\n\n";
  text += paint("    waits     wait  state    thread  <  woken by", Tone::strong, style) + '\n';
  for (size_t i = 0; i < std::min(wakings.size(), kMaxWakingRows); ++i) {
    const analyze::WakingStats& waking = wakings[i];
    text += fmt::format("{:9.0f} {:8.3f}  {:<7}  {} {}  <  {} {}\n", waking.count, waking.seconds,
                        name_of(waking.state), waking.woken_tid, printable(waking.woken_name),
                        waking.waker_tid, printable(waking.waker_name));
  }
  if (wakings.size() > kMaxWakingRows) text += fmt::format("{:>9} more\n", wakings.size() - kMaxWakingRows);
  return text;
}

}  // namespace

std::string write_threads(const analyze::ThreadTree& tree, const TextStyle& style) {
  const RowWriter rows(tree, style);
  std::string text = summary(tree) + rows.title();
  for (const analyze::ProcessStats& process : tree.processes) {
    const std::string indent(std::min<size_t>(size_t{process.depth} * 2, kMaxProcessIndent), ' ');
    const std::string& words = process.command_line.empty() ? process.command : process.command_line;
    const std::string name = fmt::format("{}{} {}", indent, process.pid, printable(words));
    text += paint(rows.line(process, exit_text(process), name), Tone::strong, style) + '\n';
    for (const analyze::ThreadStats& thread : process.threads) {
      const std::string thread_name = fmt::format("{}  {} {}", indent, thread.tid, printable(thread.name));
      text += rows.line(thread, "", thread_name) + '\n';
    }
  }
  return text + waking_lines(tree.wakings, style);
}

}  // namespace strobe::report
