#include "report/json_writer.h"

#include <fmt/format.h>

#include <cmath>

#include "report/escape.h"

namespace strobe::report {
namespace {

constexpr size_t kFlatDepth = 3;  // rows of a table take a line each
constexpr size_t kFlushBytes = size_t{256} * 1024;

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : valid_utf8(text)) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  out += '"';
}

}  // namespace

void JsonWriter::separate() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (has_members_.empty()) return;
  if (has_members_.back()) buffer_ += ',';
  const size_t depth = has_members_.size();
  if (depth < kFlatDepth) {
    buffer_ += '\n';
    buffer_.append(depth * 2, ' ');
  } else if (has_members_.back()) {
    buffer_ += ' ';
  }
  has_members_.back() = true;
}

void JsonWriter::begin(char bracket) {
  separate();
  buffer_ += bracket;
  has_members_.push_back(false);
}

void JsonWriter::end(char bracket) {
  const bool had_members = has_members_.back();
  has_members_.pop_back();
  if (had_members && has_members_.size() + 1 < kFlatDepth) {
    buffer_ += '\n';
    buffer_.append(has_members_.size() * 2, ' ');
  }
  buffer_ += bracket;
  flush_if_large();
}

void JsonWriter::key(std::string_view name) {
  separate();
  append_quoted(buffer_, name);
  buffer_ += ": ";
  after_key_ = true;
}

void JsonWriter::value(std::string_view text) {
  separate();
  append_quoted(buffer_, text);
}

void JsonWriter::value(double number) {
  if (!std::isfinite(number)) return null();
  separate();
  // 12 digits keep the nanoseconds of a quarter of an hour; what lies behind is rounding of sums.
  fmt::format_to(std::back_inserter(buffer_), "{:.12g}", number == 0 ? 0.0 : number);
}

void JsonWriter::value(uint64_t number) {
  separate();
  buffer_ += std::to_string(number);
}

void JsonWriter::value(int64_t number) {
  separate();
  buffer_ += std::to_string(number);
}

void JsonWriter::value(bool yes) {
  separate();
  buffer_ += yes ? "true" : "false";
}

void JsonWriter::null() {
  separate();
  buffer_ += "null";
}

void JsonWriter::flush_if_large() {
  if (buffer_.size() < kFlushBytes) return;
  sink_(buffer_);
  buffer_.clear();
}

void JsonWriter::finish() {
  buffer_ += '\n';
  sink_(buffer_);
  buffer_.clear();
}

}  // namespace strobe::report
