// One row, or one key/value table, of a recording read into fields. A value that does not fit its field is
// noted, not taken: the caller asks ok(). One thread.
#pragma once

#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "model/memory.h"
#include "store/database.h"

namespace strobe::store {

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
    } else if constexpr (std::is_same_v<T, double>) {
      field = statement_.real(column);
      if (statement_.column_type(column) != SQLITE_FLOAT || !std::isfinite(field)) ok_ = false;
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
      } else if constexpr (std::is_same_v<T, MemoryMode>) {
        if (number < 0 || number > static_cast<int64_t>(MemoryMode::resident)) ok_ = false;
        field = ok_ ? static_cast<MemoryMode>(number) : MemoryMode::none;
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

}  // namespace strobe::store
