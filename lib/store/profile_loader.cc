#include "store/profile_loader.h"

#include <limits>
#include <map>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "store/enum_names.h"
#include "store/fields.h"
#include "store/open_recording.h"
#include "store/validate.h"

namespace strobe::store {
namespace {

/// The columns of the current row, in order. A value that does not fit its field makes the row bad.
class RowReader {
 public:
  explicit RowReader(const Statement& statement) : statement_(statement) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] uint64_t text_bytes() const { return text_bytes_; }

  template <class T>
  void read(T& field) {
    const int column = column_++;
    if constexpr (IsStrongId<T>::value) {
      if (!statement_.is_null(column)) field.value = number<uint32_t>(column, T::kNone - 1);
    } else if constexpr (IsOptional<T>::value) {
      if (!statement_.is_null(column)) field = number<typename T::value_type>(column);
    } else if constexpr (std::is_same_v<T, bool>) {
      field = number<uint8_t>(column, 1) != 0;
    } else if constexpr (std::is_same_v<T, std::string>) {
      if (statement_.column_type(column) != SQLITE_TEXT) ok_ = false;
      field = statement_.text(column);
      text_bytes_ += field.size();
    } else {
      field = number<T>(column);
    }
  }
  template <class Enum>
  void read_enum(Enum& field, Enum last) {
    field = static_cast<Enum>(number<uint8_t>(column_++, static_cast<uint8_t>(last)));
  }

 private:
  template <class T>
  T number(int column, T last = std::numeric_limits<T>::max()) {
    const int64_t value = statement_.integer(column);
    if (statement_.column_type(column) != SQLITE_INTEGER) ok_ = false;
    // 64-bit numbers are stored by their bits; smaller ones have a range.
    if constexpr (sizeof(T) < sizeof(int64_t)) {
      if (std::cmp_less(value, std::numeric_limits<T>::min()) || std::cmp_greater(value, last)) ok_ = false;
    }
    return static_cast<T>(value);
  }

  const Statement& statement_;
  int column_ = 1;  // 0 is the id
  uint64_t text_bytes_ = 0;
  bool ok_ = true;
};

using Value = std::variant<std::monostate, int64_t, double, std::string>;
using Values = std::map<std::string, Value, std::less<>>;

/// Fills the fields of visit_info() and visit_quality() from a key/value table. Keys that are not there leave
/// the field alone; a value of the wrong kind makes it bad.
class ValueReader {
 public:
  explicit ValueReader(const Values& values) : values_(values) {}
  [[nodiscard]] bool ok() const { return ok_; }

  template <class T>
  void operator()(std::string_view key, T& field) {
    const auto found = values_.find(key);
    if (found == values_.end() || std::holds_alternative<std::monostate>(found->second)) return;
    const Value& value = found->second;
    if constexpr (std::is_same_v<T, std::string>) {
      assign<std::string>(value, field);
    } else if constexpr (std::is_same_v<T, double>) {
      assign<double>(value, field);
    } else if constexpr (IsOptional<T>::value) {
      field.emplace();
      (*this)(key, *field);
    } else {
      int64_t number = 0;
      assign<int64_t>(value, number);
      if constexpr (std::is_same_v<T, bool>) {
        field = number != 0;
      } else {
        if (sizeof(T) < sizeof(number) && !std::in_range<T>(number)) ok_ = false;
        field = static_cast<T>(number);
      }
    }
  }

 private:
  template <class Stored, class T>
  void assign(const Value& value, T& field) {
    if (const auto* stored = std::get_if<Stored>(&value)) {
      field = *stored;
    } else {
      ok_ = false;
    }
  }

  const Values& values_;
  bool ok_ = true;
};

class ProfileLoader {
 public:
  ProfileLoader(Database& database, uint64_t size_bytes) : database_(database), budget_bytes_(size_bytes) {}

  Result<Profile> load() {
    auto result = load_meta();
    if (result) result = load_names();
    if (result) result = load_places();
    if (result) result = load_samples();
    if (result) result = load_sources();
    if (result) result = load_quality();
    if (result) result = load_quality_lists();
    if (!result) return pass(std::move(result));
    if (auto checked = check_profile(profile_); !checked) return damaged(checked.error().what);
    return std::move(profile_);
  }

 private:
  tl::unexpected<Error> damaged(const std::string& why) {
    return fail(ErrorCode::malformed, "read " + database_.path() + ": the recording is damaged: " + why);
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
    if (!result) return result;
    return rebase_stacks();
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
    if (!good) return damaged("its stacks refer to dropped ones");
    return {};
  }

  Result<void> load_sources() {
    const auto has_sources = has_table(database_, "source");
    if (!has_sources) return tl::unexpected(has_sources.error());
    if (!*has_sources) return {};
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
      if (first_stack_ != 0 && profile_.quality.dropped.samples == 0) return damaged("ids of table stack");
    } else if (first_sample_ != 0) {  // the quality was still to come
      profile_.quality.dropped.samples = first_sample_;
      if (!profile_.samples.empty()) profile_.quality.dropped.until_ns = profile_.samples.front().time_ns;
    }
    return {};
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
    return load_rows("quality_warning", quality.warnings,
                     [](RowReader& in, std::string& row) { in.read(row); });
  }

  Database& database_;
  uint64_t budget_bytes_;
  uint64_t first_stack_ = 0;
  uint64_t first_sample_ = 0;
  Profile profile_;
};

}  // namespace

Result<Profile> load_profile(Database& database, uint64_t size_bytes) {
  return ProfileLoader(database, size_bytes).load();
}

}  // namespace strobe::store
