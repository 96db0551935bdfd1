#include "store/profile_loader.h"

#include <algorithm>
#include <string>
#include <utility>

#include "store/enum_names.h"
#include "store/fields.h"
#include "store/memory_rows.h"
#include "store/open_recording.h"
#include "store/row_reader.h"
#include "store/validate.h"

namespace strobe::store {
namespace {

class ProfileLoader {
 public:
  ProfileLoader(Database& database, uint64_t size_bytes) : database_(database), budget_bytes_(size_bytes) {}

  Result<Profile> load() {
    auto result = load_meta();
    if (result) result = load_names();
    if (result) result = load_places();
    if (result) result = load_samples();
    if (result) result = load_waits();
    if (result) result = load_memory();
    if (result) result = load_sources();
    if (result) result = load_quality();
    if (result) result = load_quality_lists();
    if (!result) return pass(std::move(result));
    if (auto checked = check_profile(profile_); !checked) return damaged(checked.error().what);
    return std::move(profile_);
  }

 private:
  tl::unexpected<Error> damaged(const std::string& why) {
    return fail(ErrorCode::malformed, "read " + database_.path() + ": the recording is damaged: " + why,
                kDamagedHint);
  }

  /// A row of any table takes at least this much of the file beside its texts: length, id, header, numbers.
  bool spend(uint64_t text_bytes) {
    constexpr uint64_t kMinRowBytes = 4;
    const uint64_t cost = text_bytes + kMinRowBytes;
    if (cost > budget_bytes_) return false;
    budget_bytes_ -= cost;
    return true;
  }

  /// All rows in the order of their ids, which count from 0 without gaps, or, where rows at the beginning may
  /// have been dropped, from `first`, which is told; `decode(reader, row)` reads the columns behind the id.
  template <class Row, class Decode>
  Result<void> load_rows(const char* table, std::vector<Row>& rows, Decode decode,
                         uint64_t* first = nullptr) {
    auto statement = database_.prepare(std::string("SELECT * FROM ") + table + " ORDER BY id");
    if (!statement) return pass(std::move(statement));
    uint64_t base = 0;
    while (statement->next()) {
      if (first != nullptr && rows.empty() && statement->integer(0) > 0) {
        base = *first = static_cast<uint64_t>(statement->integer(0));
      }
      if (std::cmp_not_equal(statement->integer(0), base + rows.size())) {
        return damaged(std::string("ids of table ") + table);
      }
      RowReader reader(*statement);
      decode(reader, rows.emplace_back());
      if (!reader.ok()) return damaged(std::string("values in table ") + table);
      if (!spend(reader.text_bytes())) return damaged(std::string("more rows than bytes in table ") + table);
    }
    return statement->status();
  }

  Result<Values> load_values(const char* table) {
    auto statement = database_.prepare(std::string("SELECT key, value FROM ") + table);
    if (!statement) return pass(std::move(statement));
    Values values;
    while (statement->next()) {
      const std::string key(statement->text(0));
      Value value;
      switch (statement->column_type(1)) {
        case SQLITE_INTEGER:
          value = statement->integer(1);
          break;
        case SQLITE_FLOAT:
          value = statement->real(1);
          break;
        case SQLITE_TEXT:
          value = std::string(statement->text(1));
          break;
        default:
          break;
      }
      const auto* text = std::get_if<std::string>(&value);
      if (!spend(key.size() + (text == nullptr ? 0 : text->size()))) {
        return damaged(std::string("more rows than bytes in table ") + table);
      }
      values.insert_or_assign(key, std::move(value));
    }
    if (auto status = statement->status(); !status) return pass(std::move(status));
    return values;
  }

  Result<void> load_meta() {
    auto values = load_values("meta");
    if (!values) return pass(std::move(values));
    ValueReader reader(*values);
    std::string state;
    reader("state", state);
    visit_info(profile_.info, reader);
    if (!reader.ok()) return damaged("values in table meta");
    const auto known = find_state(state);
    if (!known) return damaged("its state");
    profile_.state = *known;
    return {};
  }

  Result<void> load_names() {
    auto result =
        load_rows("string", profile_.strings, [](RowReader& in, std::string& row) { in.read(row); });
    if (!result) return result;
    result = load_rows("process", profile_.processes, [](RowReader& in, ProcessRow& row) {
      in.read(row.pid);
      in.read(row.parent);
      in.read(row.command);
      in.read(row.command_line);
      in.read(row.start_ns);
      in.read(row.end_ns);
      in.read(row.exited);
      in.read(row.exit_status);
      in.read(row.user_ns);
      in.read(row.system_ns);
    });
    if (!result) return result;
    return load_rows("thread", profile_.threads, [](RowReader& in, ThreadRow& row) {
      in.read(row.process);
      in.read(row.tid);
      in.read(row.name);
      in.read(row.start_ns);
      in.read(row.end_ns);
      in.read(row.cpu_ns);
    });
  }

  Result<void> load_places() {
    auto result = load_rows("module", profile_.modules, [](RowReader& in, ModuleRow& row) {
      in.read_enum(row.kind, ModuleKind::unknown);
      in.read(row.path);
      in.read(row.build_id);
      in.read(row.process);
      in.read(row.file_size);
      in.read(row.mtime_ns);
      in.read(row.interpreter);
    });
    if (!result) return result;
    result = load_rows("function", profile_.functions, [](RowReader& in, FunctionRow& row) {
      in.read(row.name);
      in.read(row.linkage_name);
      in.read(row.module);
      in.read(row.file);
      in.read(row.line);
      in.read_enum(row.language, Language::kernel);
    });
    if (!result) return result;
    return load_rows("frame", profile_.frames, [](RowReader& in, FrameRow& row) {
      in.read_enum(row.kind, FrameKind::interpreter);
      in.read(row.module);
      in.read(row.address);
      in.read(row.function);
      in.read(row.line);
      in.read(row.file);
      in.read(row.outer);
    });
  }

  Result<void> load_samples() {
    auto result = load_rows(
        "stack", profile_.stacks,
        [](RowReader& in, StackRow& row) {
          in.read(row.parent);
          in.read(row.frame);
        },
        &first_stack_);
    if (!result) return result;
    result = load_rows(
        "sample", profile_.samples,
        [](RowReader& in, SampleRow& row) {
          in.read(row.time_ns);
          in.read(row.thread);
          in.read(row.stack);
          in.read_enum(row.stack_class, StackClass::none);
          in.read_enum(row.python, PythonState::gc);
        },
        &first_sample_);
    if (result) result = load_stretches();
    if (!result) return result;
    return rebase_stacks();
  }

  /// Tables that recordings of earlier Strobes do not have.
  Result<bool> has(std::string_view table) { return has_table(database_, table); }

  Result<void> load_stretches() {
    const auto there = has("stretch");
    if (!there || !*there) return there ? Result<void>{} : tl::unexpected(there.error());
    return load_rows(
        "stretch", profile_.stretches,
        [](RowReader& in, StretchRow& row) {
          in.read(row.start_ns);
          in.read(row.end_ns);
          in.read(row.thread);
          in.read_enum(row.state, ThreadState::cond);
          in.read(row.runnable_ns);
          in.read(row.weight);
          in.read(row.stack);
          in.read_enum(row.stack_class, StackClass::none);
          in.read_enum(row.python, PythonState::gc);
          in.read(row.object);
          in.read(row.object_address);
          in.read(row.owner);
          in.read(row.waker);
        },
        &first_stretch_);
  }

  /// All rows of a table that may not be there.
  template <class Row>
  Result<void> load_optional(const char* table, std::vector<Row>& rows, uint64_t* first = nullptr) {
    const auto there = has(table);
    if (!there || !*there) return there ? Result<void>{} : tl::unexpected(there.error());
    return load_rows(
        table, rows, [](RowReader& in, Row& row) { read_row(in, row); }, first);
  }

  Result<void> load_memory() {
    uint64_t first = 0;  // rows with a time can be dropped with the samples of theirs
    auto result = load_optional("counter", profile_.counters, &first);
    if (result) result = load_optional("memory_point", profile_.memory_points, &first);
    if (result) result = load_optional("memory", profile_.memory);
    if (result) result = load_memory_processes();
    if (!result) return result;
    const auto by_time = [](const auto& a, const auto& b) { return a.time_ns < b.time_ns; };
    std::ranges::stable_sort(profile_.counters, by_time);
    std::ranges::stable_sort(profile_.memory_points, by_time);
    for (MemoryRow& row : profile_.memory) {
      if (row.stack.is_none()) continue;
      row.stack = row.stack.value < first_stack_ ? StackId{} : StackId{row.stack.value - base_of_stacks()};
    }
    return {};
  }

  [[nodiscard]] uint32_t base_of_stacks() const { return static_cast<uint32_t>(first_stack_); }

  Result<void> load_memory_processes() {
    const auto there = has("memory_process");
    if (!there || !*there) return there ? Result<void>{} : tl::unexpected(there.error());
    auto statement = database_.prepare("SELECT * FROM memory_process ORDER BY id");
    if (!statement) return pass(std::move(statement));
    while (statement->next()) {
      const int64_t id = statement->integer(0);
      if (id < 0 || std::cmp_greater_equal(id, profile_.processes.size())) {
        return damaged("ids of table memory_process");
      }
      RowReader in(*statement);
      read_row(in, profile_.memory_processes.emplace_back());
      profile_.memory_processes.back().first = ProcessId{static_cast<uint32_t>(id)};
      if (!in.ok()) return damaged("values in table memory_process");
      if (!spend(0)) return damaged("more rows than bytes in table memory_process");
    }
    if (auto status = statement->status(); !status) return status;
    return load_memory_sizes();
  }

  Result<void> load_memory_sizes() {
    const auto there = has("memory_size");
    if (!there || !*there)
      return there ? damaged("a table of memory is missing") : tl::unexpected(there.error());
    auto statement = database_.prepare("SELECT 0, process, size_bits, bytes, count FROM memory_size");
    if (!statement) return pass(std::move(statement));
    while (statement->next()) {
      ProcessId process;
      uint8_t bits = 0;
      MemoryAmount size;
      RowReader in(*statement);
      in.read(process);
      in.read(bits);
      in.read(size.bytes);
      in.read(size.count);
      const auto of = std::ranges::lower_bound(profile_.memory_processes, process, {},
                                               [](const auto& row) { return row.first; });
      if (!in.ok() || bits >= kMemorySizeClasses || of == profile_.memory_processes.end() ||
          of->first != process) {
        return damaged("values in table memory_size");
      }
      of->second.sizes[bits] = size;
      if (!spend(0)) return damaged("more rows than bytes in table memory_size");
    }
    return statement->status();
  }

  /// How long threads waited: of all threads, or of those from the first one on that did, in any number.
  Result<void> load_waits() {
    const auto there = has("thread_wait");
    if (!there || !*there) return there ? Result<void>{} : tl::unexpected(there.error());
    auto statement = database_.prepare("SELECT * FROM thread_wait ORDER BY id");
    if (!statement) return pass(std::move(statement));
    while (statement->next()) {
      const int64_t id = statement->integer(0);
      if (id < 0 || std::cmp_greater_equal(id, profile_.threads.size())) {
        return damaged("ids of table thread_wait");
      }
      ThreadRow& row = profile_.threads[static_cast<size_t>(id)];
      RowReader in(*statement);
      in.read(row.waited_ns);
      in.read(row.runnable_ns);
      in.read(row.voluntary_switches);
      in.read(row.forced_switches);
      if (!in.ok()) return damaged("values in table thread_wait");
      if (!spend(0)) return damaged("more rows than bytes in table thread_wait");
    }
    return statement->status();
  }

  /// Makes ids of stacks indices, where the first ones were dropped. check_profile() does the rest.
  Result<void> rebase_stacks() {
    if (first_stack_ == 0) return {};
    bool good = true;
    const auto rebase = [&](StackId& id) {
      if (id.is_none()) return;
      good = good && id.value >= first_stack_;
      id.value = good ? static_cast<uint32_t>(id.value - first_stack_) : 0;
    };
    for (StackRow& row : profile_.stacks) rebase(row.parent);
    for (SampleRow& row : profile_.samples) rebase(row.stack);
    for (StretchRow& row : profile_.stretches) rebase(row.stack);
    if (!good) return damaged("its stacks refer to dropped ones");
    return {};
  }

  Result<void> load_sources() {
    const auto there = has("source");
    if (!there || !*there) return there ? Result<void>{} : tl::unexpected(there.error());
    return load_rows("source", profile_.sources, [](RowReader& in, SourceRow& row) {
      in.read(row.path);
      in.read_enum(row.state, SourceState::ambiguous);
      in.read(row.mtime_ns);
      in.read(row.md5);
      in.read(row.expected_md5);
      in.read(row.text);
    });
  }

  Result<void> load_quality() {
    auto values = load_values("quality");
    if (!values) return pass(std::move(values));
    ValueReader reader(*values);
    visit_quality(profile_.quality, reader);
    if (!reader.ok()) return damaged("values in table quality");
    if (profile_.state != RecordingState::open) {
      if (first_sample_ != (profile_.samples.empty() ? 0 : profile_.quality.dropped.samples)) {
        return damaged("ids of table sample");
      }
      if (first_stretch_ != (profile_.stretches.empty() ? 0 : profile_.quality.dropped.stretches)) {
        return damaged("ids of table stretch");
      }
      if (first_stack_ != 0 && !profile_.quality.dropped.any()) return damaged("ids of table stack");
    } else {
      note_dropped();
    }
    return {};
  }

  /// Of a recording that is open: the quality was still to come.
  void note_dropped() {
    DroppedCounts& dropped = profile_.quality.dropped;
    dropped.samples = first_sample_;
    dropped.stretches = first_stretch_;
    if (first_sample_ != 0 && !profile_.samples.empty()) dropped.until_ns = profile_.samples.front().time_ns;
    if (first_stretch_ != 0 && !profile_.stretches.empty()) {
      dropped.until_ns = std::max(dropped.until_ns, profile_.stretches.front().end_ns);
    }
  }

  struct StoredBlame {
    std::string subject, module, reason;
    uint64_t count = 0;
  };

  Result<void> load_quality_lists() {
    std::vector<StoredBlame> blame;
    auto result = load_rows("quality_blame", blame, [](RowReader& in, StoredBlame& row) {
      in.read(row.subject);
      in.read(row.module);
      in.read(row.reason);
      in.read(row.count);
    });
    if (!result) return result;
    Quality& quality = profile_.quality;
    for (StoredBlame& row : blame) {
      const auto reason = find_loss_reason(row.reason);
      std::vector<Blame>* list = row.subject == kStackSubject    ? &quality.stacks.blame
                                 : row.subject == kSymbolSubject ? &quality.symbols.blame
                                 : row.subject == kPythonSubject ? &quality.python.blame
                                                                 : nullptr;
      if (!reason || list == nullptr) return damaged("values in table quality_blame");
      list->push_back({std::move(row.module), *reason, row.count});
    }
    result = load_rows("quality_interpreter", quality.python.interpreters,
                       [](RowReader& in, std::string& row) { in.read(row); });
    if (!result) return result;
    result = load_rows("quality_unsampled", quality.unsampled, [](RowReader& in, UnsampledProcess& row) {
      in.read(row.pid);
      in.read(row.command);
      in.read(row.reason);
      in.read(row.count);
      in.read(row.cpu_ns);
    });
    if (!result) return result;
    result = load_optional("quality_unseen", quality.memory.unseen);
    if (!result) return result;
    return load_rows("quality_warning", quality.warnings,
                     [](RowReader& in, std::string& row) { in.read(row); });
  }

  Database& database_;
  uint64_t budget_bytes_;
  uint64_t first_stack_ = 0;
  uint64_t first_sample_ = 0;
  uint64_t first_stretch_ = 0;
  Profile profile_;
};

}  // namespace

Result<Profile> load_profile(Database& database, uint64_t size_bytes) {
  return ProfileLoader(database, size_bytes).load();
}

}  // namespace strobe::store
