#include "report/text_memory.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "report/escape.h"
#include "report/memory_units.h"
#include "report/text_bars.h"
#include "report/text_columns.h"
#include "report/text_style.h"

namespace strobe::report {
namespace {

using analyze::error_of;
using analyze::MemoryMeasure;
using analyze::MemoryOfProcess;
using analyze::MemoryStats;
using analyze::MemoryUse;
using analyze::MemoryView;

constexpr size_t kSparkColumns = 60;
constexpr size_t kMaxProcesses = 10;
constexpr size_t kMaxTreeRows = 40;
constexpr size_t kCoverageIndent = 9;  // as the coverage line of other views

std::string bytes_of(uint64_t bytes) { return bytes_text(static_cast<double>(bytes)); }

/// "61.0 MiB", with its error where it is an estimate.
std::string estimate(const MemoryAmount& amount) {
  if (amount.variance <= 0) return bytes_of(amount.bytes);
  return bytes_of(amount.bytes) + " ± " + bytes_text(error_of(amount));
}

std::string amount_text(const MemoryAmount& amount, const char* what = "blocks") {
  return fmt::format("{} in {} {}", estimate(amount), amount.count, what);
}

std::string indented(const std::string& text) { return std::string(kCoverageIndent, ' ') + text + '\n'; }

std::string mode_text(const MemoryView& view) {
  const std::string python = view.info.python_allocators ? ", Python's small objects included" : "";
  switch (view.info.mode) {
    case MemoryMode::sampled:
      return fmt::format("estimated from a sample every {} on average{}", bytes_of(view.info.interval_bytes),
                         python);
    case MemoryMode::all:
      return "every allocation recorded" + python;
    default:
      return {};
  }
}

std::string heap_lines(const MemoryView& view) {
  const MemoryUse heap = view.heap();
  std::string text =
      indented(amount_text(heap.of(MemoryMeasure::allocated)) + " allocated; " + mode_text(view));
  if (const MemoryOfProcess* process = view.highest()) {
    text +=
        indented(fmt::format("{} live at most, {:.3f} s after the start{}",
                             bytes_of(process->heap.peak_bytes), seconds_of(process->heap.peak_ns),
                             view.processes.size() > 1 ? fmt::format(", in process {}", process->pid) : ""));
  }
  text += indented(amount_text(heap.of(MemoryMeasure::live)) + " live at the end");
  text +=
      indented(amount_text(heap.of(MemoryMeasure::temporary)) + " short-lived: freed before anything else");
  if (const MemoryUse& python = view.of(MemoryKind::python); !python.is_nothing()) {
    text += indented("of these, " + amount_text(python.of(MemoryMeasure::allocated)) +
                     " are small Python objects");
  }
  if (view.info.python_allocators) {
    text += indented("the interpreter's table of allocators was changed to see them (--python-allocators)");
  }
  if (const MemoryUse& mapped = view.of(MemoryKind::mmap); !mapped.is_nothing()) {
    text +=
        indented("besides, " + amount_text(mapped.of(MemoryMeasure::allocated), "mappings") +
                 " by the program itself, " + estimate(mapped.of(MemoryMeasure::live)) + " of it at the end");
  }
  return text;
}

std::string rows_lines(const MemoryView& view) {
  if (const MemoryUse& faults = view.of(MemoryKind::fault); !faults.is_nothing()) {
    return indented(amount_text(faults.of(MemoryMeasure::allocated), "page faults") + " became resident");
  }
  if (view.has_rows()) return heap_lines(view);
  if (view.info.mode == MemoryMode::none) {
    return indented("allocations were not recorded: strobe run --memory -- COMMAND does");
  }
  return indented("nothing was allocated, or no process had the agent");
}

/// What keeps the figures from being the whole truth.
std::string doubt_lines(const MemoryView& view, const TextStyle& style) {
  std::string text;
  const auto add = [&](const std::string& doubt) { text += paint("   " + doubt, Tone::alarm, style) + '\n'; };
  const MemoryCounts& quality = view.quality;
  if (!quality.not_judged.empty()) add("Sums and leaks cannot be judged: " + printable(quality.not_judged));
  if (quality.lost != 0) add(fmt::format("{} of {} events were lost", quality.lost, quality.events));
  for (const UnseenProcess& unseen : quality.unseen) {
    add(fmt::format("Not seen: {} {} ({}): {}", unseen.count, unseen.count == 1 ? "process" : "processes",
                    printable(unseen.command), printable(unseen.reason)));
  }
  uint64_t invalid = 0;
  for (const MemoryOfProcess& process : view.processes) invalid += process.heap.invalid_frees;
  if (invalid != 0) add(fmt::format("{} free{} of what was no live block", invalid, invalid == 1 ? "" : "s"));
  return text;
}

std::string process_lines(const MemoryView& view, const TextStyle& style) {
  if (view.processes.empty()) return {};
  std::string text =
      '\n' + paint("    peak RSS   peak PSS  peak heap  minor faults  major  process", Tone::strong, style) +
      '\n';
  const size_t shown = std::min(view.processes.size(), kMaxProcesses);
  for (size_t i = 0; i < shown; ++i) {
    const MemoryOfProcess& process = view.processes[i];
    const auto known = [](uint64_t bytes) { return bytes == 0 ? std::string("-") : bytes_of(bytes); };
    text +=
        fmt::format(" {:>11} {:>10} {:>10} {:>13} {:>6}  {} {}\n", known(process.rss_peak_bytes),
                    known(process.pss_peak_bytes), process.has_heap ? bytes_of(process.heap.peak_bytes) : "-",
                    process.minor_faults, process.major_faults, process.pid, printable(process.command));
  }
  if (shown < view.processes.size())
    text += fmt::format("   and {} processes with less\n", view.processes.size() - shown);
  return text;
}

std::string series_line(const char* name, const std::vector<analyze::SeriesValue>& values, uint64_t end_ns) {
  if (values.size() < 2) return {};
  const std::vector<uint64_t> most = analyze::resample(values, end_ns, kSparkColumns);
  const uint64_t peak = *std::ranges::max_element(most);
  const std::vector<double> slots(most.begin(), most.end());
  return fmt::format("   {:<9} |{}| {}\n", name, sparkline(slots, static_cast<double>(peak)), bytes_of(peak));
}

std::string series_lines(const MemoryView& view) {
  std::vector<analyze::SeriesValue> rss;
  std::vector<analyze::SeriesValue> pss;
  for (const analyze::ResidentPoint& point : view.resident.points) {
    rss.push_back({point.time_ns, point.rss_bytes});
    pss.push_back({point.time_ns, point.pss_bytes});
  }
  std::string text = series_line("RSS", rss, view.end_ns);
  // Of one process the two say nearly the same.
  if (view.resident.has_pss && view.processes.size() > 1) text += series_line("PSS", pss, view.end_ns);
  text += series_line("live heap", view.live, view.end_ns);
  if (text.empty()) return text;
  return fmt::format("\n   All processes together, over {:.1f} s, with the most at a time\n",
                     seconds_of(view.end_ns)) +
         text;
}

const char* title_of(MemoryMeasure measure) {
  switch (measure) {
    case MemoryMeasure::allocated:
      return "allocated";
    case MemoryMeasure::peak:
      return "at peak";
    case MemoryMeasure::live:
      return "at end";
    case MemoryMeasure::temporary:
      return "short-lived";
  }
  return "";
}

/// What the columns own and total are of.
const char* subject_of(MemoryMeasure measure) {
  switch (measure) {
    case MemoryMeasure::allocated:
      return "everything allocated";
    case MemoryMeasure::peak:
      return "what was live when each process had most";
    case MemoryMeasure::live:
      return "what was live at the end";
    case MemoryMeasure::temporary:
      return "what was freed before its thread allocated anything else";
  }
  return "";
}

class MemoryTableWriter {
 public:
  MemoryTableWriter(const MemoryView& view, const MemoryTextOptions& options, const TextStyle& style)
      : table_(&view.table),
        options_(&options),
        style_(&style),
        of_faults_(view.info.mode == MemoryMode::resident) {
    const std::string title = number_titles();
    if (style.width > 0)
      location_columns_ =
          std::max(kMinLocationColumns, style.width - std::min(style.width, title.size() + 2));
  }

  [[nodiscard]] std::string title() const {
    return paint(number_titles() + "  " + column_title(table_->grouping), Tone::strong, *style_) + '\n';
  }

  [[nodiscard]] std::string line(const MemoryStats& row) const {
    const MemoryAmount& own = row.own.of(table_->measure);
    const MemoryAmount& total = row.total.of(table_->measure);
    const double average =
        own.count == 0 ? 0 : static_cast<double>(own.bytes) / static_cast<double>(own.count);
    std::string text = fmt::format(" {:>10} {:6.1f}", bytes_of(own.bytes), share(own) * 100);
    if (options_->intervals)
      text += fmt::format(" {:>11}", own.variance > 0 ? "±" + bytes_text(error_of(own)) : "exact");
    text += fmt::format(" {:>10} {:6.1f} {:>9} {:>10}", bytes_of(total.bytes), share(total) * 100, own.count,
                        bytes_text(average));
    for_each_other(
        [&](MemoryMeasure measure) { text += fmt::format(" {:>11}", bytes_of(row.own.of(measure).bytes)); });
    const Tone tone = row.function.pseudo       ? Tone::faint
                      : share(own) >= kHotShare ? Tone::strong
                                                : Tone::plain;
    return paint(text + "  " + fit_location(row.function, options_->strip_directories, location_columns_),
                 tone, *style_) +
           '\n';
  }

 private:
  [[nodiscard]] std::string number_titles() const {
    std::string text = fmt::format(" {:>10} {:>6}", "own", "own%");
    if (options_->intervals) text += fmt::format(" {:>11}", "95%");
    text += fmt::format(" {:>10} {:>6} {:>9} {:>10}", "total", "total%", of_faults_ ? "faults" : "blocks",
                        "average");
    for_each_other([&](MemoryMeasure measure) { text += fmt::format(" {:>11}", title_of(measure)); });
    return text;
  }
  template <class Use>
  void for_each_other(const Use& use) const {
    if (of_faults_) return;
    for (size_t i = 0; i < analyze::kMemoryMeasureCount; ++i) {
      if (const auto measure = static_cast<MemoryMeasure>(i); measure != table_->measure) use(measure);
    }
  }
  [[nodiscard]] double share(const MemoryAmount& amount) const {
    const uint64_t whole = table_->whole.of(table_->measure).bytes;
    return whole == 0 ? 0 : static_cast<double>(amount.bytes) / static_cast<double>(whole);
  }

  const analyze::MemoryTable* table_;
  const MemoryTextOptions* options_;
  const TextStyle* style_;
  bool of_faults_;
  size_t location_columns_ = 0;
};

std::string table_lines(const MemoryView& view, const MemoryTextOptions& options, const TextStyle& style) {
  const analyze::OrderedRows ordered = order_memory(view.table, options.order);
  std::string keys;
  for (const analyze::MemorySortKey& key : options.order.keys)
    keys += (keys.empty() ? "" : ", ") + describe(key);
  std::string text = "\n   Ordered by: " + keys + '\n' + reduction_lines(ordered.reductions);
  if (view.info.mode != MemoryMode::resident) {
    text += fmt::format("   Own and total are of {}; the columns behind are own as well\n",
                        subject_of(view.table.measure));
  }
  if (view.table.suppressed.amount.count != 0) {
    text += fmt::format("   Suppressed: {} by {} rule{}\n", amount_text(view.table.suppressed.amount),
                        view.table.suppressed.rules, view.table.suppressed.rules == 1 ? "" : "s");
  }
  const MemoryTableWriter writer(view, options, style);
  text += '\n' + writer.title();
  for (const uint32_t row : ordered.rows) text += writer.line(view.table.rows[row]);
  return text;
}

std::string tree_name(const analyze::TreeRow& row, bool strip_directories, double min_share) {
  switch (row.kind) {
    case analyze::TreeRow::Kind::small:
      return fmt::format("[{} below {:.3g} %]", row.count, min_share * 100);
    case analyze::TreeRow::Kind::deep:
      return fmt::format("[{} deeper]", row.count);
    default:
      return printable(location_of(row.function, strip_directories)) + (row.recursive ? " [recursive]" : "");
  }
}

std::string tree_lines(const MemoryView& view, const MemoryTextOptions& options, const TextStyle& style) {
  constexpr uint32_t kMaxCallIndent = 30;
  if (view.tree.rows.empty()) return {};
  std::string text = "\n   Callers before callees, the most bytes first\n\n" +
                     paint("      total total%        own  filename:lineno(function)", Tone::strong, style) +
                     '\n';
  const double whole = view.tree.coverage.whole.seconds;
  const size_t shown = std::min(view.tree.rows.size(), kMaxTreeRows);
  for (size_t i = 0; i < shown; ++i) {
    const analyze::TreeRow& row = view.tree.rows[i];
    const std::string numbers =
        fmt::format(" {:>10} {:6.1f} {:>10}  ", bytes_text(row.total.seconds),
                    whole > 0 ? row.total.seconds / whole * 100 : 0, bytes_text(row.self.seconds));
    const size_t indent = size_t{std::min(row.depth, kMaxCallIndent)} * 2;
    std::string name =
        std::string(indent, ' ') + tree_name(row, options.strip_directories, view.tree.min_share);
    if (style.width > numbers.size()) name = shorten(name, style.width - numbers.size());
    text += numbers + name + '\n';
  }
  if (shown < view.tree.rows.size())
    text +=
        fmt::format("   and {} rows more: --depth and --min-share choose\n", view.tree.rows.size() - shown);
  return text;
}

std::string size_range(size_t bits) {
  constexpr std::string_view kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  if (bits == 0) return "0 B";
  const bool last = bits + 1 == kMemorySizeClasses;
  const size_t power = last ? bits - 1 : bits;
  return fmt::format("{} {} {}", last ? ">=" : "<", 1 << power % 10, kUnits[power / 10]);
}

std::string size_lines(const MemoryView& view, const TextStyle& style) {
  constexpr size_t kBarColumns = 40;
  uint64_t most = 0;
  for (const MemoryAmount& size : view.sizes) most = std::max(most, size.count);
  if (most == 0) return {};
  std::string text = '\n' + paint("       size     blocks      bytes", Tone::strong, style) + '\n';
  for (size_t bits = 0; bits < view.sizes.size(); ++bits) {
    const MemoryAmount& size = view.sizes[bits];
    if (size.count == 0) continue;
    const auto columns = static_cast<size_t>(static_cast<double>(size.count) / static_cast<double>(most) *
                                             static_cast<double>(kBarColumns));
    std::string bar;
    for (size_t i = 0; i < std::max(columns, size_t{1}); ++i) bar += "▇";
    text +=
        fmt::format(" {:>10} {:>10} {:>10}  {}\n", size_range(bits), size.count, bytes_of(size.bytes), bar);
  }
  return text;
}

}  // namespace

std::string write_memory(const MemoryView& view, const MemoryTextOptions& options, const TextStyle& style) {
  std::string text = rows_lines(view) + write_filter(view.filter) + doubt_lines(view, style) +
                     process_lines(view, style) + series_lines(view);
  if (!view.has_rows()) return text;
  return text + table_lines(view, options, style) + tree_lines(view, options, style) +
         size_lines(view, style);
}

std::string write_memory_line(const Profile& profile) {
  const analyze::ResidentSeries series = analyze::sum_resident(profile);
  if (series.points.empty()) return {};
  std::string text = fmt::format("memory: at most {} resident", bytes_of(series.rss_peak_bytes));
  if (series.has_pss) text += fmt::format(" ({} PSS)", bytes_of(series.pss_peak_bytes));
  uint64_t allocated = 0;
  uint64_t live = 0;
  for (const MemoryRow& row : profile.memory) {
    if (!is_heap(row.kind)) continue;
    allocated += row.allocated.bytes;
    live += row.live.bytes;
  }
  if (allocated != 0)
    text += fmt::format(", {} allocated, {} live at the end", bytes_of(allocated), bytes_of(live));
  return text + fmt::format(", {} major page faults\n", series.major_faults);
}

}  // namespace strobe::report
