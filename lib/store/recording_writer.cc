// The writing half of recording_file.h: RecordingWriter and store_symbols().
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/unique_fd.h"
#include "store/file_place.h"
#include "store/open_recording.h"
#include "store/recording_file.h"
#include "store/recovery.h"
#include "store/row_writer.h"
#include "store/schema.h"
#include "store/validate.h"

namespace strobe::store {
namespace {

// Exclusive locking before WAL: then SQLite needs no shared memory and WAL works on network file systems too.
// synchronous = OFF: what is written survives a killed Strobe in the kernel's cache; nothing here promises to
// survive a loss of power, and an fsync every 200 ms would disturb the target's own disk traffic. Before WAL,
// because that change is a transaction itself.
constexpr const char* kWriterPragmas =
    "PRAGMA locking_mode = EXCLUSIVE;"
    "PRAGMA auto_vacuum = NONE;"
    "PRAGMA page_size = 4096;"
    "PRAGMA encoding = 'UTF-8';"
    "PRAGMA synchronous = OFF;"
    "PRAGMA journal_mode = WAL;";

constexpr uint64_t kPageBytes = 4096;
// A quarter of what may be had, 2 MiB at most, is kept back for the last rows. The -wal file grows to half of
// that before its pages go into the main file, so that this can still be done when everything else is full.
constexpr uint64_t kMaxReserveBytes = 2 << 20;
constexpr uint64_t kMinLogPages = 8;
constexpr int64_t kMostPages = 4'294'967'294;  // SQLite's own limit

constexpr const char* kLostEndWarning =
    "The end of this recording could not be stored: the CPU time of threads that still ran then is estimated "
    "from their samples.";

}  // namespace

struct RecordingWriter::State {
  /// Makes an empty recording of an empty file.
  static Result<std::unique_ptr<State>> make(const std::string& path);
  explicit State(Database open_database) : database(std::move(open_database)) {}

  Database database;
  std::optional<RowWriter> rows;  ///< refers to `database`; there after make()
  TableSizes sizes;
  bool lost_rows = false;  ///< an append() failed
  UniqueFd reserve;        ///< space that is given free by then

  Result<void> keep_reserve();
  /// After the first failure: makes room for the last rows.
  void make_room();
  Result<void> write(const RecordingDelta& delta);
};

Result<void> RecordingWriter::State::write(const RecordingDelta& delta) {
  Result<void> result;
  if (delta.drop) result = rows->drop_before(*delta.drop);  // first: its room is used again at once
  if (result) result = rows->add_strings(delta.first_string, delta.strings);
  if (result) result = rows->add_modules(delta.first_module, delta.modules);
  if (result) result = rows->add_functions(delta.first_function, delta.functions);
  if (result) result = rows->add_frames(delta.first_frame, delta.frames);
  if (result) result = rows->add_stacks(delta.first_stack, delta.stacks);
  if (result) result = rows->add_samples(sizes.samples, delta.samples);
  if (result) result = rows->add_stretches(sizes.stretches, delta.stretches);
  if (result) result = rows->add_counters(sizes.counters, delta.counters);
  if (result) result = rows->add_memory_points(sizes.memory_points, delta.memory_points);
  if (result) result = rows->put_rows(delta);
  return result;
}

Result<std::unique_ptr<RecordingWriter::State>> RecordingWriter::State::make(const std::string& path) {
  auto database = Database::open(path, OpenMode::read_write);
  if (!database) return pass(std::move(database));
  if (auto result = database->execute(kWriterPragmas); !result) return pass(std::move(result));
  if (auto result = in_transaction(*database, [&] { return database->execute(kSchemaSql); }); !result) {
    return pass(std::move(result));
  }
  auto state = std::make_unique<State>(std::move(*database));
  auto rows = RowWriter::make(state->database);
  if (!rows) return pass(std::move(rows));
  state->rows = std::move(*rows);
  if (auto result = state->keep_reserve(); !result) return pass(std::move(result));
  if (auto result = state->rows->put_state(RecordingState::open); !result) return pass(std::move(result));
  // Into the main file at once: without its -wal it then at least says that it is an unfinished recording.
  if (auto result = state->database.execute("PRAGMA wal_checkpoint(TRUNCATE)"); !result) {
    return pass(std::move(result));
  }
  return state;
}

Result<void> RecordingWriter::State::keep_reserve() {
  const FileSpace space = read_file_space(database.path());
  const uint64_t bytes = std::min({space.free_bytes / 4, space.max_file_bytes / 4, kMaxReserveBytes});
  reserve = reserve_space(database.path(), bytes);
  const uint64_t log_pages = std::max(bytes / 2 / kPageBytes, kMinLogPages);
  const uint64_t most_pages = (space.max_file_bytes - bytes) / kPageBytes;
  return database.execute(
      "PRAGMA wal_autocheckpoint = " + std::to_string(log_pages) +
      "; PRAGMA max_page_count = " + std::to_string(std::min(most_pages, uint64_t{kMostPages})));
}

void RecordingWriter::State::make_room() {
  reserve.reset();
  static_cast<void>(database.execute("PRAGMA max_page_count = " + std::to_string(kMostPages)));
  static_cast<void>(database.execute("PRAGMA wal_checkpoint(TRUNCATE)"));
}

RecordingWriter::RecordingWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
RecordingWriter::RecordingWriter(RecordingWriter&&) noexcept = default;
RecordingWriter& RecordingWriter::operator=(RecordingWriter&&) noexcept = default;
RecordingWriter::~RecordingWriter() = default;

Result<RecordingWriter> RecordingWriter::create(const std::string& path, bool replace) {
  auto absolute = create_file(path, replace);
  if (!absolute) return pass(std::move(absolute));
  auto state = State::make(*absolute);
  if (!state) {  // its database is closed by now
    remove_recording(*absolute);
    return pass(std::move(state));
  }
  return RecordingWriter(std::move(*state));
}

Result<void> RecordingWriter::append(const RecordingDelta& delta) {
  if (state_ == nullptr) return fail(ErrorCode::invalid_argument, "append to a recording that is finished");
  State& state = *state_;
  auto after = check_delta(delta, state.sizes);
  if (!after) {
    after.error().what = "append to " + state.database.path() + ": " + after.error().what;
    return pass(std::move(after));
  }
  auto result = in_transaction(state.database, [&] { return state.write(delta); });
  if (result) {
    state.sizes = *after;
  } else if (!state.lost_rows) {
    state.lost_rows = true;
    state.make_room();
  }
  return result;
}

namespace {

Result<void> close_copy(Database& from, const std::string& path, const RecordingDelta& closing) {
  auto copy = Database::open(path, OpenMode::read_write);
  if (!copy) return pass(std::move(copy));
  // Exclusive before the pages come, which say that the file has a -wal: then it needs no shared memory.
  auto result = copy->execute("PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = OFF");
  if (result) result = from.copy_to(*copy);
  if (!result) return result;
  auto rows = RowWriter::make(*copy);
  if (!rows) return pass(std::move(rows));
  result = in_transaction(*copy, [&] {
    auto written = rows->put_rows(closing);
    if (written) written = rows->put_state(RecordingState::recorded);
    return written;
  });
  return result ? make_plain_file(*copy) : result;
}

}  // namespace

Result<void> RecordingWriter::bound(uint64_t max_bytes) {
  if (state_ == nullptr) return fail(ErrorCode::invalid_argument, "bound a recording that is finished");
  const uint64_t log_bytes = std::min(max_bytes / 16, kMaxReserveBytes / 2);
  return state_->database.execute(
      fmt::format("PRAGMA wal_autocheckpoint = {}; PRAGMA journal_size_limit = {}",
                  std::max(log_bytes / kPageBytes, kMinLogPages), log_bytes));
}

Result<uint64_t> RecordingWriter::used_bytes() {
  if (state_ == nullptr) return fail(ErrorCode::invalid_argument, "look at a recording that is finished");
  auto pages = state_->database.query_integer("PRAGMA page_count");
  if (!pages) return pass(std::move(pages));
  auto free_pages = state_->database.query_integer("PRAGMA freelist_count");
  if (!free_pages) return pass(std::move(free_pages));
  return static_cast<uint64_t>(*pages - std::min(*pages, *free_pages)) * kPageBytes;
}

Result<void> RecordingWriter::write_copy(const std::string& path, const RecordingDelta& closing) {
  if (state_ == nullptr) return fail(ErrorCode::invalid_argument, "copy a recording that is finished");
  auto absolute = create_file(path, false);
  if (!absolute) return pass(std::move(absolute));
  auto closed = close_copy(state_->database, *absolute, closing);
  if (!closed) remove_recording(*absolute);
  return closed;
}

Result<void> RecordingWriter::finish() {
  if (state_ == nullptr) return fail(ErrorCode::invalid_argument, "finish a recording that is finished");
  const std::unique_ptr<State> state = std::move(state_);
  Result<void> result;
  if (state->lost_rows) {
    result = close_recording(state->database, UINT64_MAX, kLostEndWarning);
  } else {
    result = state->rows->put_state(RecordingState::recorded);
  }
  if (!result) return result;
  return make_plain_file(state->database);
}

void remove_recording(const std::string& path) { static_cast<void>(remove_file(path)); }

Result<void> store_symbols(const std::string& path, const SymbolDelta& symbols) {
  auto place = find_file(path);
  if (!place) return pass(std::move(place));
  auto database = open_recording(*place, OpenMode::read_write);
  if (!database) return pass(std::move(database));
  for (const auto& [table, first] :
       {std::pair("string", symbols.first_string), std::pair("frame", symbols.first_frame)}) {
    auto rows = database->query_integer(std::string("SELECT coalesce(max(id) + 1, 0) FROM ") + table);
    if (!rows) return pass(std::move(rows));
    if (std::cmp_less(*rows, first)) {
      return fail(ErrorCode::invalid_argument,
                  "store symbols in " + path + ": they belong to another recording");
    }
  }
  auto rows = RowWriter::make(*database);
  if (!rows) return pass(std::move(rows));
  return in_transaction(*database, [&]() -> Result<void> {
    auto result = database->execute(fmt::format(
        "DELETE FROM function; DELETE FROM string WHERE id >= {}; DELETE FROM frame WHERE id >= {}",
        symbols.first_string, symbols.first_frame));
    if (result) result = rows->add_strings(symbols.first_string, symbols.strings);
    if (result) result = rows->add_functions(0, symbols.functions);
    for (const auto& [id, row] : symbols.changed_frames) {
      if (result) result = rows->put_frame(id, row);
    }
    if (result) result = rows->add_frames(symbols.first_frame, symbols.frames);
    if (result) result = rows->put_quality(symbols.quality);
    if (result) result = rows->put_state(RecordingState::symbolized);
    return result;
  });
}

Result<void> store_sources(const std::string& path, const std::vector<SourceRow>& sources) {
  for (const SourceRow& row : sources) {
    if (row.text.size() <= kMaxEmbeddedFileBytes) continue;
    return fail(ErrorCode::invalid_argument, "store the source " + row.path + ": it is too large");
  }
  auto place = find_file(path);
  if (!place) return pass(std::move(place));
  auto database = open_recording(*place, OpenMode::read_write);
  if (!database) return pass(std::move(database));
  auto insert = database->prepare("INSERT INTO source VALUES (?, ?, ?, ?, ?, ?, ?)");
  if (!insert) return pass(std::move(insert));
  return in_transaction(*database, [&]() -> Result<void> {
    auto result = database->execute("DELETE FROM source");
    int64_t id = 0;
    for (const SourceRow& row : sources) {
      if (result) {
        result = insert->run(id++, row.path, row.state, row.mtime_ns, row.md5, row.expected_md5, row.text);
      }
    }
    return result;
  });
}

}  // namespace strobe::store
