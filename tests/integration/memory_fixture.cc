#include "memory_fixture.h"

#include <sstream>

namespace strobe::test {

using nlohmann::json;

json heap_truth(const std::string& output) {
  json truth = json::object();
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    const json parsed = json::parse(line, nullptr, false);
    if (parsed.is_object() && parsed.contains("heap")) truth.update(parsed.at("heap"));
  }
  return truth;
}

json memory_row(const json& report, const std::string& function) {
  if (!report.contains("memory")) return nullptr;
  for (const json& row : report.at("memory").at("functions")) {
    if (row.value("name", "") == function) return row;
  }
  return nullptr;
}

void expect_whole_memory(const json& report) {
  ASSERT_TRUE(report.is_object() && report.contains("memory")) << "the report says nothing of memory";
  const json& quality = report.at("quality").at("memory");
  EXPECT_EQ(quality.at("lost"), 0) << quality.dump();
  EXPECT_TRUE(quality.at("judged").get<bool>()) << quality.dump();
}

void expect_exact_heap(const StrobeRun& run, const char* part) {
  ASSERT_NO_FATAL_FAILURE(expect_whole_memory(run.report)) << run.program.err;
  const json truth = heap_truth(run.program.out);
  ASSERT_FALSE(truth.empty()) << run.program.out << run.program.err;
  for (const auto& [name, account] : truth.items()) {
    const json row = memory_row(run.report, name);
    ASSERT_FALSE(row.is_null()) << name << " is missing";
    const json& amount = row.at(part);
    EXPECT_EQ(amount.at("bytes"), account.at("bytes")) << name;
    EXPECT_EQ(amount.at("count"), account.at("count")) << name;
    EXPECT_EQ(amount.at("live_bytes"), account.at("live_bytes")) << name;
    EXPECT_EQ(amount.at("live_count"), account.at("live_count")) << name;
    EXPECT_EQ(amount.at("temporary_count"), account.at("temporary")) << name;
  }
}

}  // namespace strobe::test
