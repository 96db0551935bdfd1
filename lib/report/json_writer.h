// Writes JSON as it goes: keys in the order given, numbers with 12 digits, two-space
// indentation down to `kFlatDepth`, one line below it. No document is held in memory.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strobe::report {

/// Receives the text piece by piece.
using TextSink = std::function<void(std::string_view)>;

class JsonWriter {
 public:
  explicit JsonWriter(TextSink sink) : sink_(std::move(sink)) {}
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  void begin_object() { begin('{'); }
  void end_object() { end('}'); }
  void begin_array() { begin('['); }
  void end_array() { end(']'); }
  /// The name of the next value; only in objects.
  void key(std::string_view name);

  void value(std::string_view text);
  void value(const char* text) { value(std::string_view(text)); }
  void value(double number);  ///< null where it is not finite
  void value(uint64_t number);
  void value(int64_t number);
  void value(uint32_t number) { value(uint64_t{number}); }
  void value(int32_t number) { value(int64_t{number}); }
  void value(bool yes);
  void null();

  template <class T>
  void member(std::string_view name, const T& content) {
    key(name);
    value(content);
  }
  /// Null where it is absent.
  template <class T>
  void member(std::string_view name, const std::optional<T>& content) {
    key(name);
    content.has_value() ? value(*content) : null();
  }

  /// Ends the text with a line break and hands everything to the sink.
  void finish();

 private:
  void begin(char bracket);
  void end(char bracket);
  void separate();
  void flush_if_large();

  TextSink sink_;
  std::string buffer_;
  std::vector<bool> has_members_;  ///< by open bracket
  bool after_key_ = false;
};

}  // namespace strobe::report
