#include "store/memory_rows.h"

#include "store/open_recording.h"

namespace strobe::store {

template <class... Args>
Result<void> MemoryRows::insert(Insert which, const Args&... args) {
  constexpr std::array<std::string_view, kStatementCount> kSql = {
      "INSERT OR REPLACE INTO counter VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      "INSERT OR REPLACE INTO memory VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      "INSERT OR REPLACE INTO memory_process VALUES (?, ?, ?, ?, ?, ?)",
      "INSERT OR REPLACE INTO memory_size VALUES (?, ?, ?, ?)",
      "INSERT OR REPLACE INTO memory_point VALUES (?, ?, ?, ?, ?)",
      "INSERT OR REPLACE INTO quality_unseen VALUES (?, ?, ?, ?, ?)",
  };
  std::optional<Statement>& statement = statements_[which];
  if (!statement) {
    auto prepared = database_->prepare(kSql[which]);
    if (!prepared) return pass(std::move(prepared));
    statement = std::move(*prepared);
  }
  return statement->run(args...);
}

Result<void> MemoryRows::add_counters(uint64_t first, const std::vector<CounterRow>& rows) {
  for (const CounterRow& row : rows) {
    auto result = insert(kCounter, first++, row.time_ns, row.process, row.rss_bytes, row.anonymous_bytes,
                         row.file_bytes, row.shmem_bytes, row.swap_bytes, row.peak_rss_bytes, row.pss_bytes,
                         row.private_bytes, row.minor_faults, row.major_faults);
    if (!result) return result;
  }
  return {};
}

Result<void> MemoryRows::add_points(uint64_t first, const std::vector<MemoryPointRow>& rows) {
  for (const MemoryPointRow& row : rows) {
    auto result = insert(kPoint, first++, row.time_ns, row.process, row.live_bytes, row.mapped_bytes);
    if (!result) return result;
  }
  return {};
}

Result<void> MemoryRows::put(const std::vector<std::pair<uint32_t, MemoryRow>>& rows) {
  for (const auto& [id, row] : rows) {
    auto result = insert(kMemory, id, row.process, row.stack, row.kind, row.allocated.bytes,
                         row.allocated.count, row.allocated.variance, row.peak.bytes, row.peak.count,
                         row.peak.variance, row.live.bytes, row.live.count, row.live.variance,
                         row.temporary.bytes, row.temporary.count, row.temporary.variance);
    if (!result) return result;
  }
  return {};
}

Result<void> MemoryRows::put_processes(const std::vector<std::pair<ProcessId, MemoryProcessRow>>& rows) {
  for (const auto& [process, row] : rows) {
    auto result = insert(kProcess, process, row.peak_bytes, row.peak_ns, row.mapped_peak_bytes,
                         row.mapped_peak_ns, row.invalid_frees);
    for (size_t bits = 0; bits < row.sizes.size(); ++bits) {
      const MemoryAmount& size = row.sizes[bits];
      if (result && size.count != 0) result = insert(kSize, process, bits, size.bytes, size.count);
    }
    if (!result) return result;
  }
  return {};
}

Result<void> MemoryRows::put_unseen(const std::vector<UnseenProcess>& rows) {
  auto there = has_table(*database_, "quality_unseen");
  if (!there) return pass(std::move(there));
  if (!*there) return {};
  auto result = database_->execute("DELETE FROM quality_unseen");
  int64_t id = 0;
  for (const UnseenProcess& row : rows) {
    if (result) result = insert(kUnseen, id++, row.pid, row.command, row.reason, row.count);
  }
  return result;
}

void read_row(RowReader& in, CounterRow& row) {
  in.read(row.time_ns);
  in.read(row.process);
  in.read(row.rss_bytes);
  in.read(row.anonymous_bytes);
  in.read(row.file_bytes);
  in.read(row.shmem_bytes);
  in.read(row.swap_bytes);
  in.read(row.peak_rss_bytes);
  in.read(row.pss_bytes);
  in.read(row.private_bytes);
  in.read(row.minor_faults);
  in.read(row.major_faults);
}

void read_row(RowReader& in, MemoryRow& row) {
  in.read(row.process);
  in.read(row.stack);
  in.read_enum(row.kind, MemoryKind::fault);
  for (MemoryAmount* amount : {&row.allocated, &row.peak, &row.live, &row.temporary}) {
    in.read(amount->bytes);
    in.read(amount->count);
    in.read(amount->variance);
  }
}

void read_row(RowReader& in, std::pair<ProcessId, MemoryProcessRow>& row) {
  in.read(row.second.peak_bytes);
  in.read(row.second.peak_ns);
  in.read(row.second.mapped_peak_bytes);
  in.read(row.second.mapped_peak_ns);
  in.read(row.second.invalid_frees);
}

void read_row(RowReader& in, MemoryPointRow& row) {
  in.read(row.time_ns);
  in.read(row.process);
  in.read(row.live_bytes);
  in.read(row.mapped_bytes);
}

void read_row(RowReader& in, UnseenProcess& row) {
  in.read(row.pid);
  in.read(row.command);
  in.read(row.reason);
  in.read(row.count);
}

}  // namespace strobe::store
