// The threads view: the tree of processes with their threads.
#include <fmt/format.h>

#include "report/escape.h"
#include "report/text.h"
#include "report/text_style.h"

namespace strobe::report {
namespace {

constexpr size_t kMaxIndent = 40;  // a chain of a thousand forks stays on the screen
constexpr size_t kNumberColumns = 42;

std::string plural(uint64_t count, const char* one, const char* many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string exit_text(const analyze::ProcessStats& process) {
  if (process.exit_status.has_value()) return std::to_string(*process.exit_status);
  return process.exited ? "ended" : "-";
}

std::string fit(const std::string& text, const TextStyle& style) {
  return style.width > kNumberColumns ? shorten(text, style.width - kNumberColumns) : text;
}

}  // namespace

std::string write_threads(const analyze::ThreadTree& tree, const TextStyle& style) {
  std::string text = fmt::format(
      "         {} of {}, {} samples in {:.3f} CPU seconds\n\n", plural(tree.threads, "thread", "threads"),
      plural(tree.processes.size(), "process", "processes"), tree.samples, tree.cpu_seconds);
  text += paint("    start     life      cpu  samples   exit  process / thread", Tone::strong, style) + '\n';
  for (const analyze::ProcessStats& process : tree.processes) {
    const std::string indent(std::min<size_t>(size_t{process.depth} * 2, kMaxIndent), ' ');
    const std::string& words = process.command_line.empty() ? process.command : process.command_line;
    const std::string name = fit(fmt::format("{}{} {}", indent, process.pid, printable(words)), style);
    text += paint(fmt::format("{:9.3f} {:8.3f} {:8.3f} {:8} {:>6}  {}", process.start_seconds,
                              std::max(0.0, process.end_seconds - process.start_seconds), process.cpu_seconds,
                              process.samples, exit_text(process), name),
                  Tone::strong, style) +
            '\n';
    for (const analyze::ThreadStats& thread : process.threads) {
      const std::string thread_name =
          fit(fmt::format("{}  {} {}", indent, thread.tid, printable(thread.name)), style);
      text += fmt::format("{:9.3f} {:8.3f} {:8.3f} {:8} {:>6}  {}\n", thread.start_seconds,
                          std::max(0.0, thread.end_seconds - thread.start_seconds), thread.cpu_seconds,
                          thread.samples, "", thread_name);
    }
  }
  return text;
}

}  // namespace strobe::report
