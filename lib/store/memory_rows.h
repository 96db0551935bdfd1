// The tables of memory (counter, memory*, quality_unseen): written and read. Recordings of earlier Strobes do
// not have them, so that nothing here is prepared before there is a row. Transactions are the caller's. One
// thread, like the Database.
#pragma once

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/recording.h"
#include "store/database.h"
#include "store/row_reader.h"

namespace strobe::store {

class MemoryRows {
 public:
  /// `database` is borrowed and has to outlive this.
  explicit MemoryRows(Database& database) : database_(&database) {}

  // Rows with ids first, first+1, …
  Result<void> add_counters(uint64_t first, const std::vector<CounterRow>& rows);
  Result<void> add_points(uint64_t first, const std::vector<MemoryPointRow>& rows);

  // Rows that are inserted or replaced.
  Result<void> put(const std::vector<std::pair<uint32_t, MemoryRow>>& rows);
  Result<void> put_processes(const std::vector<std::pair<ProcessId, MemoryProcessRow>>& rows);
  /// Replaces the whole table.
  Result<void> put_unseen(const std::vector<UnseenProcess>& rows);

 private:
  enum Insert : size_t { kCounter, kMemory, kProcess, kSize, kPoint, kUnseen, kStatementCount };
  template <class... Args>
  Result<void> insert(Insert which, const Args&... args);

  Database* database_;
  std::array<std::optional<Statement>, kStatementCount> statements_;
};

// What a row's columns behind its id mean.
void read_row(RowReader& in, CounterRow& row);
void read_row(RowReader& in, MemoryRow& row);
/// Without the sizes.
void read_row(RowReader& in, std::pair<ProcessId, MemoryProcessRow>& row);
void read_row(RowReader& in, MemoryPointRow& row);
void read_row(RowReader& in, UnseenProcess& row);

}  // namespace strobe::store
