#include "store/row_writer.h"

#include <array>
#include <string>

#include "store/enum_names.h"
#include "store/fields.h"

namespace strobe::store {
namespace {

/// Rows of the large tables go in so many at a time, which costs 0.26 µs a row instead of 0.41.
constexpr size_t kBatchRows = 20;
constexpr int kStackColumns = 3;
constexpr int kSampleColumns = 6;
constexpr int kStretchColumns = 14;

std::string batch_sql(std::string_view table, int columns) {
  std::string row = "(?";
  for (int i = 1; i < columns; ++i) row += ", ?";
  row += ")";
  std::string sql = "INSERT OR REPLACE INTO " + std::string(table) + " VALUES " + row;
  for (size_t i = 1; i < kBatchRows; ++i) sql += ", " + row;
  return sql;
}

/// `bind(statement, parameter, row)` binds one row from that parameter on.
template <class Row, class Bind>
Result<void> add_many(const std::vector<Row>& rows, Statement& one, Statement& batch, int columns,
                      Bind bind) {
  const size_t in_batches = rows.size() - rows.size() % kBatchRows;
  for (size_t i = 0; i < rows.size(); ++i) {
    const bool batched = i < in_batches;
    Statement& statement = batched ? batch : one;
    const auto place = static_cast<int>(batched ? i % kBatchRows : 0);
    bind(statement, 1 + place * columns, rows[i]);
    if (batched && i % kBatchRows + 1 < kBatchRows) continue;
    if (auto result = statement.run_bound(); !result) return result;
  }
  return {};
}

}  // namespace

Result<RowWriter> RowWriter::make(Database& database) {
  constexpr std::array<std::string_view, kStackBatch> kStatements = {
      "INSERT OR REPLACE INTO meta VALUES (?, ?)",
      "INSERT OR REPLACE INTO string VALUES (?, ?)",
      "INSERT OR REPLACE INTO process VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      "INSERT OR REPLACE INTO thread VALUES (?, ?, ?, ?, ?, ?, ?)",
      "INSERT OR REPLACE INTO module VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      "INSERT OR REPLACE INTO function VALUES (?, ?, ?, ?, ?, ?, ?)",
      "INSERT OR REPLACE INTO frame VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      "INSERT OR REPLACE INTO stack VALUES (?, ?, ?)",
      "INSERT OR REPLACE INTO sample VALUES (?, ?, ?, ?, ?, ?)",
      "INSERT OR REPLACE INTO stretch VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      "INSERT OR REPLACE INTO thread_wait VALUES (?, ?, ?, ?, ?)",
      "INSERT OR REPLACE INTO quality VALUES (?, ?)",
      "INSERT OR REPLACE INTO quality_blame VALUES (?, ?, ?, ?, ?)",
      "INSERT OR REPLACE INTO quality_unsampled VALUES (?, ?, ?, ?, ?, ?)",
      "INSERT OR REPLACE INTO quality_interpreter VALUES (?, ?)",
      "INSERT OR REPLACE INTO quality_warning VALUES (?, ?)",
  };
  RowWriter writer(database);
  for (const std::string_view sql : kStatements) {
    auto statement = database.prepare(sql);
    if (!statement) return pass(std::move(statement));
    writer.statements_.push_back(std::move(*statement));
  }
  for (const std::string& sql : {batch_sql("stack", kStackColumns), batch_sql("sample", kSampleColumns),
                                 batch_sql("stretch", kStretchColumns)}) {
    auto statement = database.prepare(sql);
    if (!statement) return pass(std::move(statement));
    writer.statements_.push_back(std::move(*statement));
  }
  return writer;
}

Result<void> RowWriter::add_strings(uint32_t first, const std::vector<std::string>& rows) {
  uint64_t id = first;
  for (const std::string& text : rows) {
    if (auto result = insert(kString).run(id++, text); !result) return result;
  }
  return {};
}

Result<void> RowWriter::add_modules(uint32_t first, const std::vector<ModuleRow>& rows) {
  uint64_t id = first;
  for (const ModuleRow& row : rows) {
    auto result = insert(kModule).run(id++, row.kind, row.path, row.build_id, row.process, row.file_size,
                                      row.mtime_ns, row.interpreter);
    if (!result) return result;
  }
  return {};
}

Result<void> RowWriter::add_functions(uint32_t first, const std::vector<FunctionRow>& rows) {
  uint64_t id = first;
  for (const FunctionRow& row : rows) {
    auto result =
        insert(kFunction).run(id++, row.name, row.linkage_name, row.module, row.file, row.line, row.language);
    if (!result) return result;
  }
  return {};
}

Result<void> RowWriter::add_frames(uint32_t first, const std::vector<FrameRow>& rows) {
  uint32_t id = first;
  for (const FrameRow& row : rows) {
    if (auto result = put_frame(FrameId{id++}, row); !result) return result;
  }
  return {};
}

Result<void> RowWriter::add_stacks(uint32_t first, const std::vector<StackRow>& rows) {
  uint64_t id = first;
  return add_many(rows, insert(kStack), insert(kStackBatch), kStackColumns,
                  [&](Statement& statement, int parameter, const StackRow& row) {
                    statement.bind_from(parameter, id++, row.parent, row.frame);
                  });
}

Result<void> RowWriter::add_samples(uint64_t first, const std::vector<SampleRow>& rows) {
  uint64_t id = first;
  return add_many(rows, insert(kSample), insert(kSampleBatch), kSampleColumns,
                  [&](Statement& statement, int parameter, const SampleRow& row) {
                    statement.bind_from(parameter, id++, row.time_ns, row.thread, row.stack, row.stack_class,
                                        row.python);
                  });
}

Result<void> RowWriter::add_stretches(uint64_t first, const std::vector<StretchRow>& rows) {
  uint64_t id = first;
  return add_many(rows, insert(kStretch), insert(kStretchBatch), kStretchColumns,
                  [&](Statement& statement, int parameter, const StretchRow& row) {
                    statement.bind_from(parameter, id++, row.start_ns, row.end_ns, row.thread, row.state,
                                        row.runnable_ns, row.weight, row.stack, row.stack_class, row.python,
                                        row.object, row.object_address, row.owner, row.waker);
                  });
}

Result<void> RowWriter::put_process(ProcessId id, const ProcessRow& row) {
  return insert(kProcess).run(id, row.pid, row.parent, row.command, row.command_line, row.start_ns,
                              row.end_ns, row.exited, row.exit_status, row.user_ns, row.system_ns);
}

Result<void> RowWriter::put_thread(ThreadId id, const ThreadRow& row) {
  auto result = insert(kThread).run(id, row.process, row.tid, row.name, row.start_ns, row.end_ns, row.cpu_ns);
  waits_ = waits_ || row.waited_ns != 0 || row.voluntary_switches != 0 || row.forced_switches != 0;
  if (!result || !waits_) return result;
  return insert(kThreadWait)
      .run(id, row.waited_ns, row.runnable_ns, row.voluntary_switches, row.forced_switches);
}

Result<void> RowWriter::drop_before(const DropMark& mark) {
  return database_->execute(
      "DELETE FROM sample WHERE id < " + std::to_string(mark.first_sample) +
      "; DELETE FROM stretch WHERE id < " + std::to_string(mark.first_stretch) +
      "; DELETE FROM stack WHERE id < " + std::to_string(mark.first_stack) +
      "; DELETE FROM counter WHERE time_ns < (SELECT time_ns FROM sample LIMIT 1)"
      "; DELETE FROM memory_point WHERE time_ns < (SELECT time_ns FROM sample LIMIT 1)");
}

Result<void> RowWriter::put_rows(const RecordingDelta& delta) {
  Result<void> result;
  for (const auto& [id, row] : delta.processes) {
    if (result) result = put_process(id, row);
  }
  for (const auto& [id, row] : delta.threads) {
    if (result) result = put_thread(id, row);
  }
  if (result) result = memory_.put(delta.memory);
  if (result) result = memory_.put_processes(delta.memory_processes);
  if (result && delta.quality) result = put_quality(*delta.quality);
  if (result && delta.info) result = put_info(*delta.info);
  return result;
}

Result<void> RowWriter::put_frame(FrameId id, const FrameRow& row) {
  return insert(kFrame).run(id, row.kind, row.module, row.address, row.function, row.line, row.file,
                            row.outer);
}

Result<void> RowWriter::put_info(const RecordingInfo& info) {
  Result<void> result;
  visit_info(info, [&](std::string_view key, const auto& value) {
    if (result) result = insert(kMeta).run(key, value);
  });
  return result;
}

Result<void> RowWriter::put_state(RecordingState state) {
  return insert(kMeta).run(std::string_view("state"), name_of(state));
}

Result<void> RowWriter::put_quality(const Quality& quality) {
  auto result = database_->execute(
      "DELETE FROM quality; DELETE FROM quality_blame; DELETE FROM quality_unsampled;"
      "DELETE FROM quality_interpreter; DELETE FROM quality_warning");
  visit_quality(quality, [&](std::string_view key, const auto& value) {
    if (result) result = insert(kQuality).run(key, value);
  });
  int64_t next_blame = 0;
  if (result) result = put_blame(kStackSubject, quality.stacks.blame, next_blame);
  if (result) result = put_blame(kSymbolSubject, quality.symbols.blame, next_blame);
  if (result) result = put_blame(kPythonSubject, quality.python.blame, next_blame);
  int64_t id = 0;
  for (const UnsampledProcess& row : quality.unsampled) {
    if (result)
      result = insert(kUnsampled).run(id++, row.pid, row.command, row.reason, row.count, row.cpu_ns);
  }
  id = 0;
  for (const std::string& text : quality.python.interpreters) {
    if (result) result = insert(kInterpreter).run(id++, text);
  }
  id = 0;
  for (const std::string& text : quality.warnings) {
    if (result) result = insert(kWarning).run(id++, text);
  }
  return result ? memory_.put_unseen(quality.memory.unseen) : result;
}

Result<void> RowWriter::put_blame(const char* subject, const std::vector<Blame>& rows, int64_t& next_id) {
  for (const Blame& row : rows) {
    auto result =
        insert(kBlame).run(next_id++, std::string_view(subject), row.module, name_of(row.reason), row.count);
    if (!result) return result;
  }
  return {};
}

}  // namespace strobe::store
