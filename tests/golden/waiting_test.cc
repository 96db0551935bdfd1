// The views of wall time and of waiting, byte for byte.
#include "analyze/grouping.h"
#include "analyze/thread_tree.h"
#include "golden_file.h"
#include "report/json_report.h"
#include "report/text_calls.h"
#include "report/text_waiting.h"
#include "support/profile_builder.h"

namespace strobe::report {
namespace {

using namespace strobe::analyze;
using test::expect_golden;

struct Wall {
  Profile profile = test::waiting_profile();
  SelectedThreads all = select_all(profile);

  [[nodiscard]] std::string functions(const StackFilter& filter, const FunctionTextOptions& options,
                                      const TextStyle& style = {}) const {
    const WeightedStacks stacks = weigh_stacks(profile, all, filter);
    return write_functions(make_function_table(profile, stacks, stacks.functions, false), options, style);
  }
};

FunctionTextOptions ordered_by(SortKey key) {
  FunctionTextOptions options;
  options.order.keys = {key};
  return options;
}

TEST(GoldenWaiting, Functions) {
  const Wall wall;
  expect_golden("wall_functions.txt", wall.functions({.wall = true}, {}));
  expect_golden("wall_functions_cumulative.txt",
                wall.functions({.wall = true}, ordered_by(SortKey::total_time)));
  expect_golden("wall_functions_terminal.txt",
                wall.functions({.wall = true}, {.intervals = true}, {.color = true, .width = 150}));
  expect_golden("wall_functions_gil.txt", wall.functions({.wall = true, .states = {ThreadState::gil}}, {}));
}

TEST(GoldenWaiting, ByThread) {
  const Wall wall;
  const WeightedStacks stacks = weigh_stacks(wall.profile, wall.all, {.wall = true});
  expect_golden("wall_by_thread.txt",
                write_functions(make_thread_table(wall.profile, stacks, Grouping::thread), {}, {}));
}

TEST(GoldenWaiting, Tree) {
  const Wall wall;
  const WeightedStacks stacks = weigh_stacks(wall.profile, wall.all, {.wall = true});
  expect_golden("wall_tree.txt",
                write_call_tree(make_call_tree(wall.profile, stacks, Grouping::function, {}), true, {}));
}

TEST(GoldenWaiting, Threads) {
  const Wall wall;
  const ThreadTree tree = make_thread_tree(wall.profile, wall.all, attribute(wall.profile, wall.all));
  expect_golden("wall_threads.txt", write_threads(tree, {}));
  expect_golden("wall_threads_terminal.txt", write_threads(tree, {.color = true, .width = 130}));
}

TEST(GoldenWaiting, LocksAndGil) {
  const Wall wall;
  const WaitPlaces places = find_wait_places(wall.profile, wall.all);
  const LockView locks = make_lock_view(wall.profile, places.stacks, places.paths);
  const GilView gils = make_gil_view(wall.profile, places.stacks, places.paths);
  expect_golden("locks.txt", write_locks(wall.profile, places, locks, {}, {}));
  expect_golden("locks_terminal.txt",
                write_locks(wall.profile, places, locks, {.rows = 1, .places = 1, .strip_directories = true},
                            {.color = true, .width = 80}));
  expect_golden("gil.txt", write_gils(wall.profile, places, gils, {}, {}));
}

TEST(GoldenWaiting, NothingWasWaitedFor) {
  Profile profile = test::varied_profile();
  profile.info.wall = true;
  const WaitPlaces places = find_wait_places(profile, select_all(profile));
  expect_golden("locks_none.txt",
                write_locks(profile, places, make_lock_view(profile, places.stacks, places.paths), {}, {}) +
                    write_gils(profile, places, make_gil_view(profile, places.stacks, places.paths), {}, {}));
}

TEST(GoldenWaiting, Quality) {
  expect_golden("wall_quality.txt", write_quality(judge_quality(test::waiting_profile()), {}));
}

TEST(GoldenWaiting, Json) {
  std::string text;
  write_json_report(test::waiting_profile(), select_all(test::waiting_profile()),
                    [&](std::string_view piece) { text += piece; });
  expect_golden("report_wall.json", text);
}

}  // namespace
}  // namespace strobe::report
