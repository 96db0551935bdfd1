#include "report/json_report.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "analyze/function_table.h"
#include "analyze/memory_view.h"
#include "analyze/source_lines.h"
#include "analyze/source_paths.h"
#include "analyze/thread_tree.h"
#include "base/clock.h"
#include "report/json_concurrency.h"
#include "report/json_memory.h"
#include "report/json_quality.h"

namespace strobe::report {
namespace {

using namespace strobe::analyze;

/// Everything the parts of the document share.
struct Report {
  const Profile* profile;
  const WeightedStacks* stacks;
  FunctionTable table;
  SourceProvider* sources;  ///< nullptr: no text
};

const char* language_name(Language language) {
  switch (language) {
    case Language::native:
      return "native";
    case Language::python:
      return "python";
    case Language::kernel:
      return "kernel";
  }
  return "native";
}

void write_amount(JsonWriter& json, const FunctionTable& table, const Amount& amount) {
  json.member("seconds", amount.seconds);
  json.member("samples", table.counts_calls ? 0 : amount.samples);
  json.member("share", share_of(table, amount));
}

/// Where calls are counted and not sampled.
void write_calls(JsonWriter& json, const FunctionTable& table, const Amount& primitive, const Amount& all) {
  if (!table.counts_calls) return;
  json.member("ncalls", all.samples);
  json.member("pcalls", primitive.samples);
}

/// With the half width of the 95 % interval of its share.
void write_measured(JsonWriter& json, const char* name, const FunctionTable& table, const FunctionStats& row,
                    const Amount& amount, const StateSeconds& states) {
  const Interval interval = interval_of(table, row, amount);
  json.key(name);
  json.begin_object();
  write_amount(json, table, amount);
  json.member("error", (interval.high - interval.low) / 2);
  json.member("low", interval.low);
  json.member("high", interval.high);
  if (table.has_states) {
    json.key("states");
    write_json_states(json, states, StateList::occurring);
  }
  json.end_object();
}

void write_recording(JsonWriter& json, const Report& report) {
  const RecordingInfo& info = report.profile->info;
  json.key("recording");
  json.begin_object();
  json.member("command", info.command);
  json.member("hostname", info.hostname);
  json.member("kernel_release", info.kernel_release);
  json.member("architecture", info.architecture);
  json.member("strobe_version", info.strobe_version);
  json.member("start_unix_ns", info.start_unix_ns);
  json.member("duration_s", seconds_of(info.duration_ns));
  json.member("period_ns", info.period_ns);
  json.member("exit_status", info.exit_status);
  json.member("wall", info.wall);
  json.member("cpu_s", report.table.cpu_seconds);
  json.member("sampled_s", report.table.sampled_seconds);
  json.member("samples", report.table.samples);
  json.end_object();
}

void write_json_filter(JsonWriter& json, const FunctionTable& table) {
  const Coverage& coverage = table.coverage;
  const auto write_list = [&](const char* name, const std::vector<std::string>& patterns) {
    json.key(name);
    json.begin_array();
    for (const std::string& pattern : patterns) json.value(pattern);
    json.end_array();
  };
  json.key("filter");
  json.begin_object();
  write_list("focus", coverage.filter.focus);
  write_list("ignore", coverage.filter.ignore);
  write_list("hide", coverage.filter.hide);
  json.member("native", coverage.filter.native);
  json.member("gil", coverage.filter.gil);
  json.key("shown");
  json.begin_object();
  write_amount(json, table, coverage.shown);
  json.end_object();
  json.end_object();
}

void write_threads(JsonWriter& json, const ProcessStats& process, bool has_states) {
  json.key("threads");
  json.begin_array();
  for (const ThreadStats& thread : process.threads) {
    json.begin_object();
    json.member("tid", thread.tid);
    json.member("name", thread.name);
    json.member("start_s", thread.start_seconds);
    json.member("end_s", thread.end_seconds);
    json.member("cpu_s", thread.cpu_seconds);
    json.member("samples", thread.samples);
    json.key("states");
    if (has_states) {
      write_json_states(json, thread.states, StateList::all);
      json.member("voluntary_switches", thread.voluntary_switches);
      json.member("forced_switches", thread.forced_switches);
    } else {
      json.begin_object();
      json.member("on_cpu", thread.cpu_seconds);
      json.end_object();
    }
    json.end_object();
  }
  json.end_array();
}

void write_processes(JsonWriter& json, const ThreadTree& tree) {
  json.key("processes");
  json.begin_array();
  for (const ProcessStats& process : tree.processes) {
    json.begin_object();
    json.member("pid", process.pid);
    json.member("ppid", process.parent_pid);
    json.member("command", process.command);
    json.member("command_line", process.command_line);
    json.member("start_s", process.start_seconds);
    json.member("end_s", process.end_seconds);
    json.member("exited", process.exited);
    json.member("exit_status", process.exit_status);
    json.member("cpu_s", process.cpu_seconds);
    json.member("samples", process.samples);
    write_threads(json, process, tree.has_states);
    json.end_object();
  }
  json.end_array();
}

/// Edges with `row` on one side, as {id, seconds, samples, share} of the other.
class EdgeLists {
 public:
  explicit EdgeLists(const FunctionTable& table)
      : table_(&table), callers_(table.rows.size()), callees_(table.rows.size()) {
    for (uint32_t i = 0; i < table.edges.size(); ++i) {
      callees_[table.edges[i].caller].push_back(i);
      callers_[table.edges[i].callee].push_back(i);
    }
  }
  void write(JsonWriter& json, size_t row) const {
    write_list(json, "callers", callers_[row], true);
    write_list(json, "callees", callees_[row], false);
  }

 private:
  void write_list(JsonWriter& json, const char* name, const std::vector<uint32_t>& edges,
                  bool callers) const {
    json.key(name);
    json.begin_array();
    for (const uint32_t index : edges) {
      const Edge& edge = table_->edges[index];
      json.begin_object();
      json.member("id", callers ? edge.caller : edge.callee);
      write_amount(json, *table_, edge.amount);
      write_calls(json, *table_, edge.self, edge.amount);
      json.key("self");
      json.begin_object();
      write_amount(json, *table_, edge.self);
      json.end_object();
      json.end_object();
    }
    json.end_array();
  }

  const FunctionTable* table_;
  std::vector<std::vector<uint32_t>> callers_;
  std::vector<std::vector<uint32_t>> callees_;
};

void write_functions(JsonWriter& json, const Report& report) {
  const FunctionTable& table = report.table;
  const EdgeLists edges(table);
  json.key("functions");
  json.begin_array();
  for (size_t i = 0; i < table.rows.size(); ++i) {
    const FunctionStats& row = table.rows[i];
    json.begin_object();
    json.member("id", uint64_t{i});
    json.member("name", row.function.name);
    json.member("file", row.function.file);
    json.member("line", row.function.line);
    json.member("module", row.function.module);
    json.member("language", language_name(row.function.language));
    write_calls(json, table, row.self, row.total);
    write_measured(json, "self", table, row, row.self, row.self_states);
    write_measured(json, "total", table, row, row.total, row.total_states);
    edges.write(json, i);
    json.end_object();
  }
  json.end_array();
}

/// Lines of source files, asked for file by file.
class LineTexts {
 public:
  explicit LineTexts(SourceProvider* sources) : sources_(sources) {}

  /// nullopt where there is none.
  std::optional<std::string_view> at(const std::string& file, uint32_t line) {
    if (!lines_ || file != file_) {
      const SourceFile& source = sources_->find_source(file);
      file_ = file;
      found_ = source.state == SourceState::found;
      lines_.emplace(source.text);
    }
    if (!found_ || line == 0 || line > lines_->count()) return std::nullopt;
    return lines_->at(line).substr(0, kMaxLineBytes);
  }

 private:
  static constexpr size_t kMaxLineBytes = 4096;  // generated code can be one line of megabytes

  SourceProvider* sources_;
  std::string file_;
  bool found_ = false;
  std::optional<SourceLines> lines_;
};

/// What came of looking for the files of `lines`.
void write_sources(JsonWriter& json, const std::set<std::string>& files, SourceProvider& sources) {
  json.key("sources");
  json.begin_array();
  for (const std::string& path : files) {
    const SourceFile& file = sources.find_source(path);
    const bool found = file.state == SourceState::found;
    json.begin_object();
    json.member("file", path);
    json.member("state", name_of(file.state));
    json.member("place", found ? std::optional(name_of(file.place)) : std::nullopt);
    json.member("path", file.path);
    json.member("md5", file.md5);
    json.member("expected_md5", file.expected_md5);
    json.end_object();
  }
  json.end_array();
}

void write_lines(JsonWriter& json, const Report& report) {
  const FrameLines lines = frame_lines(*report.profile, report.stacks->functions);
  const KeySums sums = sum_keys(*report.profile, report.stacks->amounts, lines.frames, false);
  std::vector<uint32_t> order;
  for (uint32_t key = 0; key < lines.lines.size(); ++key) {
    if (sums.total[key].samples > 0 && lines.lines[key].line != 0) order.push_back(key);
  }
  const auto place = [&](uint32_t key) {
    const LineIdentity& line = lines.lines[key];
    return std::tuple(report.profile->text(line.file), line.line, report.table.row_of[line.function]);
  };
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return place(a) < place(b); });
  std::set<std::string> files;
  LineTexts texts(report.sources);
  json.key("lines");
  json.begin_array();
  for (const uint32_t key : order) {
    const auto [file, line, function] = place(key);
    if (report.sources != nullptr) files.insert(file);
    json.begin_object();
    json.member("file", file);
    json.member("line", line);
    json.member("function", function);
    if (report.sources != nullptr) json.member("text", texts.at(file, line));
    json.key("self");
    json.begin_object();
    write_amount(json, report.table, sums.self[key]);
    json.end_object();
    json.key("total");
    json.begin_object();
    write_amount(json, report.table, sums.total[key]);
    json.end_object();
    json.end_object();
  }
  json.end_array();
  if (report.sources != nullptr) write_sources(json, files, *report.sources);
}

/// One row for every thread, path and state that occurs, in that order.
void write_stacks(JsonWriter& json, const Report& report, const SourcePaths& paths) {
  std::map<std::tuple<ThreadId, uint32_t, ThreadState>, Amount> sums;
  for_each_shown(*report.profile, *report.stacks, [&](const TimePiece& piece) {
    sums[{piece.thread, paths.of(piece.stack), piece.state}] += piece.amount;
  });
  json.key("stacks");
  json.begin_array();
  for (const auto& [key, amount] : sums) {
    const auto& [thread, path, state] = key;
    const ThreadRow& row = report.profile->threads[thread.index()];
    const size_t process = row.process.index();
    json.begin_object();
    json.member("pid",
                process < report.profile->processes.size() ? report.profile->processes[process].pid : 0);
    json.member("thread", row.tid);
    json.member("state", name_of(state));
    json.member("seconds", amount.seconds);
    json.member("samples", amount.samples);
    json.key("frames");
    write_json_frames(json, paths, path);
    json.end_object();
  }
  json.end_array();
}

}  // namespace

void write_json_report(const Profile& profile, const WeightedStacks& stacks, const TextSink& sink,
                       SourceProvider* sources) {
  const std::vector<bool> of_memory = functions_of_memory(profile, stacks);
  const Report report{&profile, &stacks,
                      make_function_table(profile, stacks, stacks.functions, true, &of_memory), sources};
  JsonWriter json(sink);
  json.begin_object();
  json.member("schema", "strobe-report/1");
  json.key("tool");
  json.begin_object();
  json.member("name", "strobe");
  json.member("version", STROBE_VERSION);
  json.end_object();
  write_recording(json, report);
  json.key("quality");
  write_json_quality(json, judge_quality(profile));
  if (!stacks.coverage.filter.empty()) write_json_filter(json, report.table);
  const ThreadTree tree = make_thread_tree(profile, stacks.selected, stacks.attribution);
  write_processes(json, tree);
  write_functions(json, report);
  write_lines(json, report);
  const SourcePaths paths(profile, stacks.functions, report.table);
  write_stacks(json, report, paths);
  if (tells_of_memory(profile)) write_json_memory(json, profile, stacks, report.table, paths);
  if (report.table.has_states) write_json_concurrency(json, profile, stacks, report.table, paths, tree);
  json.end_object();
  json.finish();
}

void write_json_report(const Profile& profile, const SelectedThreads& selected, const TextSink& sink) {
  write_json_report(profile, weigh_stacks(profile, selected, {}, StateDetail::always), sink);
}

}  // namespace strobe::report
