// The lines view in the shape of line_profiler: a block for every function, its source with the time of
// every line. Hits are samples.
#include <fmt/format.h>

#include <algorithm>

#include "report/escape.h"
#include "report/memory_units.h"
#include "report/text.h"
#include "report/text_columns.h"
#include "report/text_style.h"

namespace strobe::report {
namespace {

using analyze::LineBlock;
using analyze::LineRow;
using analyze::LineSection;
using analyze::LineView;

constexpr size_t kMaxContentColumns = 1000;
constexpr size_t kMinContentColumns = 20;  // a narrower terminal wraps instead
constexpr size_t kTabColumns = 8;
constexpr double kHotShare = 0.10;  // of the function's time: shown strong

double percent(double part, double whole) { return whole > 0 ? part / whole * 100 : 0; }

/// Source text made safe to show, with its indentation.
std::string show_source(std::string_view text) {
  std::string expanded;
  size_t columns = 0;
  for (const char c : text.substr(0, 4 * kMaxContentColumns)) {
    if (c == '\t') {
      const size_t blanks = kTabColumns - columns % kTabColumns;
      expanded.append(blanks, ' ');
      columns += blanks;
    } else {
      expanded += c;
      columns += (static_cast<unsigned char>(c) & 0xc0) == 0x80 ? 0 : 1;  // not for the rest of a character
    }
  }
  return printable(expanded, kMaxContentColumns);
}

std::string write_header(const LineView& view, const LineTextOptions& options) {
  std::string text = write_coverage(view.coverage) + "\n   Ordered by: ";
  for (size_t i = 0; i < options.order.keys.size(); ++i) {
    text.append(i == 0 ? "" : ", ").append(describe(options.order.keys[i]));
  }
  text += '\n';
  text += reduction_lines(view.reductions);
  const char* hits =
      view.coverage.filter.wall ? "moments on the CPU and stretches off it" : "moments on the CPU";
  return text +
         fmt::format("   Hits are samples: {}, not executions; Time includes what the line calls\n", hits);
}

/// Why there is no text, or where it comes from; empty where there is nothing to say.
std::string describe_source(const LineSection& section) {
  const std::string path = printable(section.found_path);
  switch (section.state) {
    case SourceState::found:
      break;
    case SourceState::absent:
      return "Note: the source was not found; --source-map FROM=TO says where it is";
    case SourceState::not_regular:
      return "Note: the source is not a regular file: " + path;
    case SourceState::unreadable:
      return "Note: the source cannot be read: " + path;
    case SourceState::too_large:
      return fmt::format("Note: the source is too large to show (above {} MiB): {}", kMaxSourceBytes >> 20,
                         path);
    case SourceState::binary:
      return "Note: the source is not text: " + path;
    case SourceState::ambiguous:
      return "Note: several files below this directory could be the source; --source-map FROM=TO chooses";
  }
  switch (section.place) {
    case SourcePlace::as_named:
      break;
    case SourcePlace::recording:
      return "Source: embedded in the recording";
    case SourcePlace::mapped:
      return "Source: " + path;
    case SourcePlace::nearby:
      return "Source: " + path + " (found by its name below this directory)";
  }
  return {};
}

std::string write_notes(const LineSection& section, const TextStyle& style) {
  std::string text;
  if (const std::string source = describe_source(section); !source.empty()) {
    text += paint(source, Tone::faint, style) + '\n';
  }
  const auto warn = [&](bool holds, const char* note) {
    if (holds) text += paint(note, Tone::alarm, style) + '\n';
  };
  warn(section.notes.newer_than_module,
       "Note: the source is newer than the program: its lines may be other ones now");
  warn(section.notes.other_content,
       "Note: the source is not the one that was compiled (its MD5 differs): its lines may be other ones");
  warn(section.notes.lines_beyond_end, "Note: the source ends before lines that have samples");
  return text;
}

class LineWriter {
 public:
  LineWriter(const LineTextOptions& options, const TextStyle& style, const LineBlock& block, bool has_memory)
      : style_(&style),
        self_(options.self_column),
        has_memory_(has_memory),
        function_seconds_(block.function.total.seconds) {
    const size_t before = title_text().size() - std::string_view("Line Contents").size();
    if (style.width > 0) {
      content_columns_ = std::max(kMinContentColumns, style.width - std::min(style.width, before));
    }
  }

  [[nodiscard]] std::string title() const {
    const std::string text = title_text();
    return paint(text, Tone::strong, *style_) + '\n' + std::string(text.size(), '=') + '\n';
  }

  [[nodiscard]] std::string row(const LineRow& row) const {
    if (row.kind == LineRow::Kind::gap) return "   ...\n";
    const bool no_line = row.kind == LineRow::Kind::no_line;
    std::string text = no_line ? fmt::format("{:>6}", "-") : fmt::format("{:>6}", row.line);
    text += numbers(row);
    std::string content = no_line          ? "[code without a line]"
                          : row.beyond_end ? "[beyond the end of the source]"
                                           : show_source(row.text);
    if (content_columns_ > 0) content = shorten(content, content_columns_);
    text += "  " + content;
    text.erase(text.find_last_not_of(' ') + 1);
    return paint(text, tone(row), *style_) + '\n';
  }

 private:
  [[nodiscard]] std::string title_text() const {
    return fmt::format("{:>6} {:>9} {:>12} {}{:>8}{}  {}", "Line #", "Hits", "Time",
                       self_ ? fmt::format("{:>12} ", "Self") : "", "% Time",
                       has_memory_ ? fmt::format(" {:>10}", "Memory") : "", "Line Contents");
  }
  [[nodiscard]] std::string numbers(const LineRow& row) const { return times(row) + memory(row); }
  /// Bytes allocated while the line was on the stack.
  [[nodiscard]] std::string memory(const LineRow& row) const {
    if (!has_memory_) return {};
    if (row.memory.count == 0) return std::string(11, ' ');
    return fmt::format(" {:>10}", bytes_text(static_cast<double>(row.memory.bytes)));
  }
  [[nodiscard]] std::string times(const LineRow& row) const {
    if (row.total.samples == 0) return std::string(self_ ? 45 : 32, ' ');
    const std::string self = self_ ? fmt::format("{:>12.3f} ", row.self.seconds) : std::string();
    return fmt::format(" {:>9} {:>12.3f} {}{:>8.1f}", row.total.samples, row.total.seconds, self,
                       percent(row.total.seconds, function_seconds_));
  }
  [[nodiscard]] Tone tone(const LineRow& row) const {
    if (row.total.samples == 0 || row.kind == LineRow::Kind::no_line) return Tone::faint;
    return row.total.seconds >= kHotShare * function_seconds_ ? Tone::strong : Tone::plain;
  }

  const TextStyle* style_;
  bool self_;
  bool has_memory_;
  double function_seconds_;
  size_t content_columns_ = 0;
};

std::string write_block(const LineBlock& block, const LineView& view, const LineTextOptions& options,
                        const TextStyle& style) {
  const analyze::FunctionIdentity& function = block.function.function;
  const LineWriter writer(options, style, block, view.has_memory);
  std::string text = fmt::format(
      "\nTotal time: {:.3f} s ({:.1f} % of all; {:.3f} s in the function itself)\n",
      block.function.total.seconds, percent(block.function.total.seconds, view.coverage.whole.seconds),
      block.function.self.seconds);
  const std::string name = printable(function.name);
  for (size_t i = 0; i < block.sections.size(); ++i) {
    const LineSection& section = block.sections[i];
    if (i > 0) text += '\n';
    text += "File: " + (section.file.empty() ? std::string("[unknown]") : printable(section.file)) + '\n';
    if (i > 0) {
      text += "Function: " + name + ", lines of this file\n";
    } else if (function.line != 0 && section.file == function.file) {
      text += fmt::format("Function: {} at line {}\n", name, function.line);
    } else {
      text += "Function: " + name + '\n';
    }
    text += write_notes(section, style) + '\n' + writer.title();
    for (const LineRow& row : section.rows) text += writer.row(row);
  }
  return text;
}

}  // namespace

std::string write_lines(const LineView& view, const LineTextOptions& options, const TextStyle& style) {
  std::string text = write_header(view, options);
  for (const LineBlock& block : view.blocks) text += write_block(block, view, options, style);
  if (view.without_lines.samples > 0) {
    text += fmt::format(
        "\n{:.3f} s ({:.1f} %) in {} functions without line numbers: the kernel's, and code compiled without "
        "-g\n",
        view.without_lines.seconds, percent(view.without_lines.seconds, view.coverage.whole.seconds),
        view.functions_without_lines);
  }
  if (view.callers_without_source > 0) {
    text += fmt::format(
        "\nNot shown: {} functions that only call others and whose source was not found; name one to see "
        "it\n",
        view.callers_without_source);
  }
  return text;
}

}  // namespace strobe::report
