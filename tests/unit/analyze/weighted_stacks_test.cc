#include "analyze/weighted_stacks.h"

#include <gtest/gtest.h>

#include <numeric>

#include "analyze/function_table.h"
#include "support/profile_builder.h"

namespace strobe::analyze {
namespace {

using test::ProfileBuilder;

const FunctionStats* find_row(const FunctionTable& table, const std::string& name) {
  for (const FunctionStats& row : table.rows) {
    if (row.function.name == name) return &row;
  }
  return nullptr;
}

FunctionTable table_of(const Profile& profile, const StackFilter& filter) {
  const WeightedStacks stacks = weigh_stacks(profile, select_all(profile), filter);
  return make_function_table(profile, stacks, stacks.functions, true);
}

double self_sum(const FunctionTable& table) {
  return std::accumulate(table.rows.begin(), table.rows.end(), 0.0,
                         [](double sum, const FunctionStats& row) { return sum + row.self.seconds; });
}

/// Whatever is filtered: rows add up to what is said to be shown, and the whole stays the exact CPU time.
void expect_exact(const FunctionTable& table) {
  EXPECT_NEAR(self_sum(table), table.coverage.shown.seconds, 1e-9);
  EXPECT_NEAR(table.coverage.whole.seconds, 1.6004, 1e-9);
  EXPECT_EQ(table.coverage.whole.samples, 1600u);
}

TEST(StackFilter, WithoutOneEverythingIsShown) {
  const FunctionTable table = table_of(test::varied_profile(), {});
  expect_exact(table);
  EXPECT_EQ(table.coverage.shown, table.coverage.whole);
}

TEST(StackFilter, FocusKeepsWholeStacksWithAMatch) {
  const FunctionTable table = table_of(test::varied_profile(), {.focus = {"^add\\("}});
  expect_exact(table);
  EXPECT_EQ(table.coverage.shown.samples, 700u);
  EXPECT_NEAR(table.coverage.shown.seconds, 0.7, 1e-9);
  EXPECT_EQ(find_row(table, "main")->total.samples, 700u);  // its other callees are gone
  EXPECT_EQ(find_row(table, "read"), nullptr);
  EXPECT_EQ(find_row(table, kTooShortRow), nullptr);
}

TEST(StackFilter, SeveralFocusesMustAllMatch) {
  const FunctionTable table = table_of(test::varied_profile(), {.focus = {"main", "walk"}});
  expect_exact(table);
  EXPECT_EQ(table.coverage.shown.samples, 250u);
}

TEST(StackFilter, PlacesMatchAsTheTableShowsThem) {
  const FunctionTable table = table_of(test::varied_profile(), {.focus = {"^/src/app/tree.cc:20\\(walk"}});
  expect_exact(table);
  EXPECT_EQ(table.coverage.shown.samples, 250u);
}

TEST(StackFilter, IgnoreDropsStacks) {
  const FunctionTable table = table_of(test::varied_profile(), {.ignore = {"walk", "ksys_read"}});
  expect_exact(table);
  EXPECT_EQ(table.coverage.shown.samples, 1600u - 250u - 100u);
  EXPECT_NE(find_row(table, kTooShortRow), nullptr);
}

TEST(StackFilter, TimeWithoutAStackGoesByItsName) {
  const FunctionTable table = table_of(test::varied_profile(), {.ignore = {"too short", "no stack"}});
  expect_exact(table);
  EXPECT_EQ(find_row(table, kTooShortRow), nullptr);
  EXPECT_EQ(find_row(table, kNoStackRow), nullptr);
  const FunctionTable only = table_of(test::varied_profile(), {.focus = {"no stack"}});
  expect_exact(only);
  ASSERT_EQ(only.rows.size(), 1u);
  EXPECT_EQ(only.rows[0].self.samples, 1u);
}

TEST(StackFilter, HiddenFunctionsLeaveTheirTimeToTheCaller) {
  const FunctionTable table = table_of(test::varied_profile(), {.hide = {"sum\\.h"}});
  expect_exact(table);
  EXPECT_EQ(table.coverage.shown, table.coverage.whole);
  EXPECT_EQ(find_row(table, "add(double, double)"), nullptr);
  EXPECT_EQ(find_row(table, "main")->self.samples, 49u + 700u);
  const auto main_row = static_cast<uint32_t>(find_row(table, "main") - table.rows.data());
  for (const Edge& edge : table.edges) {
    if (edge.callee == main_row) {
      EXPECT_EQ(edge.self.samples, 749u);
    }
  }
}

TEST(StackFilter, StacksHiddenAltogetherHaveARow) {
  const FunctionTable table = table_of(test::varied_profile(), {.hide = {"libplain"}});
  expect_exact(table);
  EXPECT_EQ(find_row(table, kHiddenRow)->self.samples, 500u);
  EXPECT_EQ(find_row(table, kNoStackRow)->self.samples, 1u);
}

TEST(StackFilter, FocusSeesHiddenFrames) {
  const FunctionTable table = table_of(test::varied_profile(), {.focus = {"walk"}, .hide = {"walk"}});
  expect_exact(table);
  EXPECT_EQ(find_row(table, "main")->self.samples, 250u);
}

TEST(StackFilter, WordsThatAreNoExpressionAreRefused) {
  EXPECT_TRUE(check_filter({.focus = {"a|b"}, .ignore = {"^x$"}, .hide = {"[a-z]+"}}));
  EXPECT_FALSE(check_filter({.focus = {"("}}));
  EXPECT_FALSE(check_filter({.hide = {""}}));
}

TEST(Edges, SelfIsWhereTheCalleeIsTheLeaf) {
  const FunctionTable table = table_of(test::varied_profile(), {});
  const auto row = [&](const char* name) {
    return static_cast<uint32_t>(find_row(table, name) - table.rows.data());
  };
  bool seen = false;
  for (const Edge& edge : table.edges) {
    if (edge.caller == row("walk(Node*)") && edge.callee == edge.caller) {
      seen = true;
      EXPECT_EQ(edge.amount.samples, 250u);  // once a stack, though it is on it twice
      EXPECT_EQ(edge.self.samples, 250u);
    }
    if (edge.caller == row("main") && edge.callee == row("walk(Node*)")) {
      EXPECT_EQ(edge.self.samples, 0u);
    }
  }
  EXPECT_TRUE(seen);
}

}  // namespace
}  // namespace strobe::analyze
