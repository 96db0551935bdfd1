#include "store/validate.h"

#include <algorithm>
#include <string>

namespace strobe::store {
namespace {

template <class Tag, class Row>
bool within(StrongId<Tag> id, const std::vector<Row>& table) {
  return id.index() < table.size();
}

template <class Tag, class Row>
bool none_or_within(StrongId<Tag> id, const std::vector<Row>& table) {
  return id.is_none() || within(id, table);
}

/// Whether following `next(row)` from any row comes to an end. Every row is visited at most twice.
template <class Row, class Next>
bool chains_end(const std::vector<Row>& rows, Next next) {
  std::vector<uint32_t> visited_by(rows.size(), UINT32_MAX);
  for (uint32_t start = 0; start < rows.size(); ++start) {
    uint32_t at = start;
    while (at < rows.size() && visited_by[at] == UINT32_MAX) {
      visited_by[at] = start;
      at = next(rows[at]).value;
    }
    if (at < rows.size() && visited_by[at] == start) return false;
  }
  return true;
}

/// Times and sizes: 64 bits are stored by their bits, so a negative number shows as one above 146 years.
template <class... Amounts>
bool sane(Amounts... amounts) {
  constexpr uint64_t kMost = uint64_t{1} << 62;
  return ((static_cast<uint64_t>(amounts) < kMost) && ...);
}

bool is_possible(const StretchRow& row) {
  return sane(row.start_ns, row.end_ns) && row.start_ns <= row.end_ns &&
         row.runnable_ns <= row.end_ns - row.start_ns && row.weight != 0;
}

bool is_possible(const MemoryAmount& amount) {
  return sane(amount.bytes, amount.count) && amount.variance >= 0;
}

bool is_possible(const MemoryRow& row) {
  return is_possible(row.allocated) && is_possible(row.peak) && is_possible(row.live) &&
         is_possible(row.temporary);
}

bool is_possible(const MemoryProcessRow& row) {
  return sane(row.peak_bytes, row.peak_ns, row.mapped_peak_bytes, row.mapped_peak_ns, row.invalid_frees) &&
         std::ranges::all_of(row.sizes, [](const MemoryAmount& size) { return is_possible(size); });
}

bool is_possible(const MemoryPointRow& row) { return sane(row.time_ns, row.live_bytes, row.mapped_bytes); }

bool is_possible(const CounterRow& row) {
  return sane(row.time_ns, row.rss_bytes, row.anonymous_bytes, row.file_bytes, row.shmem_bytes,
              row.swap_bytes, row.peak_rss_bytes, row.pss_bytes.value_or(0), row.private_bytes.value_or(0),
              row.minor_faults, row.major_faults);
}

bool check_amounts(const Profile& p) {
  const RecordingInfo& info = p.info;
  if (!sane(info.duration_ns, info.period_ns, info.start_monotonic_ns)) return false;
  for (const ModuleRow& row : p.modules) {
    if (!sane(row.file_size)) return false;
  }
  for (const ProcessRow& row : p.processes) {
    if (!sane(row.start_ns, row.end_ns, row.user_ns, row.system_ns)) return false;
  }
  for (const ThreadRow& row : p.threads) {
    if (!sane(row.start_ns, row.end_ns, row.cpu_ns, row.waited_ns, row.runnable_ns)) return false;
  }
  for (const SampleRow& row : p.samples) {
    if (!sane(row.time_ns)) return false;
  }
  for (const StretchRow& row : p.stretches) {
    if (!is_possible(row)) return false;
  }
  return true;
}

bool check_places(const Profile& p) {
  for (const FrameRow& row : p.frames) {
    if (!none_or_within(row.module, p.modules) || !none_or_within(row.function, p.functions) ||
        !none_or_within(row.file, p.strings) || !none_or_within(row.outer, p.frames)) {
      return false;
    }
  }
  for (const FunctionRow& row : p.functions) {
    if (!none_or_within(row.name, p.strings) || !none_or_within(row.linkage_name, p.strings) ||
        !none_or_within(row.module, p.modules) || !none_or_within(row.file, p.strings)) {
      return false;
    }
  }
  for (const ModuleRow& row : p.modules) {
    if (!none_or_within(row.path, p.strings) || !none_or_within(row.process, p.processes)) return false;
  }
  return chains_end(p.frames, [](const FrameRow& row) { return row.outer; });
}

bool check_processes(const Profile& p) {
  for (const ProcessRow& row : p.processes) {
    if (!none_or_within(row.parent, p.processes) || !none_or_within(row.command, p.strings) ||
        !none_or_within(row.command_line, p.strings)) {
      return false;
    }
  }
  for (const ThreadRow& row : p.threads) {
    if (!within(row.process, p.processes) || !none_or_within(row.name, p.strings)) return false;
  }
  return chains_end(p.processes, [](const ProcessRow& row) { return row.parent; });
}

bool check_stacks(const Profile& p) {
  for (size_t i = 0; i < p.stacks.size(); ++i) {
    const StackRow& row = p.stacks[i];
    if (!within(row.frame, p.frames)) return false;
    if (!row.parent.is_none() && row.parent.index() >= i) return false;
  }
  for (const SampleRow& row : p.samples) {
    if (!within(row.thread, p.threads) || !none_or_within(row.stack, p.stacks)) return false;
  }
  return true;
}

bool check_stretches(const Profile& p) {
  for (const StretchRow& row : p.stretches) {
    if (!within(row.thread, p.threads) || !none_or_within(row.stack, p.stacks) ||
        !none_or_within(row.object, p.strings) || !none_or_within(row.owner, p.threads) ||
        !none_or_within(row.waker, p.threads)) {
      return false;
    }
  }
  return true;
}

bool check_memory(const Profile& p) {
  const auto of_process = [&](const auto& row) {
    return within(row.process, p.processes) && is_possible(row);
  };
  for (const MemoryRow& row : p.memory) {
    if (!of_process(row) || !none_or_within(row.stack, p.stacks)) return false;
  }
  for (const auto& [process, row] : p.memory_processes) {
    if (!within(process, p.processes) || !is_possible(row)) return false;
  }
  return std::ranges::all_of(p.counters, of_process) && std::ranges::all_of(p.memory_points, of_process);
}

template <class Tag>
bool none_or_below(StrongId<Tag> id, uint64_t size) {
  return id.is_none() || id.value < size;
}

/// The ids of strings, modules and processes in the places of a delta.
bool delta_names_places(const RecordingDelta& delta, const TableSizes& after) {
  for (const auto& [id, row] : delta.processes) {
    if (!none_or_below(row.parent, after.processes) || !none_or_below(row.command, after.strings) ||
        !none_or_below(row.command_line, after.strings)) {
      return false;
    }
  }
  for (const auto& [id, row] : delta.threads) {
    if (row.process.value >= after.processes || !none_or_below(row.name, after.strings)) return false;
  }
  for (const ModuleRow& row : delta.modules) {
    if (!none_or_below(row.path, after.strings) || !none_or_below(row.process, after.processes)) return false;
  }
  return true;
}

bool delta_names_stacks(const RecordingDelta& delta, const TableSizes& after) {
  for (const FunctionRow& row : delta.functions) {
    if (!none_or_below(row.name, after.strings) || !none_or_below(row.linkage_name, after.strings) ||
        !none_or_below(row.module, after.modules) || !none_or_below(row.file, after.strings)) {
      return false;
    }
  }
  for (const FrameRow& row : delta.frames) {
    if (!none_or_below(row.module, after.modules) || !none_or_below(row.file, after.strings) ||
        !none_or_below(row.function, after.functions)) {
      return false;
    }
  }
  uint64_t id = delta.first_stack;
  for (const StackRow& row : delta.stacks) {
    if (row.frame.value >= after.frames || !none_or_below(row.parent, id++)) return false;
  }
  for (const SampleRow& row : delta.samples) {
    if (row.thread.value >= after.threads || !none_or_below(row.stack, after.stacks)) return false;
  }
  for (const StretchRow& row : delta.stretches) {
    if (row.thread.value >= after.threads || !none_or_below(row.stack, after.stacks) ||
        !none_or_below(row.object, after.strings) || !none_or_below(row.owner, after.threads) ||
        !none_or_below(row.waker, after.threads) || !is_possible(row)) {
      return false;
    }
  }
  return true;
}

/// Counts the rows of memory that are new.
bool delta_continues_memory(const RecordingDelta& delta, TableSizes& after) {
  const auto of_process = [&](const auto& row) {
    return row.process.value < after.processes && is_possible(row);
  };
  for (const auto& [id, row] : delta.memory) {
    if (id > after.memory || !of_process(row) || !none_or_below(row.stack, after.stacks)) return false;
    after.memory = std::max(after.memory, uint64_t{id} + 1);
  }
  for (const auto& [process, row] : delta.memory_processes) {
    if (process.value >= after.processes || !is_possible(row)) return false;
  }
  after.counters += delta.counters.size();
  after.memory_points += delta.memory_points.size();
  return std::ranges::all_of(delta.counters, of_process) &&
         std::ranges::all_of(delta.memory_points, of_process);
}

}  // namespace

Result<TableSizes> check_delta(const RecordingDelta& delta, const TableSizes& sizes) {
  if ((!delta.strings.empty() && delta.first_string != sizes.strings) ||
      (!delta.modules.empty() && delta.first_module != sizes.modules) ||
      (!delta.functions.empty() && delta.first_function != sizes.functions) ||
      (!delta.frames.empty() && delta.first_frame != sizes.frames) ||
      (!delta.stacks.empty() && delta.first_stack != sizes.stacks)) {
    return fail(ErrorCode::invalid_argument, "rows before these were not stored");
  }
  TableSizes after = sizes;
  after.strings += delta.strings.size();
  after.modules += delta.modules.size();
  after.functions += delta.functions.size();
  after.frames += delta.frames.size();
  after.stacks += delta.stacks.size();
  after.samples += delta.samples.size();
  after.stretches += delta.stretches.size();
  for (const auto& [id, row] : delta.processes)
    after.processes = std::max(after.processes, uint64_t{id.value} + 1);
  for (const auto& [id, row] : delta.threads) after.threads = std::max(after.threads, uint64_t{id.value} + 1);
  if (!delta_names_places(delta, after) || !delta_names_stacks(delta, after) ||
      !delta_continues_memory(delta, after)) {
    return fail(ErrorCode::invalid_argument, "these rows name others that were not stored");
  }
  return after;
}

Result<void> check_profile(const Profile& profile) {
  if (!check_places(profile)) return fail(ErrorCode::malformed, "its frames or functions refer to nothing");
  if (!check_processes(profile))
    return fail(ErrorCode::malformed, "its processes or threads refer to nothing");
  if (!check_stacks(profile)) return fail(ErrorCode::malformed, "its stacks or samples refer to nothing");
  if (!check_stretches(profile))
    return fail(ErrorCode::malformed, "its stretches off the CPU refer to nothing");
  if (!check_memory(profile)) return fail(ErrorCode::malformed, "its rows of memory make no sense");
  if (!check_amounts(profile)) return fail(ErrorCode::malformed, "its times or sizes are none");
  return {};
}

}  // namespace strobe::store
