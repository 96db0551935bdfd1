// A thin, typed layer over SQLite: an owned connection, prepared statements, and SQLite's results as Errors.
// Knows nothing about recordings. One thread at a time per connection.
#pragma once

#include <sqlite3.h>

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/byte_reader.h"
#include "base/result.h"
#include "base/strong_id.h"

namespace strobe::store {

/// What to do about a file that is none of ours.
inline constexpr const char* kNoRecordingHint = "name a file that `strobe run` or `strobe attach` wrote";
/// What to do about one that has been: a copy that ended early is the usual reason.
inline constexpr const char* kDamagedHint =
    "if it was copied, copy it again, whole and with the -wal file beside it if there is one; else record "
    "again";

class Statement;

/// How a file is opened. All of them refuse a symbolic link as the last part of the path.
enum class OpenMode : uint8_t {
  read_write,  ///< an error where the file cannot be written
  read_only,   ///< with locks
  immutable,   ///< without locks, journal or -wal: for read-only places; sees the main file alone
};

class Database {
 public:
  /// Opens an existing file with nothing trusted: no triggers, views, extensions or schema functions, small
  /// limits. SQLite reads the file only with the first statement, so a foreign file is found out there.
  static Result<Database> open(const std::string& path, OpenMode mode);
  /// A database image in memory, read-only; `image` is copied.
  static Result<Database> open_image(Bytes image);

  /// One or more statements without results (or with results nobody needs). `what` begins the error's text.
  Result<void> execute(const std::string& sql, std::string_view what = "write");
  Result<Statement> prepare(std::string_view sql);
  /// The first column of the first row as a number; an error where there is no row.
  Result<int64_t> query_integer(std::string_view sql);

  /// Replaces all that `target` holds by a copy of this database, also where this one is in use and has a
  /// -wal.
  Result<void> copy_to(Database& target);

  /// The connection's last failure. `what` names the operation; the file is added.
  [[nodiscard]] Error last_error(std::string_view what) const;
  [[nodiscard]] bool in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  struct Closer {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };

  Database(sqlite3* handle, std::string path) : handle_(handle), path_(std::move(path)) {}
  Result<void> configure();

  std::unique_ptr<sqlite3, Closer> handle_;
  std::string path_;
};

template <class T>
struct IsStrongId : std::false_type {};
template <class Tag>
struct IsStrongId<StrongId<Tag>> : std::true_type {};
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

/// A prepared statement. The Database must outlive it; moving the Database is fine.
class Statement {
 public:
  /// Binds every argument in order, runs a statement without result rows and makes it ready for the next.
  /// Texts are borrowed for the call. Ids without a value and empty optionals become NULL.
  template <class... Args>
  Result<void> run(const Args&... args) {
    bind_from(1, args...);
    return run_bound();
  }
  /// The same in steps, for statements that insert several rows: parameters count from 1.
  template <class... Args>
  void bind_from(int index, const Args&... args) {
    (bind(index++, args), ...);
  }
  Result<void> run_bound() {
    const int status = sqlite3_step(handle_.get());
    if (status != SQLITE_DONE) return failed();
    sqlite3_reset(handle_.get());
    return {};
  }

  /// True with a row; false at the end and on failure, which status() tells apart.
  bool next();
  Result<void> status() const;

  [[nodiscard]] int column_type(int column) const { return sqlite3_column_type(handle_.get(), column); }
  [[nodiscard]] bool is_null(int column) const { return column_type(column) == SQLITE_NULL; }
  [[nodiscard]] int64_t integer(int column) const { return sqlite3_column_int64(handle_.get(), column); }
  [[nodiscard]] double real(int column) const { return sqlite3_column_double(handle_.get(), column); }
  /// Borrowed until the next step.
  [[nodiscard]] std::string_view text(int column) const;

 private:
  friend class Database;
  struct Finalizer {
    void operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }
  };

  Statement(sqlite3_stmt* handle, const std::string& path) : handle_(handle), path_(path) {}
  /// The error of the last step; resets the statement, so that it holds no lock.
  tl::unexpected<Error> failed();
  void bind_text(int index, std::string_view text);

  template <class T>
  void bind(int index, const T& value) {
    if constexpr (IsStrongId<T>::value) {
      if (value.is_none()) {
        sqlite3_bind_null(handle_.get(), index);
      } else {
        sqlite3_bind_int64(handle_.get(), index, value.value);
      }
    } else if constexpr (IsOptional<T>::value) {
      if (value) {
        bind(index, *value);
      } else {
        sqlite3_bind_null(handle_.get(), index);
      }
    } else if constexpr (std::is_enum_v<T> || std::integral<T>) {
      sqlite3_bind_int64(handle_.get(), index, static_cast<int64_t>(value));
    } else if constexpr (std::floating_point<T>) {
      sqlite3_bind_double(handle_.get(), index, value);
    } else {
      bind_text(index, value);
    }
  }

  std::unique_ptr<sqlite3_stmt, Finalizer> handle_;
  std::string path_;
  std::optional<Error> error_;
};

}  // namespace strobe::store
