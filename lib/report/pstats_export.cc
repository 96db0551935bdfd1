#include "report/pstats_export.h"

#include <fmt/format.h>

#include <bit>
#include <set>
#include <tuple>
#include <vector>

#include "report/escape.h"

namespace strobe::report {
namespace {

using analyze::Edge;
using analyze::FunctionIdentity;
using analyze::FunctionTable;

constexpr size_t kMaxNameColumns = 500;  // pstats makes its columns as wide as the longest name

/// Python's marshal format, appended to a string.
class MarshalWriter {
 public:
  void begin_dictionary() { bytes_ += '{'; }
  void end_dictionary() { bytes_ += '0'; }
  void begin_tuple(uint32_t size) {
    bytes_ += '(';
    append(size, 4);
  }
  void text(const std::string& utf8) {
    bytes_ += 'u';
    append(utf8.size(), 4);
    bytes_ += utf8;
  }
  void number(double value) {
    bytes_ += 'g';
    append(std::bit_cast<uint64_t>(value), 8);
  }
  void number(uint64_t value) {
    if (value <= INT32_MAX) {
      bytes_ += 'i';
      append(value, 4);
      return;
    }
    bytes_ += 'l';  // digits of 15 bits
    uint32_t digits = 0;
    for (uint64_t rest = value; rest != 0; rest >>= 15) ++digits;
    append(digits, 4);
    for (; value != 0; value >>= 15) append(value & 0x7fff, 2);
  }
  std::string take() { return std::move(bytes_); }

 private:
  void append(uint64_t value, size_t size) {
    for (size_t i = 0; i < size; ++i) bytes_ += static_cast<char>((value >> (8 * i)) & 0xff);
  }

  std::string bytes_;
};

/// What pstats knows a function by.
struct Label {
  std::string file;
  uint32_t line = 0;
  std::string name;
  friend auto operator<=>(const Label&, const Label&) = default;
};

/// '~' and 0 are cProfile's own way to say that there is no file: the name is printed alone.
Label plain_label(const FunctionIdentity& function) {
  const std::string& place = function.file.empty() ? function.module : function.file;
  const std::string name = printable(function.name, kMaxNameColumns);
  if (function.pseudo || place.empty()) return {"~", 0, name};
  return {printable(place, kMaxNameColumns), function.file.empty() ? 0 : function.line, name};
}

/// By row; all different.
std::vector<Label> make_labels(const FunctionTable& table) {
  std::vector<Label> labels;
  std::set<Label> taken;
  labels.reserve(table.rows.size());
  for (const analyze::FunctionStats& row : table.rows) {
    Label label = plain_label(row.function);
    if (!taken.insert(label).second) {
      const std::string name =
          fmt::format("{} [{}]", label.name, printable(row.function.module, kMaxNameColumns));
      label.name = name;
      for (int number = 2; !taken.insert(label).second; ++number)
        label.name = fmt::format("{} {}", name, number);
    }
    labels.push_back(std::move(label));
  }
  return labels;
}

void write_label(MarshalWriter& marshal, const Label& label) {
  marshal.begin_tuple(3);
  marshal.text(label.file);
  marshal.number(uint64_t{label.line});
  marshal.text(label.name);
}

/// pstats refuses a file without entries.
void write_placeholder(MarshalWriter& marshal) {
  write_label(marshal, {"~", 0, "[no samples]"});
  marshal.begin_tuple(5);
  for (int i = 0; i < 2; ++i) marshal.number(uint64_t{0});
  for (int i = 0; i < 2; ++i) marshal.number(0.0);
  marshal.begin_dictionary();
  marshal.end_dictionary();
}

void write_callers(MarshalWriter& marshal, const std::vector<const Edge*>& edges,
                   const std::vector<Label>& labels) {
  marshal.begin_dictionary();
  for (const Edge* edge : edges) {
    write_label(marshal, labels[edge->caller]);
    marshal.begin_tuple(4);
    marshal.number(edge->amount.samples);  // calls first here, unlike in the function's own tuple
    marshal.number(edge->self.samples);
    marshal.number(edge->self.seconds);
    marshal.number(edge->amount.seconds);
  }
  marshal.end_dictionary();
}

}  // namespace

std::string write_pstats(const FunctionTable& table) {
  const std::vector<Label> labels = make_labels(table);
  std::vector<std::vector<const Edge*>> callers(table.rows.size());
  for (const Edge& edge : table.edges) callers[edge.callee].push_back(&edge);
  MarshalWriter marshal;
  marshal.begin_dictionary();
  if (table.rows.empty()) write_placeholder(marshal);
  for (size_t i = 0; i < table.rows.size(); ++i) {
    const analyze::FunctionStats& row = table.rows[i];
    write_label(marshal, labels[i]);
    marshal.begin_tuple(5);
    marshal.number(row.self.samples);
    marshal.number(row.total.samples);
    marshal.number(row.self.seconds);
    marshal.number(row.total.seconds);
    write_callers(marshal, callers[i], labels);
  }
  marshal.end_dictionary();
  return marshal.take();
}

}  // namespace strobe::report
