#include "analyze/call_tree.h"

#include <gtest/gtest.h>

#include "analyze/grouping.h"
#include "support/profile_builder.h"

namespace strobe::analyze {
namespace {

using test::ProfileBuilder;

CallTree tree_of(const Profile& profile, const TreeOptions& options = {},
                 Grouping grouping = Grouping::function, const StackFilter& filter = {}) {
  return make_call_tree(profile, weigh_stacks(profile, select_all(profile), filter), grouping, options);
}

/// "name depth self/total" of every row.
std::vector<std::string> lines_of(const CallTree& tree) {
  std::vector<std::string> lines;
  for (const TreeRow& row : tree.rows) {
    lines.push_back(row.function.name + " " + std::to_string(row.depth) + " " +
                    std::to_string(row.self.samples) + "/" + std::to_string(row.total.samples));
  }
  return lines;
}

/// Nothing is dropped silently: whatever is summed or cut by depth, the self column is what is shown.
void expect_whole(const CallTree& tree) {
  Amount sum;
  for (const TreeRow& row : tree.rows) sum += row.self;
  EXPECT_NEAR(sum.seconds, tree.coverage.shown.seconds, 1e-9);
  EXPECT_EQ(sum.samples, tree.coverage.shown.samples);
}

struct Recursive {
  ProfileBuilder b;
  ModuleId app = b.module("/bin/app");
  ThreadId thread = b.thread(b.process(1, "app"), 1, "app", 1.0);
  FrameId main = b.frame(b.function("main", "/m.c", 1, app));
  FrameId even = b.frame(b.function("even", "/m.c", 10, app));
  FrameId odd = b.frame(b.function("odd", "/m.c", 20, app));
};

TEST(CallTree, AFunctionThatCallsItselfIsOneRow) {
  Recursive r;
  r.b.samples(r.thread, r.b.stack({r.main, r.even, r.even, r.even}), 60);
  r.b.samples(r.thread, r.b.stack({r.main, r.even, r.even, r.odd}), 30);
  r.b.samples(r.thread, r.b.stack({r.main, r.even}), 10);
  const CallTree tree = tree_of(r.b.build());
  expect_whole(tree);
  EXPECT_EQ(lines_of(tree), (std::vector<std::string>{"main 0 0/100", "even 1 70/100", "odd 2 30/30"}));
  EXPECT_TRUE(tree.rows[1].recursive);
  EXPECT_FALSE(tree.rows[0].recursive);
}

TEST(CallTree, RecursionAsDeepAsStacksGetIsCutAtTheDepth) {
  Recursive r;
  std::vector<FrameId> deep;
  for (int i = 0; i < 50'000; ++i) deep.insert(deep.end(), {r.even, r.odd});
  r.b.samples(r.thread, r.b.stack(deep), 100);
  const CallTree tree = tree_of(r.b.build(), {.max_depth = 7});
  expect_whole(tree);
  ASSERT_EQ(tree.rows.size(), 8u);
  EXPECT_EQ(tree.rows.back().kind, TreeRow::Kind::deep);
  EXPECT_EQ(tree.rows.back().total.samples, 100u);
  EXPECT_EQ(tree_of(r.b.build(), {.max_depth = 0}).rows.size(), 100'000u);
}

TEST(CallTree, SmallCallsAreSummed) {
  Recursive r;
  r.b.samples(r.thread, r.b.stack({r.main}), 990);
  for (int i = 0; i < 5; ++i) {
    const FrameId small = r.b.frame(r.b.function("small" + std::to_string(i), "/m.c", 100, r.app));
    r.b.samples(r.thread, r.b.stack({r.main, small}), 2);
  }
  const CallTree tree = tree_of(r.b.build());
  expect_whole(tree);
  ASSERT_EQ(tree.rows.size(), 2u);
  EXPECT_EQ(tree.rows[1].kind, TreeRow::Kind::small);
  EXPECT_EQ(tree.rows[1].count, 5u);
  EXPECT_EQ(tree.rows[1].total.samples, 10u);
}

TEST(CallTree, EveryGroupingAndFilterIsWhole) {
  const Profile profile = test::varied_profile();
  for (const Grouping grouping : {Grouping::function, Grouping::line, Grouping::file, Grouping::module,
                                  Grouping::thread, Grouping::process}) {
    for (const uint32_t depth : {0u, 1u, 2u}) {
      expect_whole(tree_of(profile, {.min_share = 0.2, .max_depth = depth}, grouping));
      expect_whole(tree_of(profile, {.max_depth = depth}, grouping, {.focus = {"main"}, .hide = {"add"}}));
      expect_whole(tree_of(profile, {.max_depth = depth}, grouping, {.hide = {"libplain"}}));
    }
  }
}

TEST(CallTree, BeginsWhereItIsTold) {
  const Profile profile = test::varied_profile();
  const CallTree tree = tree_of(profile, {.restrictions = {*parse_restriction("walk")}});
  expect_whole(tree);
  EXPECT_EQ(lines_of(tree), (std::vector<std::string>{"walk(Node*) 0 250/250"}));
  EXPECT_EQ(tree.coverage.whole.samples, 1600u);  // shares stay shares of everything
}

TEST(CallTree, CountsAndFractionsCutRows) {
  const Profile profile = test::varied_profile();
  const size_t all = tree_of(profile).rows.size();
  const CallTree tree =
      tree_of(profile, {.restrictions = {*parse_restriction("0.5"), *parse_restriction("3")}});
  EXPECT_EQ(tree.rows.size(), 3u);
  ASSERT_EQ(tree.reductions.size(), 2u);
  EXPECT_EQ(tree.reductions[0].before, all);
}

TEST(CallTree, DamagedReferencesDoNoHarm) {
  Recursive r;
  r.b.samples(r.thread, r.b.stack({r.main, r.even}), 5);
  Profile profile = r.b.build();
  profile.stacks[0].parent = StackId{1};
  profile.stacks.push_back({StackId{1}, FrameId{4444}});
  profile.samples.push_back({0, ThreadId{0}, StackId{2}, StackClass::complete});
  profile.samples.push_back({0, ThreadId{0}, StackId{999}, StackClass::complete});
  profile.samples.push_back({0, ThreadId{77}, StackId{0}, StackClass::complete});
  profile.threads[0].process = ProcessId{55};
  for (const Grouping grouping : {Grouping::function, Grouping::thread, Grouping::process}) {
    expect_whole(tree_of(profile, {}, grouping));
  }
}

TEST(Grouping, EveryGroupAddsUpToTheExactTime) {
  const Profile profile = test::varied_profile();
  const WeightedStacks stacks = weigh_stacks(profile, select_all(profile));
  for (const Grouping grouping : {Grouping::line, Grouping::file, Grouping::module}) {
    const FunctionTable table =
        make_function_table(profile, stacks, group_frames(profile, stacks.functions, grouping), false);
    double sum = 0;
    for (const FunctionStats& row : table.rows) {
      sum += row.self.seconds;
      EXPECT_LE(row.total.seconds, table.cpu_seconds + 1e-9);  // recursion within a group counts once
    }
    EXPECT_NEAR(sum, 1.6004, 1e-9);
  }
}

TEST(Grouping, ThreadsAndProcessesAreExact) {
  const Profile profile = test::varied_profile();
  const WeightedStacks stacks = weigh_stacks(profile, select_all(profile));
  const FunctionTable threads = make_thread_table(profile, stacks, Grouping::thread);
  ASSERT_EQ(threads.rows.size(), 4u);
  EXPECT_EQ(threads.rows[0].function.name, "100 app");
  EXPECT_NEAR(threads.rows[0].self.seconds, 1.0, 1e-9);
  EXPECT_EQ(threads.rows[3].function.name, "102 brief");
  EXPECT_NEAR(threads.rows[3].self.seconds, 0.0004, 1e-12);
  const FunctionTable processes = make_thread_table(profile, stacks, Grouping::process);
  ASSERT_EQ(processes.rows.size(), 2u);
  EXPECT_NEAR(processes.rows[0].self.seconds, 1.5004, 1e-9);
}

TEST(Grouping, FiltersHoldForThreads) {
  const Profile profile = test::varied_profile();
  const WeightedStacks stacks = weigh_stacks(profile, select_all(profile), {.focus = {"^add"}});
  const FunctionTable threads = make_thread_table(profile, stacks, Grouping::thread);
  ASSERT_EQ(threads.rows.size(), 2u);
  EXPECT_EQ(threads.rows[0].self.samples, 600u);
  EXPECT_EQ(threads.rows[1].self.samples, 100u);
}

TEST(Grouping, WordsAreThoseOfTheEnum) {
  for (size_t i = 0; i < std::size(kGroupingWords); ++i)
    EXPECT_EQ(static_cast<size_t>(*find_grouping(kGroupingWords[i])), i);
  EXPECT_EQ(*find_grouping("process"), Grouping::process);
  EXPECT_FALSE(find_grouping("colour"));
}

}  // namespace
}  // namespace strobe::analyze
