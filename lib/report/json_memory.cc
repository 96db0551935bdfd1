#include "report/json_memory.h"

#include <map>
#include <tuple>

#include "analyze/memory_view.h"
#include "base/clock.h"
#include "report/json_concurrency.h"

namespace strobe::report {
namespace {

using namespace strobe::analyze;

void write_amount(JsonWriter& json, const char* name, const MemoryUse& use) {
  const MemoryAmount& allocated = use.of(MemoryMeasure::allocated);
  json.key(name);
  json.begin_object();
  json.member("bytes", allocated.bytes);
  json.member("count", allocated.count);
  json.member("peak_bytes", use.of(MemoryMeasure::peak).bytes);
  json.member("peak_count", use.of(MemoryMeasure::peak).count);
  json.member("live_bytes", use.of(MemoryMeasure::live).bytes);
  json.member("live_count", use.of(MemoryMeasure::live).count);
  json.member("temporary", use.of(MemoryMeasure::temporary).bytes);
  json.member("temporary_count", use.of(MemoryMeasure::temporary).count);
  json.member("error", error_of(allocated));
  json.member("peak_error", error_of(use.of(MemoryMeasure::peak)));
  json.member("live_error", error_of(use.of(MemoryMeasure::live)));
  json.end_object();
}

class MemoryWriter {
 public:
  MemoryWriter(JsonWriter& json, const Profile& profile, const WeightedStacks& stacks,
               const FunctionTable& table, const SourcePaths& paths)
      : json_(&json),
        profile_(&profile),
        stacks_(&stacks),
        table_(&table),
        paths_(&paths),
        selected_(select_processes(profile, stacks.selected)) {
    if (profile.info.memory.mode == MemoryMode::resident) choice_.kind = MemoryKind::fault;
    view_ = make_memory_view(profile, stacks, {.choice = choice_});
  }

  void write() {
    json_->key("memory");
    json_->begin_object();
    write_totals();
    write_processes();
    write_functions();
    write_stacks();
    write_sizes();
    write_series();
    json_->end_object();
  }

 private:
  void write_totals() {
    const MemoryUse use = choice_.kind ? view_.of(*choice_.kind) : view_.heap();
    const MemoryOfProcess* highest = view_.highest();
    const MemoryUse& mapped = view_.of(MemoryKind::mmap);
    json_->member("mode", name_of(view_.info.mode));
    json_->member("interval_bytes", view_.info.interval_bytes);
    json_->member("python_allocators", view_.info.python_allocators);
    json_->member("total_bytes", use.of(MemoryMeasure::allocated).bytes);
    json_->member("total_count", use.of(MemoryMeasure::allocated).count);
    json_->member("total_error", error_of(use.of(MemoryMeasure::allocated)));
    json_->member("peak_bytes", highest == nullptr ? uint64_t{0} : highest->heap.peak_bytes);
    json_->member("peak_s", highest == nullptr ? 0 : seconds_of(highest->heap.peak_ns));
    json_->member("live_bytes", use.of(MemoryMeasure::live).bytes);
    json_->member("live_count", use.of(MemoryMeasure::live).count);
    json_->member("temporary_bytes", use.of(MemoryMeasure::temporary).bytes);
    json_->member("mapped_bytes", mapped.of(MemoryMeasure::allocated).bytes);
    json_->member("mapped_live_bytes", mapped.of(MemoryMeasure::live).bytes);
    json_->member("rss_peak_bytes", view_.resident.rss_peak_bytes);
    json_->member("pss_peak_bytes",
                  view_.resident.has_pss ? std::optional(view_.resident.pss_peak_bytes) : std::nullopt);
    json_->member("pss_mean_bytes",
                  view_.resident.has_pss ? std::optional(view_.resident.pss_mean_bytes) : std::nullopt);
    json_->member("minor_faults", view_.resident.minor_faults);
    json_->member("major_faults", view_.resident.major_faults);
  }

  void write_processes() {
    json_->key("processes");
    json_->begin_array();
    for (const MemoryOfProcess& process : view_.processes) {
      json_->begin_object();
      json_->member("pid", process.pid);
      json_->member("rss_peak_bytes", process.rss_peak_bytes);
      json_->member("pss_peak_bytes", process.pss_peak_bytes);
      json_->member("minor_faults", process.minor_faults);
      json_->member("major_faults", process.major_faults);
      if (process.has_heap) {
        json_->member("peak_bytes", process.heap.peak_bytes);
        json_->member("peak_s", seconds_of(process.heap.peak_ns));
        json_->member("mapped_peak_bytes", process.heap.mapped_peak_bytes);
        json_->member("mapped_peak_s", seconds_of(process.heap.mapped_peak_ns));
        json_->member("invalid_frees", process.heap.invalid_frees);
      }
      json_->end_object();
    }
    json_->end_array();
  }

  void write_functions() {
    std::map<FunctionIdentity, uint64_t> ids;
    for (size_t i = 0; i < table_->rows.size(); ++i) ids.emplace(table_->rows[i].function, i);
    json_->key("functions");
    json_->begin_array();
    for (const MemoryStats& row : view_.table.rows) {
      const auto id = ids.find(row.function);
      json_->begin_object();
      json_->member("id", id == ids.end() ? std::nullopt : std::optional(id->second));
      json_->member("name", row.function.name);
      write_amount(*json_, "own", row.own);
      write_amount(*json_, "total", row.total);
      json_->end_object();
    }
    json_->end_array();
  }

  /// One for each process, path and kind.
  void write_stacks() {
    std::map<std::tuple<ProcessId, uint32_t, MemoryKind>, MemoryUse> sums;
    for (const MemoryRow& row : profile_->memory) {
      if (row.process.index() >= selected_.size() || !selected_[row.process.index()]) continue;
      const bool kept = row.stack.index() < stacks_->kept.size() ? stacks_->kept[row.stack.index()]
                                                                 : stacks_->keeps_no_stack;
      if (kept) sums[{row.process, paths_->of(row.stack), row.kind}] += use_of(row);
    }
    json_->key("stacks");
    json_->begin_array();
    for (const auto& [key, use] : sums) {
      const auto& [process, path, kind] = key;
      json_->begin_object();
      json_->member("pid", profile_->processes[process.index()].pid);
      json_->member("kind", name_of(kind));
      write_amount(*json_, "own", use);
      json_->key("frames");
      write_json_frames(*json_, *paths_, path);
      json_->end_object();
    }
    json_->end_array();
  }

  void write_sizes() {
    json_->key("sizes");
    json_->begin_array();
    for (size_t bits = 0; bits < view_.sizes.size(); ++bits) {
      if (view_.sizes[bits].count == 0) continue;
      json_->begin_object();
      json_->member("from_bytes", bits == 0 ? uint64_t{0} : uint64_t{1} << (bits - 1));
      json_->member("bytes", view_.sizes[bits].bytes);
      json_->member("count", view_.sizes[bits].count);
      json_->end_object();
    }
    json_->end_array();
  }

  /// `value_of(row)` of all rows of one process.
  template <class Row, class Value>
  void write_column(const char* name, const std::vector<const Row*>& rows, const Value& value_of) {
    json_->key(name);
    json_->begin_array();
    for (const Row* row : rows) {
      const auto value = value_of(*row);
      value ? json_->value(*value) : json_->null();
    }
    json_->end_array();
  }

  void write_series() {
    std::map<ProcessId, std::pair<std::vector<const CounterRow*>, std::vector<const MemoryPointRow*>>> rows;
    for (const CounterRow& row : profile_->counters) rows[row.process].first.push_back(&row);
    for (const MemoryPointRow& row : profile_->memory_points) rows[row.process].second.push_back(&row);
    json_->key("series");
    json_->begin_array();
    for (const auto& [process, of] : rows) {
      if (process.index() >= selected_.size() || !selected_[process.index()]) continue;
      const auto& [counters, points] = of;
      const auto time_of = [](const auto& row) { return std::optional(seconds_of(row.time_ns)); };
      json_->begin_object();
      json_->member("pid", profile_->processes[process.index()].pid);
      write_column("t", counters, time_of);
      write_column("rss", counters, [](const CounterRow& row) { return std::optional(row.rss_bytes); });
      write_column("pss", counters, [](const CounterRow& row) { return row.pss_bytes; });
      write_column("anonymous", counters,
                   [](const CounterRow& row) { return std::optional(row.anonymous_bytes); });
      write_column("file", counters, [](const CounterRow& row) { return std::optional(row.file_bytes); });
      write_column("shmem", counters, [](const CounterRow& row) { return std::optional(row.shmem_bytes); });
      write_column("swap", counters, [](const CounterRow& row) { return std::optional(row.swap_bytes); });
      if (!points.empty()) {
        write_column("heap_t", points, time_of);
        write_column("heap", points, [](const MemoryPointRow& row) { return std::optional(row.live_bytes); });
        write_column("mapped", points,
                     [](const MemoryPointRow& row) { return std::optional(row.mapped_bytes); });
      }
      json_->end_object();
    }
    json_->end_array();
  }

  JsonWriter* json_;
  const Profile* profile_;
  const WeightedStacks* stacks_;
  const FunctionTable* table_;
  const SourcePaths* paths_;
  SelectedProcesses selected_;
  MemoryChoice choice_;
  MemoryView view_;
};

}  // namespace

void write_json_memory(JsonWriter& json, const Profile& profile, const WeightedStacks& stacks,
                       const FunctionTable& table, const SourcePaths& paths) {
  MemoryWriter(json, profile, stacks, table, paths).write();
}

void write_json_memory_quality(JsonWriter& json, const MemoryCounts& memory) {
  if (memory.processes == 0 && memory.unseen.empty() && memory.not_judged.empty()) return;
  json.key("memory");
  json.begin_object();
  json.member("processes", memory.processes);
  json.member("events", memory.events);
  json.member("lost", memory.lost);
  json.member("judged", memory.not_judged.empty());
  json.member("not_judged", memory.not_judged);
  json.key("unseen");
  json.begin_array();
  for (const UnseenProcess& row : memory.unseen) {
    json.begin_object();
    json.member("pid", row.pid);
    json.member("command", row.command);
    json.member("reason", row.reason);
    json.member("count", row.count);
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

}  // namespace strobe::report
