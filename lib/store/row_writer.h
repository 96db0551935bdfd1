// Writes the rows of a recording through prepared statements. Transactions are the caller's.
// One thread, like the Database it writes to.
#pragma once

#include <utility>
#include <vector>

#include "base/result.h"
#include "model/recording.h"
#include "store/database.h"
#include "store/memory_rows.h"

namespace strobe::store {

class RowWriter {
 public:
  /// `database` is borrowed and has to outlive the writer; its schema has to exist.
  static Result<RowWriter> make(Database& database);

  // Rows with ids first, first+1, …
  Result<void> add_strings(uint32_t first, const std::vector<std::string>& rows);
  Result<void> add_modules(uint32_t first, const std::vector<ModuleRow>& rows);
  Result<void> add_functions(uint32_t first, const std::vector<FunctionRow>& rows);
  Result<void> add_frames(uint32_t first, const std::vector<FrameRow>& rows);
  Result<void> add_stacks(uint32_t first, const std::vector<StackRow>& rows);
  Result<void> add_samples(uint64_t first, const std::vector<SampleRow>& rows);
  Result<void> add_stretches(uint64_t first, const std::vector<StretchRow>& rows);
  Result<void> add_counters(uint64_t first, const std::vector<CounterRow>& rows) {
    return memory_.add_counters(first, rows);
  }
  Result<void> add_memory_points(uint64_t first, const std::vector<MemoryPointRow>& rows) {
    return memory_.add_points(first, rows);
  }

  // Rows that are inserted or replaced.
  Result<void> put_process(ProcessId id, const ProcessRow& row);
  Result<void> put_thread(ThreadId id, const ThreadRow& row);
  /// Deletes the oldest rows; their pages are used again, so that little of this goes through the log.
  Result<void> drop_before(const DropMark& mark);
  /// The processes, threads, memory by stack, quality and info of a delta.
  Result<void> put_rows(const RecordingDelta& delta);
  Result<void> put_frame(FrameId id, const FrameRow& row);
  Result<void> put_info(const RecordingInfo& info);
  Result<void> put_quality(const Quality& quality);  ///< the whole of it, replacing what is there
  Result<void> put_state(RecordingState state);

 private:
  enum Insert : size_t {
    kMeta,
    kString,
    kProcess,
    kThread,
    kModule,
    kFunction,
    kFrame,
    kStack,
    kSample,
    kStretch,
    kThreadWait,
    kQuality,
    kBlame,
    kUnsampled,
    kInterpreter,
    kWarning,
    kStackBatch,
    kSampleBatch,
    kStretchBatch,
    kStatementCount,
  };
  explicit RowWriter(Database& database) : database_(&database), memory_(database) {}
  Statement& insert(Insert which) { return statements_[which]; }
  Result<void> put_blame(const char* subject, const std::vector<Blame>& rows, int64_t& next_id);

  Database* database_;
  MemoryRows memory_;
  bool waits_ = false;                 ///< some thread's waiting was recorded: that of all is stored then
  std::vector<Statement> statements_;  ///< one INSERT OR REPLACE per Insert, in its order
};

}  // namespace strobe::store
