#include "record/memory_recorder.h"

#include <fmt/format.h>

#include <algorithm>

namespace strobe::record {
namespace {

constexpr uint64_t kRowsIntervalNs =
    1'000'000'000;  // rows are replaced: their number does not grow with time
constexpr uint64_t kPointIntervalNs = 100'000'000;

uint64_t key_of(const heap::StackSums& sums) {
  return uint64_t{sums.node} << 2 | static_cast<uint64_t>(sums.kind);
}

void add(MemoryAmount& sum, const MemoryAmount& other) {
  sum.bytes += other.bytes;
  sum.count += other.count;
  sum.variance += other.variance;
}

uint64_t whole(double bytes) { return heap::rounded(heap::Amount{.bytes = bytes}).bytes; }

}  // namespace

MemoryRecorder::MemoryRecorder(std::string folder, uint64_t start_ns, const MemoryTables& tables)
    : reader_(std::move(folder)), start_ns_(start_ns), tables_(tables), unseen_(*tables.modules) {}

void MemoryRecorder::program_ended(pid_t pid, uint64_t time_ns, bool exec) {
  if (has_python_) look();
  reader_.program_ended(pid, time_ns, exec);
  read_news(false);
  for (auto& [ring, program] : programs_) {
    const bool is_it = program.last.pid == pid && program.last.started_ns <= time_ns;
    if (is_it && !program.closed) settle(program, program.waiting.size());
  }
  note_end(pid);
}

/// What waits of code that was closed before is found while its mapping is known.
void MemoryRecorder::code_is_mapped(const MapEvent& event) {
  const ProcessState* process = tables_.tracker->find_process(event.pid);
  if (process == nullptr) return;
  const auto& mappings = process->space.mappings();
  const bool replaces = std::any_of(mappings.begin(), mappings.end(), [&](const Mapping& mapping) {
    return raw(mapping.start) < event.start + event.size && event.start < raw(mapping.end);
  });
  if (!replaces) return;
  if (has_python_) look();
  const auto gone = reader_.nodes_gone_by(event.pid, event.time_ns);
  read_news(false);
  for (const auto& [ring, nodes] : gone) {
    const auto found = programs_.find(ring);
    if (found == programs_.end() || nodes <= found->second.stacks.count()) continue;
    settle(found->second, nodes - found->second.stacks.count());
  }
}

/// Whether the program that ends was seen is known now.
void MemoryRecorder::note_end(pid_t pid) {
  const ProcessState* process = tables_.tracker->find_process(pid);
  if (process == nullptr) return;
  const uint64_t began_ns = unseen_.began_at(pid);
  const bool told = std::any_of(programs_.begin(), programs_.end(), [&](const auto& entry) {
    return entry.second.last.pid == pid && entry.second.last.started_ns >= began_ns;
  });
  unseen_.ended(pid, *process, tables_.tracker->command(process->id), told);
}

void MemoryRecorder::stop() {
  reader_.stop();
  stopped_ = true;
  read_news(true);
  for (const pid_t pid : unseen_.running()) note_end(pid);
}

void MemoryRecorder::read_news(bool last) {
  for (heap::HeapNews& news : reader_.take_news(last)) {
    Program& program = programs_[news.ring];
    program.waiting.insert(program.waiting.end(), news.nodes.begin(), news.nodes.end());
    for (const heap::StackSums& sums : news.stacks) program.sums[key_of(sums)] = sums;
    program.last = std::move(news);
    program.last.nodes.clear();
    program.last.stacks.clear();
  }
}

/// Finds the stacks of the first nodes that wait: their mappings must be known by now.
void MemoryRecorder::settle(Program& program, size_t count) {
  count = std::min(count, program.waiting.size());
  const ProcessState* process = tables_.tracker->find_process(program.last.pid);
  if (count == 0 || process == nullptr) return;  // a child that nobody has told of yet, or that is left out
  program.process = process->id;
  take_nodes(program, *process, count);
  program.ripe -= std::min(count, program.ripe);
}

StackTools MemoryRecorder::tools_for(const Program& program, const ProcessState* process) const {
  return {.process = process,
          .python = tables_.python->find(program.last.pid),
          .python_frames = tables_.python_frames,
          .namer = tables_.namer};
}

void MemoryRecorder::take_nodes(Program& program, const ProcessState& process, size_t count) {
  const StackTools tools = tools_for(program, &process);
  for (size_t i = 0; i < count; ++i) program.stacks.add(program.waiting[i], tools);
  program.waiting.erase(program.waiting.begin(), program.waiting.begin() + static_cast<ptrdiff_t>(count));
}

void MemoryRecorder::look() {
  for (const auto& [ring, pid] : reader_.rings_without_python()) {
    const PythonProcess* python = tables_.python->find(pid);
    if (python == nullptr) continue;
    reader_.tell_python(ring, python->frames.runtime().layout.walk);
    has_python_ = true;
  }
  if (!has_python_) return;
  for (const heap::PythonNodes& found : reader_.take_python_nodes()) {
    Program& program = programs_[found.ring];
    program.last.pid = found.pid;
    const StackTools tools = tools_for(program, nullptr);
    for (const auto& [id, node] : found.nodes) program.stacks.name_python(id, node, tools);
  }
}

void MemoryRecorder::take(uint64_t now_ns, RecordingDelta& delta) {
  add_points(now_ns, delta);
  if (!stopped_ && now_ns < next_rows_ns_) return;
  next_rows_ns_ = now_ns + kRowsIntervalNs;
  read_news(stopped_);
  for (auto& [ring, program] : programs_) {
    if (program.closed) continue;
    settle(program, stopped_ ? program.waiting.size() : program.ripe);
    program.ripe = program.waiting.size();
    add_rows(program, delta);
    program.closed = program.last.ended && program.sums.empty();
  }
  std::sort(delta.memory.begin(), delta.memory.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  add_process_rows(delta);
}

void MemoryRecorder::add_rows(Program& program, RecordingDelta& delta) {
  for (auto entry = program.sums.begin(); entry != program.sums.end();) {
    const heap::StackSums& sums = entry->second;
    if (sums.node >= program.stacks.count()) {
      ++entry;
      continue;
    }
    const auto [known, added] = program.rows.try_emplace(entry->first, rows_);
    if (added) ++rows_;
    delta.memory.emplace_back(known->second, MemoryRow{.process = program.process,
                                                       .stack = program.stacks.stack(sums.node),
                                                       .kind = sums.kind,
                                                       .allocated = heap::rounded(sums.allocated),
                                                       .peak = heap::rounded(sums.peak),
                                                       .live = heap::rounded(sums.live),
                                                       .temporary = heap::rounded(sums.temporary)});
    entry = program.sums.erase(entry);
  }
}

/// A process that became another program is one process: its sums are those of both.
void MemoryRecorder::add_process_rows(RecordingDelta& delta) {
  std::map<uint32_t, MemoryProcessRow> rows;
  for (const auto& [ring, program] : programs_) {
    if (program.process.is_none()) continue;
    MemoryProcessRow& row = rows[program.process.value];
    if (whole(program.last.peak_bytes) >= row.peak_bytes) {
      row.peak_bytes = whole(program.last.peak_bytes);
      row.peak_ns = relative(program.last.peak_ns);
    }
    if (whole(program.last.mapped_peak_bytes) >= row.mapped_peak_bytes) {
      row.mapped_peak_bytes = whole(program.last.mapped_peak_bytes);
      row.mapped_peak_ns = relative(program.last.mapped_peak_ns);
    }
    row.invalid_frees += program.last.invalid_frees;
    for (size_t i = 0; i < row.sizes.size(); ++i) add(row.sizes[i], heap::rounded(program.last.sizes[i]));
  }
  for (const auto& [id, row] : rows) delta.memory_processes.emplace_back(ProcessId{id}, row);
}

void MemoryRecorder::add_points(uint64_t now_ns, RecordingDelta& delta) {
  if (now_ns < next_point_ns_) return;
  next_point_ns_ = now_ns + kPointIntervalNs;
  for (const heap::HeapLevel& level : reader_.levels()) {
    const auto program = programs_.find(level.ring);
    if (program == programs_.end() || program->second.process.is_none()) continue;
    delta.memory_points.push_back({.time_ns = relative(now_ns),
                                   .process = program->second.process,
                                   .live_bytes = whole(level.live_bytes),
                                   .mapped_bytes = whole(level.mapped_bytes)});
  }
}

MemoryCounts MemoryRecorder::counts() const {
  MemoryCounts counts;
  std::vector<uint32_t> processes;
  for (const auto& [ring, program] : programs_) {
    if (program.process.is_none()) continue;
    processes.push_back(program.process.value);
    counts.events += program.last.events;
    counts.lost += program.last.lost;
    if (program.last.off_reason != heap::OffReason::none && counts.not_judged.empty()) {
      counts.not_judged = fmt::format("the agent in process {} turned itself off: {}", program.last.pid,
                                      program.last.off_reason == heap::OffReason::stalled
                                          ? "Strobe did not take its events for 2 s"
                                          : "there was no memory for it");
    }
  }
  counts.unseen = unseen_.rows();
  std::sort(processes.begin(), processes.end());
  counts.processes =
      static_cast<uint64_t>(std::unique(processes.begin(), processes.end()) - processes.begin());
  return counts;
}

}  // namespace strobe::record
