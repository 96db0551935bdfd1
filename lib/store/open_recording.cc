#include "store/open_recording.h"

#include <array>

#include <fmt/format.h>

#include "store/schema.h"

namespace strobe::store {
namespace {

constexpr std::array<std::string_view, 14> kTables = {
    "meta",
    "string",
    "process",
    "thread",
    "module",
    "function",
    "frame",
    "stack",
    "sample",
    "quality",
    "quality_blame",
    "quality_unsampled",
    "quality_interpreter",
    "quality_warning",
};

constexpr std::string_view kFromOrdinaryTables =
    "FROM sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE TABLE %'";

/// Ours are ordinary tables: a view or virtual table of that name could do anything when read.
Result<void> check_tables(Database& database) {
  auto statement = database.prepare(fmt::format("SELECT name {}", kFromOrdinaryTables));
  if (!statement) return pass(std::move(statement));
  size_t found = 0;
  size_t seen = 0;
  constexpr size_t kMaxSeen = 1000;  // additions and a user's own tables are welcome, but not any number
  while (seen < kMaxSeen && statement->next()) {
    ++seen;
    for (const std::string_view name : kTables) found += statement->text(0) == name ? 1 : 0;
  }
  if (auto status = statement->status(); !status) return status;
  if (found == kTables.size()) return {};
  return fail(ErrorCode::malformed, "read " + database.path() + ": the recording lacks tables", kDamagedHint);
}

}  // namespace

Result<Database> open_recording(const FilePlace& place, OpenMode mode) {
  auto database = Database::open(place.path, mode);
  if (!database) return database;
  if (mode == OpenMode::read_write) {
    // Exclusive first: reading a -wal file then needs no shared memory. Other readers of a finished file are
    // not kept out, a Strobe that is recording keeps us out.
    if (auto result = database->execute("PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = OFF", "open");
        !result) {
      return pass(std::move(result));
    }
  }
  if (auto result = check_schema(*database); !result) return pass(std::move(result));
  return database;
}

Result<void> check_schema(Database& database) {
  auto application = database.query_integer("PRAGMA application_id");
  if (!application) return pass(std::move(application));
  if (*application != kApplicationId) {
    return fail(ErrorCode::malformed, "read " + database.path() + ": it is not a Strobe recording",
                kNoRecordingHint);
  }
  auto version = database.query_integer("PRAGMA user_version");
  if (!version) return pass(std::move(version));
  if (*version > kSchemaVersion) {
    return fail(ErrorCode::unsupported,
                "read " + database.path() + ": it was made by a newer Strobe (recording format " +
                    std::to_string(*version) + ", this Strobe knows " + std::to_string(kSchemaVersion) + ")",
                "read it with the Strobe that made it, or a newer one");
  }
  if (*version < 1) {
    return fail(ErrorCode::malformed, "read " + database.path() + ": the recording has no format number",
                kDamagedHint);
  }
  return check_tables(database);
}

Result<bool> has_table(Database& database, std::string_view name) {
  auto count =
      database.query_integer(fmt::format("SELECT count(*) {} AND name = '{}'", kFromOrdinaryTables, name));
  if (!count) return pass(std::move(count));
  return *count > 0;
}

Result<void> make_plain_file(Database& database) {
  if (auto result = database.execute("PRAGMA wal_checkpoint(TRUNCATE)"); !result) return result;
  return database.execute("PRAGMA journal_mode = DELETE");
}

}  // namespace strobe::store
