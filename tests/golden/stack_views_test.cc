// Callers, callees, the call tree and grouped tables of the fixed profiles, byte for byte.
#include "analyze/grouping.h"
#include "golden_file.h"
#include "report/json_report.h"
#include "report/text_calls.h"
#include "support/profile_builder.h"

namespace strobe::report {
namespace {

using analyze::Grouping;
using analyze::StackFilter;
using analyze::WeightedStacks;
using test::expect_golden;

WeightedStacks weigh(const Profile& profile, const StackFilter& filter = {}) {
  return analyze::weigh_stacks(profile, analyze::select_all(profile), filter);
}

std::string calls_of(const Profile& profile, CallDirection direction, const FunctionTextOptions& options = {},
                     const TextStyle& style = {}) {
  const WeightedStacks stacks = weigh(profile);
  return write_calls(make_function_table(profile, stacks, stacks.functions, true), direction, options, style);
}

std::string tree_of(const Profile& profile, Grouping grouping = Grouping::function,
                    const analyze::TreeOptions& options = {}, const TextStyle& style = {}) {
  return write_call_tree(make_call_tree(profile, weigh(profile), grouping, options), false, style);
}

std::string grouped(const Profile& profile, Grouping grouping) {
  const WeightedStacks stacks = weigh(profile);
  const analyze::FunctionTable table =
      analyze::is_of_frames(grouping)
          ? make_function_table(profile, stacks, group_frames(profile, stacks.functions, grouping), false)
          : make_thread_table(profile, stacks, grouping);
  return write_functions(table, {}, {});
}

FunctionTextOptions restricted(std::initializer_list<const char*> words) {
  FunctionTextOptions options;
  for (const char* word : words) options.order.restrictions.push_back(*analyze::parse_restriction(word));
  return options;
}

TEST(GoldenStackViews, Calls) {
  const Profile profile = test::varied_profile();
  expect_golden("callers.txt", calls_of(profile, CallDirection::callers));
  expect_golden("callees.txt", calls_of(profile, CallDirection::callees));
  FunctionTextOptions options = restricted({"src", "0.5", "2"});
  options.order.keys = {analyze::SortKey::total_time};
  options.strip_directories = true;
  expect_golden("callees_restricted.txt", calls_of(profile, CallDirection::callees, options));
  expect_golden("callers_terminal.txt",
                calls_of(profile, CallDirection::callers, {}, {.color = true, .width = 72}));
}

TEST(GoldenStackViews, Tree) {
  const Profile profile = test::varied_profile();
  expect_golden("tree.txt", tree_of(profile));
  expect_golden("tree_share_and_depth.txt",
                tree_of(profile, Grouping::function, {.min_share = 0.08, .max_depth = 3}));
  expect_golden(
      "tree_from_walk.txt",
      tree_of(profile, Grouping::function, {.restrictions = restricted({"walk", "5"}).order.restrictions}));
  expect_golden("tree_by_thread.txt", tree_of(profile, Grouping::thread));
  expect_golden("tree_by_module.txt", tree_of(profile, Grouping::module));
  expect_golden("tree_terminal.txt", tree_of(profile, Grouping::function, {}, {.color = true, .width = 72}));
}

TEST(GoldenStackViews, By) {
  const Profile profile = test::varied_profile();
  std::string text;
  for (const Grouping grouping :
       {Grouping::line, Grouping::file, Grouping::module, Grouping::thread, Grouping::process})
    text += grouped(profile, grouping) + '\n';
  expect_golden("by.txt", text);
}

TEST(GoldenStackViews, Filtered) {
  const Profile profile = test::varied_profile();
  const WeightedStacks stacks =
      weigh(profile, {.focus = {"main", "_start"}, .ignore = {"read|\x1b"}, .hide = {"sum<"}});
  const analyze::FunctionTable table = make_function_table(profile, stacks, stacks.functions, true);
  expect_golden("filtered.txt",
                write_functions(table, {}, {}) + '\n' + write_calls(table, CallDirection::callees, {}, {}) +
                    '\n' +
                    write_call_tree(make_call_tree(profile, stacks, Grouping::function, {}), true, {}));
  std::string json;
  write_json_report(profile, stacks, [&](std::string_view piece) { json += piece; });
  expect_golden("report_filtered.json", json);
}

TEST(GoldenStackViews, HostileNames) {
  const Profile profile = test::hostile_profile();
  std::string text = calls_of(profile, CallDirection::callers) + '\n' + tree_of(profile);
  for (const Grouping grouping :
       {Grouping::line, Grouping::file, Grouping::module, Grouping::thread, Grouping::process})
    text += '\n' + grouped(profile, grouping);
  expect_golden("hostile_stacks.txt", text);
}

}  // namespace
}  // namespace strobe::report
