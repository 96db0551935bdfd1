// The memory view of fixed profiles, byte for byte, and what scripts read of it.
#include "analyze/memory_view.h"

#include "golden_file.h"
#include "report/json_report.h"
#include "report/text_memory.h"
#include "support/fake_sources.h"
#include "support/memory_profile.h"
#include "support/profile_builder.h"

namespace strobe::report {
namespace {

using analyze::MemoryMeasure;
using test::expect_golden;

struct Asked {
  analyze::MemoryChoice choice;
  analyze::Grouping grouping = analyze::Grouping::function;
  analyze::StackFilter filter;
  std::vector<std::string> sort;
  std::vector<std::string> restrictions;
  bool intervals = false;
  TextStyle style;
};

std::string memory_of(const Profile& profile, const Asked& asked = {}) {
  MemoryTextOptions text{.intervals = asked.intervals};
  if (!asked.sort.empty()) text.order.keys.clear();
  for (const std::string& word : asked.sort) text.order.keys.push_back(*analyze::find_memory_sort_key(word));
  for (const std::string& word : asked.restrictions)
    text.order.restrictions.push_back(*analyze::parse_restriction(word));
  const analyze::WeightedStacks stacks =
      analyze::weigh_stacks(profile, analyze::select_all(profile), asked.filter);
  const analyze::MemoryViewOptions options{.choice = asked.choice, .grouping = asked.grouping, .tree = {}};
  return write_memory(make_memory_view(profile, stacks, options), text, asked.style);
}

TEST(GoldenMemory, OfEveryAllocation) { expect_golden("memory.txt", memory_of(test::memory_profile())); }

TEST(GoldenMemory, AtThePeakByLine) {
  expect_golden("memory_peak.txt",
                memory_of(test::memory_profile(),
                          {.choice = {.measure = MemoryMeasure::peak}, .grouping = analyze::Grouping::line}));
}

TEST(GoldenMemory, LeaksWithSuppressions) {
  const auto rules = analyze::LeakSuppressions::parse("# known\nleak:Cache.*\nleak:never_seen\n");
  ASSERT_TRUE(rules);
  expect_golden(
      "memory_leaks.txt",
      memory_of(test::memory_profile(),
                {.choice = {.measure = MemoryMeasure::live, .suppressions = &*rules}, .sort = {"count"}}));
}

TEST(GoldenMemory, TemporaryOfFilteredStacks) {
  expect_golden("memory_temporary.txt",
                memory_of(test::memory_profile(), {.choice = {.measure = MemoryMeasure::temporary},
                                                   .filter = {.ignore = {"Cache"}, .hide = {"^main$"}},
                                                   .restrictions = {"print", "5"}}));
}

TEST(GoldenMemory, MappingsByProcess) {
  expect_golden("memory_mapped.txt",
                memory_of(test::memory_profile(),
                          {.choice = {.kind = MemoryKind::mmap}, .grouping = analyze::Grouping::process}));
}

TEST(GoldenMemory, EstimatesWithTheirErrorsOnATerminal) {
  expect_golden("memory_sampled.txt", memory_of(test::sampled_memory_profile(),
                                                {.intervals = true, .style = {.color = true, .width = 150}}));
}

/// The profile with CPU samples on two of its stacks: memory is a column of other views.
Profile memory_with_samples() {
  Profile profile = test::memory_profile();
  const StackId leaf = profile.memory[0].stack;
  for (int i = 0; i < 300; ++i) profile.samples.push_back({.thread = ThreadId{0}, .stack = leaf});
  profile.samples.push_back({.thread = ThreadId{0}, .stack = profile.memory[2].stack});
  return profile;
}

TEST(GoldenMemory, BesideTimeInOtherViews) {
  const Profile profile = memory_with_samples();
  const analyze::WeightedStacks stacks = analyze::weigh_stacks(profile, analyze::select_all(profile));
  test::FakeSources sources;
  sources.put("/src/app/main.cc", std::string(13, '\n') + "  tree.build(3); print(tree);\n");
  const analyze::OrderOptions order;
  expect_golden(
      "memory_columns.txt",
      write_functions(analyze::make_function_table(profile, stacks, stacks.functions, false), {}, {}) +
          write_lines(analyze::make_line_view(profile, stacks, order, sources), {.order = order}, {}));
}

TEST(GoldenMemory, OfCountersAlone) {
  expect_golden("memory_resident.txt", memory_of(test::resident_profile()));
}

TEST(GoldenMemory, InTheSummary) {
  expect_golden("memory_line.txt", write_memory_line(test::memory_profile()) +
                                       write_memory_line(test::resident_profile()) +
                                       write_memory_line(test::varied_profile()));
}

TEST(GoldenMemory, AsCsv) {
  const Profile profile = test::memory_profile();
  expect_golden("memory.csv",
                write_memory_csv(profile, {true, true}) + write_memory_csv(profile, {false, false}));
}

TEST(GoldenMemory, InTheJson) {
  for (const auto& [name, profile] : {std::pair("report_memory.json", test::memory_profile()),
                                      std::pair("report_memory_sampled.json", test::sampled_memory_profile()),
                                      std::pair("report_resident.json", test::resident_profile())}) {
    std::string text;
    write_json_report(profile, analyze::select_all(profile), [&](std::string_view piece) { text += piece; });
    expect_golden(name, text);
  }
}

}  // namespace
}  // namespace strobe::report
