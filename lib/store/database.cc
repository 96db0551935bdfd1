#include "store/database.h"

#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "store/schema.h"

namespace strobe::store {
namespace {

constexpr int kBusyTimeoutMs = 500;

/// SQLite's file names are URIs when one asks for immutable: '?', '#' and '%' have to be escaped.
std::string immutable_uri(const std::string& path) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '?' || c == '#' || c == '%') {
      const auto byte = static_cast<unsigned char>(c);
      uri += {'%', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

Error make_sqlite_error(sqlite3* handle, const std::string& path, std::string_view what) {
  const int last_errno = errno;  // SQLite forgets the number of a failed COMMIT, the C library does not
  const int status = sqlite3_extended_errcode(handle);
  int sys_errno = sqlite3_system_errno(handle);
  if (sys_errno == 0 && status == SQLITE_IOERR_WRITE) sys_errno = last_errno;
  const std::string message = std::string(what) + " " + path;
  const bool no_space = sys_errno == ENOSPC || sys_errno == EDQUOT || sys_errno == EFBIG;
  const int primary = status & 0xff;
  if (primary == SQLITE_FULL || (primary == SQLITE_IOERR && no_space)) {
    return {ErrorCode::no_resources, message + ": no space left",
            "free space on that file system, or choose another place with -o", no_space ? sys_errno : ENOSPC};
  }
  if (status == SQLITE_CANTOPEN_SYMLINK) {
    return {ErrorCode::not_permitted, message + ": it is a symbolic link", "name the file itself", ELOOP};
  }
  switch (primary) {
    case SQLITE_NOTADB:
      return {ErrorCode::malformed, message + ": it is not a Strobe recording", kNoRecordingHint, 0};
    case SQLITE_CORRUPT:
    case SQLITE_TOOBIG:
    case SQLITE_ERROR:  // a table or column that is not there
    case SQLITE_CONSTRAINT:
      return {ErrorCode::malformed, message + ": the file is damaged (" + sqlite3_errmsg(handle) + ")",
              kDamagedHint, 0};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::io, message + ": another program is using it",
              "a running Strobe may still be recording into it: try again when that has ended", EBUSY};
    case SQLITE_READONLY:
      return {ErrorCode::not_permitted, message + ": it cannot be written", {}, EROFS};
    case SQLITE_NOMEM:
      return {ErrorCode::no_resources, message + ": out of memory", {}, ENOMEM};
    default:
      break;
  }
  if (sys_errno != 0) return make_errno_error(sys_errno, message);
  return {ErrorCode::io, message + ": " + sqlite3_errmsg(handle), {}, 0};
}

}  // namespace

Result<Database> Database::open(const std::string& path, OpenMode mode) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE;
  flags |= mode == OpenMode::read_write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
  if (mode == OpenMode::immutable) flags |= SQLITE_OPEN_URI;
  // A path never begins with "file:" here: it is absolute.
  const std::string name = mode == OpenMode::immutable ? immutable_uri(path) : path;
  sqlite3* handle = nullptr;
  const int status = sqlite3_open_v2(name.c_str(), &handle, flags, nullptr);
  if (handle == nullptr) return fail(ErrorCode::no_resources, "open " + path + ": out of memory");
  Database database(handle, path);
  if (status != SQLITE_OK) return tl::unexpected(database.last_error("open"));
  // SQLite quietly opens read-only what it cannot open for writing.
  if (mode == OpenMode::read_write && sqlite3_db_readonly(handle, "main") == 1) {
    return tl::unexpected(make_errno_error(EACCES, "open " + path + " for writing"));
  }
  if (auto result = database.configure(); !result) return pass(std::move(result));
  return database;
}

Result<Database> Database::open_image(Bytes image) {
  sqlite3* handle = nullptr;
  const int status = sqlite3_open_v2(
      ":memory:", &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  if (handle == nullptr) return fail(ErrorCode::no_resources, "open a recording in memory: out of memory");
  Database database(handle, "(in memory)");
  if (status != SQLITE_OK) return tl::unexpected(database.last_error("open"));
  auto* copy = static_cast<unsigned char*>(sqlite3_malloc64(image.size() + 1));
  if (copy == nullptr) return fail(ErrorCode::no_resources, "open a recording in memory: out of memory");
  if (!image.empty()) std::memcpy(copy, image.data(), image.size());
  const auto size = static_cast<sqlite3_int64>(image.size());
  if (sqlite3_deserialize(handle, "main", copy, size, size,
                          SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_READONLY) != SQLITE_OK) {
    return tl::unexpected(database.last_error("open"));
  }
  if (auto result = database.configure(); !result) return pass(std::move(result));
  return database;
}

Result<void> Database::configure() {
  sqlite3* handle = handle_.get();
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  constexpr std::array<std::pair<int, int>, 6> kLimits = {{
      {SQLITE_LIMIT_LENGTH, static_cast<int>(kMaxTextBytes) + 4096},  // a row has a text and a few numbers
      {SQLITE_LIMIT_SQL_LENGTH, 64 * 1024},
      {SQLITE_LIMIT_COLUMN, 64},
      {SQLITE_LIMIT_ATTACHED, 0},
      {SQLITE_LIMIT_TRIGGER_DEPTH, 1},
      {SQLITE_LIMIT_WORKER_THREADS, 0},
  }};
  for (const auto& [limit, value] : kLimits) sqlite3_limit(handle, limit, value);
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  return execute("PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY", "open");
}

Result<void> Database::execute(const std::string& sql, std::string_view what) {
  if (sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return tl::unexpected(last_error(what));
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int status =
      sqlite3_prepare_v2(handle_.get(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  if (status != SQLITE_OK) return tl::unexpected(last_error("read"));
  return Statement(statement, path_);
}

Result<int64_t> Database::query_integer(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return pass(std::move(statement));
  if (statement->next()) return statement->integer(0);
  if (auto status = statement->status(); !status) return pass(std::move(status));
  return fail(ErrorCode::malformed, "read " + path_ + ": the file is damaged", kDamagedHint);
}

Result<void> Database::copy_to(Database& target) {
  sqlite3_backup* backup = sqlite3_backup_init(target.handle_.get(), "main", handle_.get(), "main");
  if (backup == nullptr) return tl::unexpected(target.last_error("write"));
  sqlite3_backup_step(backup, -1);
  if (sqlite3_backup_finish(backup) != SQLITE_OK) return tl::unexpected(target.last_error("write"));
  return {};
}

Error Database::last_error(std::string_view what) const {
  return make_sqlite_error(handle_.get(), path_, what);
}

bool Statement::next() {
  const int status = sqlite3_step(handle_.get());
  if (status == SQLITE_ROW) return true;
  if (status != SQLITE_DONE) {
    error_ = make_sqlite_error(sqlite3_db_handle(handle_.get()), path_, "read");
  }
  sqlite3_reset(handle_.get());
  return false;
}

Result<void> Statement::status() const {
  if (error_) return tl::unexpected(*error_);
  return {};
}

std::string_view Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(handle_.get(), column));
  if (text == nullptr) return {};
  return {text, static_cast<size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

tl::unexpected<Error> Statement::failed() {
  Error error = make_sqlite_error(sqlite3_db_handle(handle_.get()), path_, "write");
  sqlite3_reset(handle_.get());
  return tl::unexpected(std::move(error));
}

void Statement::bind_text(int index, std::string_view text) {
  const std::string_view kept = text.substr(0, kMaxTextBytes);
  // A null pointer would bind NULL, not an empty text.
  sqlite3_bind_text64(handle_.get(), index, kept.data() == nullptr ? "" : kept.data(), kept.size(),
                      SQLITE_STATIC, SQLITE_UTF8);
}

}  // namespace strobe::store
