#include "source_marks.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>
#include <vector>

#include "report_checks.h"

namespace strobe::test {

using nlohmann::json;

namespace {

/// Whether debug information means this source: compilers note the path as they were given it.
bool is_path_of(const json& file, const std::string& source) {
  const std::string path = file.get<std::string>();
  const std::string end = "/sample_workloads/native" + source.substr(source.rfind('/'));
  return path == source || path.ends_with(end);
}

/// The only row of a function, of this source and with a place; null, and a failure, for none or more.
json expect_one_row(const json& report, const std::string& source, const std::string& function) {
  json found;
  for (const json& row : report.value("functions", json::array())) {
    if (row.value("name", "") != function) continue;
    EXPECT_TRUE(found.is_null()) << "two rows: " << found.dump() << row.dump();
    found = row;
  }
  EXPECT_TRUE(found.is_object()) << function << " is not in the report";
  if (!found.is_object()) return found;
  EXPECT_TRUE(is_path_of(found.at("file"), source)) << found.dump();
  EXPECT_GT(found.value("line", 0), 0) << function;
  return found;
}

/// Where CPython says that a function of a script begins: at its `def` or the first of its decorators. A
/// method is `Class.method`. 0 where it is not found.
uint32_t first_line_of(const std::string& source, const std::string& function) {
  const size_t dot = function.rfind('.');
  const std::string definition = "def " + function.substr(dot == std::string::npos ? 0 : dot + 1) + "(";
  std::string owner = dot == std::string::npos ? "" : "class " + function.substr(0, dot);
  std::ifstream in(source);
  std::string text;
  uint32_t decorated = 0;  // the first of the decorators that come just before
  for (uint32_t line = 1; std::getline(in, text); ++line) {
    const std::string code = text.substr(std::min(text.find_first_not_of(' '), text.size()));
    if (!owner.empty() && code.rfind(owner, 0) == 0) owner.clear();
    if (owner.empty() && code.rfind(definition, 0) == 0) return decorated > 0 ? decorated : line;
    if (code.rfind('@', 0) != 0)
      decorated = 0;
    else if (decorated == 0)
      decorated = line;
  }
  return 0;
}

}  // namespace

std::set<uint32_t> marked_lines(const std::string& source, const std::string& function) {
  std::set<uint32_t> lines;
  std::ifstream in(source);
  std::string text;
  for (uint32_t line = 1; std::getline(in, text); ++line) {
    if (text.ends_with("// HOT: " + function) || text.ends_with("  # HOT: " + function)) lines.insert(line);
  }
  return lines;
}

json expect_function_key(const json& report, const std::string& source, const std::string& program,
                         const std::string& function) {
  const json found = expect_one_row(report, source, function);
  if (!found.is_object()) return found;
  EXPECT_EQ(found.value("module", ""), program) << function;
  EXPECT_EQ(found.value("language", ""), "native") << function;
  return found;
}

json expect_python_key(const json& report, const std::string& source, const std::string& function) {
  const json found = expect_one_row(report, source, function);
  if (!found.is_object()) return found;
  EXPECT_EQ(found.value("language", ""), "python") << function;
  EXPECT_EQ(found.value("line", 0U), first_line_of(source, function)) << function;
  return found;
}

void expect_hot_lines(const json& report, const json& key, const std::string& source) {
  const std::string function = key.value("name", "");
  const std::set<uint32_t> marked = marked_lines(source, function);
  ASSERT_FALSE(marked.empty()) << "no line is marked as " << function << "'s in " << source;
  uint64_t inside = 0;
  uint64_t most = 0;
  uint32_t hottest = 0;
  for (const json& line : report.value("lines", json::array())) {
    if (line.at("function") != key.at("id") || !is_path_of(line.at("file"), source)) continue;
    const uint64_t samples = line.at("self").at("samples").get<uint64_t>();
    const uint32_t number = line.at("line").get<uint32_t>();
    if (marked.contains(number)) inside += samples;
    if (samples > most) hottest = number;
    most = std::max(most, samples);
  }
  EXPECT_TRUE(marked.contains(hottest)) << function << " is hottest in line " << hottest;
  const auto all = static_cast<double>(key.at("self").at("samples").get<uint64_t>());
  EXPECT_GE(static_cast<double>(inside), (0.9 - half_width_9999(0.9, all)) * all)
      << "samples in marked lines of " << function;
}

void expect_table_row(const std::string& text, const json& key) {
  const std::string place =
      fmt::format("{}:{}({})", key.value("file", ""), key.value("line", 0), key.value("name", ""));
  std::istringstream in(text);
  std::string row;
  while (std::getline(in, row) && !row.ends_with(' ' + place)) {
  }
  ASSERT_FALSE(row.empty()) << place << " has no row in\n" << text;
  std::istringstream words(row);
  std::string samples;
  double own_s = 0;
  double own_percent = 0;
  double total_s = 0;
  double total_percent = 0;
  words >> samples >> own_s >> own_percent >> total_s >> total_percent;
  const json& own = key.at("self");
  const json& total = key.at("total");
  const auto own_samples = own.at("samples").get<uint64_t>();
  const auto total_samples = total.at("samples").get<uint64_t>();
  EXPECT_EQ(samples, own_samples == total_samples ? fmt::format("{}", own_samples)
                                                  : fmt::format("{}/{}", own_samples, total_samples));
  EXPECT_NEAR(own_s, own.at("seconds").get<double>(), 0.0006) << row;
  EXPECT_NEAR(total_s, total.at("seconds").get<double>(), 0.0006) << row;
  EXPECT_NEAR(own_percent, 100 * own.at("share").get<double>(), 0.06) << row;
  EXPECT_NEAR(total_percent, 100 * total.at("share").get<double>(), 0.06) << row;
}

}  // namespace strobe::test
