#include "analyze/line_view.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "analyze/line_ranges.h"
#include "analyze/memory_table.h"
#include "analyze/source_lines.h"

namespace strobe::analyze {
namespace {

/// A line's amounts, by line number; 0 stands for code without a line.
using LineAmounts = std::map<uint32_t, LineRow>;
/// By file of the function.
using FileAmounts = std::map<std::string, LineAmounts>;

/// What everything here is made from.
struct LineInput {
  const Profile* profile;
  const WeightedStacks* stacks;
  FunctionTable table;
};

void add(Amount& to, const Amount& what) {
  to.seconds += what.seconds;
  to.samples += what.samples;
}

/// By row of the functions table, the lines of that function.
std::vector<FileAmounts> collect_lines(const LineInput& input) {
  const FrameLines lines = frame_lines(*input.profile, input.stacks->functions);
  const KeySums sums = sum_keys(*input.profile, input.stacks->amounts, lines.frames, false);
  MemoryKeySums memory;
  if (input.table.has_memory)
    memory = sum_memory_keys(*input.profile, *input.stacks, usual_choice(*input.profile), lines.frames);
  std::vector<FileAmounts> result(input.table.rows.size());
  for (uint32_t key = 0; key < lines.lines.size(); ++key) {
    const LineIdentity& line = lines.lines[key];
    const uint32_t row = input.table.row_of[line.function];
    const MemoryAmount allocated =
        memory.total.empty() ? MemoryAmount{} : memory.total[key].of(MemoryMeasure::allocated);
    if ((sums.total[key].samples == 0 && allocated.count == 0) || row == FunctionTable::kNoRow) continue;
    // Code without a line belongs to the function's own file.
    const std::string& file = line.line == 0 ? input.stacks->functions.functions[line.function].file
                                             : input.profile->text(line.file);
    LineRow& entry = result[row][file][line.line];
    entry.kind = line.line == 0 ? LineRow::Kind::no_line : LineRow::Kind::line;
    entry.line = line.line;
    add(entry.self, sums.self[key]);
    add(entry.total, sums.total[key]);
    entry.memory.bytes += allocated.bytes;
    entry.memory.count += allocated.count;
    entry.memory.variance += allocated.variance;
  }
  return result;
}

bool has_lines(const FileAmounts& files) {
  return std::any_of(files.begin(), files.end(), [](const auto& file) {
    return !file.second.empty() && file.second.rbegin()->first != 0;
  });
}

/// Where other functions of a file begin, sorted: what is shown behind a function's last line ends there.
std::vector<uint32_t> definitions_in(const FunctionTable& table, const std::string& file) {
  std::vector<uint32_t> lines;
  for (const FunctionStats& row : table.rows) {
    if (row.function.line != 0 && row.function.file == file) lines.push_back(row.function.line);
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::vector<LineRange> shown_ranges(const LineInput& input, const FunctionIdentity& function,
                                    const std::string& file, const LineAmounts& lines, uint32_t line_count) {
  std::vector<uint32_t> anchors;
  for (const auto& [line, row] : lines) {
    if (line != 0) anchors.push_back(line);
  }
  if (file == function.file && function.line != 0) anchors.push_back(function.line);
  std::sort(anchors.begin(), anchors.end());
  return ranges_around(anchors, definitions_in(input.table, file), line_count);
}

size_t indentation(std::string_view text) { return text.find_first_not_of(" \t"); }

/// Most other languages say it by a brace that is indented like the function's first line, `head`: takes the
/// rows behind that away, as far as nothing was sampled there.
void cut_behind_brace(std::string_view head, std::vector<LineRow>& rows) {
  const size_t outer = indentation(head);
  const auto last = std::find_if(rows.rbegin(), rows.rend(), [](const LineRow& row) {
    return row.total.samples > 0 || row.kind != LineRow::Kind::line;
  });
  if (outer == std::string_view::npos || last == rows.rend()) return;
  const auto brace = std::find_if(last.base() - 1, rows.end(), [&](const LineRow& row) {
    const size_t own = indentation(row.text);
    return own != std::string::npos && own <= outer && row.text[own] == '}';
  });
  if (brace != rows.end()) rows.erase(brace + 1, rows.end());
}

/// Python says by indentation where a function ends: takes the rows behind that away, as far as nothing was
/// sampled there. `head`: the function's first line.
void cut_behind_block(std::string_view head, std::vector<LineRow>& rows) {
  const size_t outer = indentation(head);
  if (outer == std::string_view::npos) return;
  size_t behind = rows.size();
  for (size_t i = rows.size(); i-- > 0 && rows[i].total.samples == 0 && rows[i].memory.count == 0 &&
                               rows[i].kind == LineRow::Kind::line;) {
    const size_t own = indentation(rows[i].text);
    if (own != std::string::npos && own <= outer) behind = i;
  }
  rows.resize(behind);
}

LineSection make_section(const LineInput& input, const FunctionIdentity& function, const std::string& file,
                         const LineAmounts& lines, SourceProvider& sources) {
  const SourceFile& source = sources.find_source(file);
  const SourceLines text(source.text);
  LineSection section{.file = file, .state = source.state, .place = source.place, .found_path = source.path};
  section.notes.newer_than_module = is_newer_than_program(*input.profile, function, source);
  section.notes.other_content =
      !source.md5.empty() && !source.expected_md5.empty() && source.md5 != source.expected_md5;
  const bool found = source.state == SourceState::found;
  const auto add_row = [&](uint32_t line) {
    const auto known = lines.find(line);
    LineRow row = known != lines.end() ? known->second : LineRow{.line = line};
    row.text = text.at(line);
    row.beyond_end = found && line > text.count();
    section.notes.lines_beyond_end = section.notes.lines_beyond_end || row.beyond_end;
    section.rows.push_back(std::move(row));
  };
  if (found) {
    for (const LineRange& range : shown_ranges(input, function, file, lines, text.count())) {
      if (!section.rows.empty()) section.rows.push_back({.kind = LineRow::Kind::gap});
      for (uint64_t line = range.first; line <= range.last; ++line) add_row(static_cast<uint32_t>(line));
    }
    const auto is_blank = [](const LineRow& row) {
      return row.total.samples == 0 && row.memory.count == 0 &&
             row.text.find_first_not_of(" \t") == std::string::npos;
    };
    if (file == function.file) {
      const bool is_python = function.language == Language::python;
      (is_python ? cut_behind_block : cut_behind_brace)(text.at(function.line), section.rows);
    }
    while (!section.rows.empty() && is_blank(section.rows.back())) section.rows.pop_back();
  } else {
    for (const auto& [line, row] : lines) {
      if (line != 0) add_row(line);
    }
  }
  if (const auto no_line = lines.find(0); no_line != lines.end()) section.rows.push_back(no_line->second);
  return section;
}

LineBlock make_block(const LineInput& input, uint32_t row, const FileAmounts& files,
                     SourceProvider& sources) {
  LineBlock block{.function = input.table.rows[row]};
  const FunctionIdentity& function = block.function.function;
  for (const bool own : {true, false}) {
    for (const auto& [file, lines] : files) {
      if ((file == function.file) == own) {
        block.sections.push_back(make_section(input, function, file, lines, sources));
      }
    }
  }
  return block;
}

/// Whether the list is cut, and nobody asked for functions by name.
bool is_cut_by_number(const OrderOptions& order) {
  const auto is_pattern = [](const Restriction& restriction) {
    return restriction.kind == Restriction::Kind::pattern;
  };
  return !order.restrictions.empty() && std::ranges::none_of(order.restrictions, is_pattern);
}

}  // namespace

bool is_newer_than_program(const Profile& profile, const FunctionIdentity& function,
                           const SourceFile& source) {
  if (source.state != SourceState::found) return false;
  if (function.language == Language::python) {  // compiled when it was imported
    return profile.info.start_unix_ns != 0 && source.mtime_ns > profile.info.start_unix_ns;
  }
  std::optional<int64_t> built_ns;
  for (const ModuleRow& row : profile.modules) {
    if (row.kind != ModuleKind::file || row.mtime_ns == 0 || profile.text(row.path) != function.module)
      continue;
    built_ns = std::max(built_ns.value_or(row.mtime_ns), row.mtime_ns);
  }
  return built_ns && source.mtime_ns > *built_ns;
}

LineView make_line_view(const Profile& profile, const WeightedStacks& stacks, const OrderOptions& order,
                        SourceProvider& sources) {
  const LineInput input{&profile, &stacks, make_function_table(profile, stacks, stacks.functions, false)};
  LineView view{.coverage = stacks.coverage, .has_memory = input.table.has_memory};
  const std::vector<FileAmounts> lines = collect_lines(input);
  FunctionTable with_lines;
  const bool cut = is_cut_by_number(order);
  std::vector<uint32_t> row_of;  // of the rows of `with_lines`, in the whole table
  for (uint32_t row = 0; row < input.table.rows.size(); ++row) {
    const FunctionStats& stats = input.table.rows[row];
    if (cut && stats.self.samples == 0 && has_lines(lines[row]) &&
        sources.find_source(stats.function.file).state == SourceState::absent) {
      ++view.callers_without_source;
    } else if (has_lines(lines[row])) {
      with_lines.rows.push_back(stats);
      row_of.push_back(row);
    } else {
      ++view.functions_without_lines;
      add(view.without_lines, stats.self);
    }
  }
  OrderedRows ordered = order_rows(with_lines, order);
  view.reductions = std::move(ordered.reductions);
  for (const uint32_t index : ordered.rows) {
    view.blocks.push_back(make_block(input, row_of[index], lines[row_of[index]], sources));
  }
  return view;
}

}  // namespace strobe::analyze
