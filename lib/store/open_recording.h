// Opening an existing recording, and the steps that its reader, writer and recovery share.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "store/database.h"
#include "store/file_place.h"

namespace strobe::store {

/// Opens and makes sure that it is a recording of a schema we know, with our tables and no look-alikes.
/// With OpenMode::read_write what a killed Strobe left in the -wal file is read too.
Result<Database> open_recording(const FilePlace& place, OpenMode mode);

/// The same checks for a database that is open already.
Result<void> check_schema(Database& database);

/// Whether there is an ordinary table of that name, which is a word of ours: for tables that older recordings
/// do not have.
Result<bool> has_table(Database& database, std::string_view name);

/// Brings everything into the one file, removes what lies beside it.
Result<void> make_plain_file(Database& database);

/// Runs `body` (a callable that gives Result<void>) as one transaction; on failure nothing of it stays.
template <class Body>
Result<void> in_transaction(Database& database, Body&& body) {
  auto result = database.execute("BEGIN IMMEDIATE");
  if (!result) return result;
  result = body();
  if (result) result = database.execute("COMMIT");
  // A full disk can make SQLite roll back by itself.
  if (!result && database.in_transaction()) static_cast<void>(database.execute("ROLLBACK"));
  return result;
}

}  // namespace strobe::store
