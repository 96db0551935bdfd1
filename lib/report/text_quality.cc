// Quality as one line with its warnings, and as a page.
#include <fmt/format.h>

#include "base/clock.h"
#include "report/escape.h"
#include "report/text.h"
#include "report/text_style.h"

namespace strobe::report {
namespace {

std::string percent(double share) {
  // 99.96 % must not be shown as 100.0 %: rounding may not hide a loss.
  if (share < 1 && share > 0.999) return fmt::format("{:.3f} %", std::min(share * 100, 99.999));
  return fmt::format("{:.1f} %", share * 100);
}

std::string warning_lines(const analyze::QualityView& view, const TextStyle& style) {
  std::string text;
  for (const std::string& warning : view.warnings) {
    text += paint("WARNING:", Tone::alarm, style) + " " + printable(warning) + '\n';
  }
  return text;
}

std::string row(std::string_view name, const std::string& value) {
  return fmt::format("   {:<22} {}\n", name, value);
}

std::string blame_rows(const std::vector<Blame>& blame) {
  std::string text;
  for (const Blame& entry : blame) {
    text += fmt::format("   {:>22} {} {}\n", entry.count, name_of(entry.reason),
                        entry.module.empty() ? "-" : printable(entry.module));
  }
  return text;
}

std::string sample_rows(const analyze::QualityView& view) {
  const SampleCounts& samples = view.quality.samples;
  std::string text = row("samples expected", fmt::format("{:.0f}", samples.expected));
  text += row("samples taken", std::to_string(samples.taken));
  text += row("samples stored", std::to_string(samples.stored));
  text += row("lost by the kernel", std::to_string(samples.lost_kernel));
  text += row("lost in our queue", std::to_string(samples.lost_queue));
  text += row("too late", std::to_string(samples.late));
  text += row("times throttled", std::to_string(samples.throttled));
  return text;
}

std::string stack_rows(const analyze::QualityView& view) {
  std::string text;
  for (int i = 0; i < kStackClassCount; ++i) {
    const auto index = static_cast<size_t>(i);
    text += row(fmt::format("stacks {}", name_of(static_cast<StackClass>(i))),
                std::to_string(view.quality.stacks.by_class[index]));
  }
  text += row("complete", percent(view.complete_share));
  return text + blame_rows(view.quality.stacks.blame);
}

std::string overhead_rows(const analyze::QualityView& view) {
  const OverheadCounts& overhead = view.quality.overhead;
  constexpr double kMiB = 1024.0 * 1024.0;
  std::string text = row("Strobe's CPU", fmt::format("{:.3f} s", view.strobe_cpu_seconds));
  text += row("Strobe's peak memory",
              fmt::format("{:.1f} MiB", static_cast<double>(overhead.strobe_peak_bytes) / kMiB));
  text += row("rings", fmt::format("{:.1f} MiB", static_cast<double>(overhead.ring_bytes) / kMiB));
  text += row("target stopped",
              fmt::format("{:.6f} s in {} stops, longest {:.6f} s", seconds_of(overhead.target_stopped_ns),
                          overhead.stops, seconds_of(overhead.longest_stop_ns)));
  return text;
}

}  // namespace

std::string write_quality_line(const analyze::QualityView& view, const TextStyle& style) {
  const Quality& quality = view.quality;
  std::string text =
      fmt::format("quality: {} samples of {:.0f} expected, {} lost, {} of stacks complete",
                  quality.samples.stored, quality.samples.expected, view.lost, percent(view.complete_share));
  if (quality.symbols.frames > 0) text += fmt::format(", {} of frames named", percent(view.named_share));
  text +=
      fmt::format("; {} at {:g} Hz{}", printable(quality.engine.empty() ? "unknown engine" : quality.engine),
                  quality.rate_hz, view.kernel_sampled ? "" : ", user code only");
  return text + '\n' + warning_lines(view, style);
}

std::string write_quality(const analyze::QualityView& view, const TextStyle& style) {
  const Quality& quality = view.quality;
  std::string text = warning_lines(view, style);
  if (!text.empty()) text += '\n';
  text += row("engine", printable(quality.engine));
  if (!quality.engine_note.empty()) text += row("", printable(quality.engine_note));
  text += row("rate", fmt::format("{:g} Hz", quality.rate_hz));
  text += row("kernel sampled", view.kernel_sampled ? "yes" : "no");
  text += '\n' + sample_rows(view) + '\n' + stack_rows(view) + '\n';
  text += row("frames", std::to_string(quality.symbols.frames));
  text += row("frames without a name", std::to_string(quality.symbols.missing));
  text += blame_rows(quality.symbols.blame) + '\n';
  text += row("processes seen", std::to_string(quality.processes_seen));
  text += row("not sampled",
              fmt::format("{} ({:.3f} CPU seconds)", view.unsampled_processes, view.unsampled_seconds));
  for (const UnsampledProcess& process : quality.unsampled) {
    text += fmt::format("   {:>22} {:.3f} s {}: {}\n", process.count, seconds_of(process.cpu_ns),
                        printable(process.command), printable(process.reason));
  }
  return text + '\n' + overhead_rows(view);
}

}  // namespace strobe::report
