// Quality as one line with its warnings, and as a page.
#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "report/escape.h"
#include "report/text.h"
#include "report/text_style.h"

namespace strobe::report {
namespace {

constexpr size_t kMaxFaultRows = 10;  // of a list in the text; the JSON has all

std::string percent(double share) {
  // 99.96 % must not be shown as 100.0 %: rounding may not hide a loss.
  if (share < 1 && share > 0.999) return fmt::format("{:.3f} %", std::min(share * 100, 99.999));
  return fmt::format("{:.1f} %", share * 100);
}

/// A figure, marked where it is beyond its limit.
std::string marked(const std::string& figure, bool bad, const TextStyle& style) {
  return bad ? paint(figure + " (WARNING)", Tone::alarm, style) : figure;
}

/// Figures with commas between them, in as many lines as the terminal's width asks for.
class QualityLineWriter {
 public:
  explicit QualityLineWriter(const TextStyle& style) : style_(&style) {}

  void add(const std::string& figure, bool bad = false) {
    if (!text_.empty()) put(",");
    const size_t columns = display_width(marked(figure, bad, {})) + 1;  // and the comma
    if (!text_.empty() && style_->width > 0 && column_ + 1 + columns > style_->width) {
      text_ += "\n  ";
      column_ = 2;
    } else if (!text_.empty()) {
      put(" ");
    }
    text_ += marked(figure, bad, *style_);
    column_ += columns - 1;
  }
  /// With a last figure of another kind.
  [[nodiscard]] std::string finish(const std::string& last) {
    put(";");
    const bool fits = style_->width == 0 || column_ + 1 + display_width(last) <= style_->width;
    return text_ + (fits ? " " : "\n  ") + last + '\n';
  }

 private:
  void put(std::string_view mark) {
    text_ += mark;
    column_ += mark.size();
  }

  const TextStyle* style_;
  std::string text_;
  size_t column_ = 0;
};

std::string row(std::string_view name, const std::string& value) {
  return fmt::format("   {:<22} {}\n", name, value);
}

std::string module_name(const std::string& module) { return module.empty() ? "-" : printable(module); }

/// Title, columns and as many rows as are shown; nothing where there are none.
template <class Rows, class Line>
std::string list(const char* title, const char* columns, const Rows& rows, const TextStyle& style,
                 const Line& line) {
  if (rows.empty()) return {};
  std::string text = "\n" + paint(title, Tone::strong, style) + "\n" + columns + '\n';
  for (size_t i = 0; i < std::min(rows.size(), kMaxFaultRows); ++i) text += line(rows[i]) + '\n';
  if (rows.size() > kMaxFaultRows)
    text += fmt::format("   and {} more (all are in --json)\n", rows.size() - kMaxFaultRows);
  return text;
}

std::string stack_faults(const analyze::QualityView& view, const TextStyle& style) {
  return list("Stacks that ended early", "    stacks   share  reason             module", view.stack_faults,
              style, [](const analyze::StackFault& fault) {
                return fmt::format("   {:>7} {:>7}  {:<17}  {}", fault.stacks, percent(fault.share),
                                   name_of(fault.reason), module_name(fault.module));
              });
}

std::string thread_faults(const analyze::QualityView& view, const TextStyle& style) {
  return list("Whose they are", "    stacks  of its   share  process / thread", view.thread_faults, style,
              [](const analyze::ThreadFault& fault) {
                return fmt::format("   {:>7} {:>7} {:>7}  {} {} / {} {}", fault.not_complete, fault.stored,
                                   percent(fault.share), fault.pid, printable(fault.process), fault.tid,
                                   printable(fault.thread));
              });
}

std::string nameless_modules(const analyze::QualityView& view, const TextStyle& style) {
  return list("Code without names", "    frames  of its  samples   share  reason             module",
              view.nameless, style, [](const analyze::NamelessModule& module) {
                return fmt::format("   {:>7} {:>7}  {:>7} {:>7}  {:<17}  {}", module.missing, module.frames,
                                   module.samples, percent(module.share), name_of(module.reason),
                                   module_name(module.module));
              });
}

std::string advice_lines(const analyze::QualityView& view, const TextStyle& style) {
  if (view.advice.empty()) return {};
  std::string text = "\n" + paint("What would help", Tone::strong, style) + "\n";
  for (const analyze::Advice& advice : view.advice)
    text += "   - " + wrap(printable(advice.text), 5, 5, style) + '\n';
  return text;
}

std::string sample_rows(const analyze::QualityView& view, const TextStyle& style) {
  const SampleCounts& samples = view.quality.samples;
  std::string text = row("samples expected", fmt::format("{:.0f}", samples.expected));
  text += row("samples taken", std::to_string(samples.taken));
  text += row("samples stored", std::to_string(samples.stored));
  text += row("lost by the kernel", std::to_string(samples.lost_kernel));
  text += row("lost in our queue", std::to_string(samples.lost_queue));
  text += row("too late", std::to_string(samples.late));
  text += row("lost in all", marked(percent(view.lost_share), view.too_many_lost, style));
  text += row("times throttled", std::to_string(samples.throttled));
  return text;
}

std::string stack_rows(const analyze::QualityView& view, const TextStyle& style) {
  std::string text;
  const auto stored = static_cast<double>(std::max<uint64_t>(view.quality.samples.stored, 1));
  for (int i = 0; i < kStackClassCount; ++i) {
    const uint64_t count = view.quality.stacks.by_class[static_cast<size_t>(i)];
    text += row(fmt::format("stacks {}", name_of(static_cast<StackClass>(i))),
                fmt::format("{:<8} {:>7}", count, percent(static_cast<double>(count) / stored)));
  }
  return text + row("complete", marked(percent(view.complete_share), view.too_incomplete, style));
}

/// Empty where waiting was not recorded.
std::string waiting_rows(const analyze::QualityView& view) {
  if (!view.wall || view.runnable_source.empty()) return {};
  return row("ready to run by", printable(view.runnable_source));
}

/// Empty where no allocations were recorded.
std::string memory_rows(const Quality& quality) {
  const MemoryCounts& memory = quality.memory;
  if (memory.processes == 0 && memory.unseen.empty() && memory.not_judged.empty()) return {};
  std::string text = row("allocations seen", fmt::format("of {} processes: {} events, {} lost",
                                                         memory.processes, memory.events, memory.lost));
  if (!memory.not_judged.empty()) text += row("not to be judged", printable(memory.not_judged));
  for (const UnseenProcess& unseen : memory.unseen) {
    text += row("not seen",
                fmt::format("{} {}: {}", unseen.count, printable(unseen.command), printable(unseen.reason)));
  }
  return text;
}

std::string name_rows(const analyze::QualityView& view) {
  const SymbolCounts& symbols = view.quality.symbols;
  return row("frames", std::to_string(symbols.frames)) +
         row("frames without a name", std::to_string(symbols.missing));
}

/// Empty where no Python was seen.
std::string python_rows(const Quality& quality, const TextStyle& style) {
  const PythonCounts& python = quality.python;
  if (python.interpreters.empty()) return {};
  std::string text = "\n";
  for (const std::string& name : python.interpreters) text += row("interpreter", printable(name));
  text += row("Python frames read", printable(python.reading));
  const auto all = static_cast<double>(std::max<uint64_t>(python_samples(quality), 1));
  for (const auto outcome :
       {PythonOutcome::full, PythonOutcome::partial, PythonOutcome::inconsistent, PythonOutcome::unread}) {
    const uint64_t count = python.by_outcome[static_cast<size_t>(outcome)];
    text += row(fmt::format("Python {}", name_of(outcome)),
                fmt::format("{:<8} {:>7}", count, percent(static_cast<double>(count) / all)));
  }
  return text + list("Python stacks that are not full", "  samples  reason                interpreter",
                     python.blame, style, [](const Blame& blame) {
                       return fmt::format("   {:>7}  {:<20}  {}", blame.count, name_of(blame.reason),
                                          module_name(blame.module));
                     });
}

std::string process_rows(const Quality& quality, const analyze::QualityView& view) {
  std::string text = row("processes seen", std::to_string(quality.processes_seen));
  text += row("not sampled",
              fmt::format("{} ({:.3f} CPU seconds)", view.unsampled_processes, view.unsampled_seconds));
  for (const UnsampledProcess& process : quality.unsampled) {
    text += fmt::format("   {:>22} {:.3f} s {}: {}\n", process.count, seconds_of(process.cpu_ns),
                        printable(process.command), printable(process.reason));
  }
  return text;
}

std::string overhead_rows(const analyze::QualityView& view) {
  const OverheadCounts& overhead = view.quality.overhead;
  constexpr double kMiB = 1024.0 * 1024.0;
  std::string text = row("Strobe's CPU", fmt::format("{:.3f} s", view.strobe_cpu_seconds));
  text += row("Strobe's peak memory",
              fmt::format("{:.1f} MiB", static_cast<double>(overhead.strobe_peak_bytes) / kMiB));
  if (const PauseCounts& pauses = view.quality.pauses; pauses.count != 0) {
    text +=
        row("paused", fmt::format("{} times, {:.3f} s in all", pauses.count, seconds_of(pauses.total_ns)));
  }
  if (const OffCpuCounts& offcpu = view.quality.offcpu; offcpu.stretches != 0) {
    text += row("off the CPU",
                fmt::format("{} stretches, {} kept, {} lost", offcpu.stretches, offcpu.kept, offcpu.lost));
  }
  if (const DroppedCounts& dropped = view.quality.dropped; dropped.any()) {
    text += row("dropped", fmt::format("{} samples, {:.3f} CPU seconds, all before {:.1f} s", dropped.samples,
                                       seconds_of(dropped.cpu_ns), seconds_of(dropped.until_ns)));
  }
  text += row("rings", fmt::format("{:.1f} MiB", static_cast<double>(overhead.ring_bytes) / kMiB));
  text += row("target stopped",
              fmt::format("{:.6f} s in {} stops, longest {:.6f} s", seconds_of(overhead.target_stopped_ns),
                          overhead.stops, seconds_of(overhead.longest_stop_ns)));
  return text;
}

}  // namespace

std::string write_warnings(const analyze::QualityView& view, const TextStyle& style) {
  std::string text;
  for (const std::string& warning : view.warnings) {
    text += paint("WARNING:", Tone::alarm, style) + " " + wrap(printable(warning), 9, 9, style) + '\n';
  }
  return text.empty() ? text : text + '\n';
}

std::string write_quality_line(const analyze::QualityView& view, const TextStyle& style) {
  const Quality& quality = view.quality;
  QualityLineWriter line(style);
  line.add(fmt::format("quality: {} samples of {:.0f} expected", quality.samples.stored,
                       quality.samples.expected));
  line.add(fmt::format("{} lost", view.lost), view.too_many_lost);
  line.add(percent(view.complete_share) + " of stacks complete", view.too_incomplete);
  if (quality.symbols.frames > 0) line.add(fmt::format("{} of frames named", percent(view.named_share)));
  if (python_samples(quality) > 0) {
    line.add(fmt::format("{} of Python stacks full ({})", percent(python_full_share(quality)),
                         printable(quality.python.reading)));
  }
  const std::string engine = quality.engine.empty() ? "unknown engine" : printable(quality.engine);
  return line.finish(
      fmt::format("{} at {:g} Hz{}", engine, quality.rate_hz, view.kernel_sampled ? "" : ", user code only"));
}

std::string write_quality(const analyze::QualityView& view, const TextStyle& style) {
  const Quality& quality = view.quality;
  std::string text = row("engine", printable(quality.engine));
  if (!quality.engine_note.empty()) text += row("", wrap(printable(quality.engine_note), 26, 26, style));
  text += row("rate", fmt::format("{:g} Hz", quality.rate_hz));
  text += row("kernel sampled", view.kernel_sampled ? "yes" : "no");
  text += '\n' + sample_rows(view, style) + '\n' + stack_rows(view, style) + '\n' + name_rows(view) +
          python_rows(quality, style) + '\n' + process_rows(quality, view) + '\n' + overhead_rows(view) +
          waiting_rows(view) + memory_rows(quality);
  return text + stack_faults(view, style) + thread_faults(view, style) + nameless_modules(view, style) +
         advice_lines(view, style);
}

}  // namespace strobe::report
