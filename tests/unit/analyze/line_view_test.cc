// Facts of the lines view: what a line's time is, recursion, files of macros, code without lines, notes.
#include "analyze/line_view.h"

#include <gtest/gtest.h>

#include "support/fake_sources.h"
#include "support/profile_builder.h"

namespace strobe::analyze {
namespace {

LineView view_of(const Profile& profile, SourceProvider& sources,
                 const std::vector<std::string>& restrictions = {}) {
  OrderOptions order{.keys = {SortKey::total_time}};
  for (const std::string& word : restrictions) order.restrictions.push_back(*parse_restriction(word));
  return make_line_view(profile, weigh_stacks(profile, select_all(profile)), order, sources);
}

const LineRow* find_row(const LineBlock& block, uint32_t line) {
  for (const LineSection& section : block.sections) {
    for (const LineRow& row : section.rows) {
      if (row.kind == LineRow::Kind::line && row.line == line) return &row;
    }
  }
  return nullptr;
}

class LineViewOf : public testing::Test {
 protected:
  test::ProfileBuilder b_;
  ModuleId app_ = b_.module("/bin/app");
  ThreadId thread_ = b_.thread(b_.process(1, "app"), 1, "app", 1.0);
  test::FakeSources sources_;
};

TEST_F(LineViewOf, ACallCountsItsCallees) {
  const FunctionId main = b_.function("main", "/src/a.c", 1, app_);
  const FunctionId leaf = b_.function("leaf", "/src/a.c", 10, app_);
  b_.samples(thread_, b_.stack({b_.frame(main, 3), b_.frame(leaf, 11)}), 60);
  b_.samples(thread_, b_.stack({b_.frame(main, 4)}), 40);
  const LineView view = view_of(b_.build(), sources_);
  ASSERT_EQ(view.blocks.size(), 2U);
  EXPECT_EQ(view.blocks[0].function.function.name, "main");
  const LineRow* call = find_row(view.blocks[0], 3);
  ASSERT_NE(call, nullptr);
  EXPECT_EQ(call->total.samples, 60U);
  EXPECT_EQ(call->self.samples, 0U);
  EXPECT_NEAR(call->total.seconds, 0.6, 1e-9);
  EXPECT_EQ(find_row(view.blocks[1], 11)->self.samples, 60U);
}

/// What is shown behind the last line with samples ends with the function's brace.
TEST_F(LineViewOf, ABlockEndsWithItsFunction) {
  sources_.put("/src/a.c",
               "  void a() {\n    if (b) {\n      c();\n    }\n  }\n  // Of the next one.\n  int d;\n");
  const FunctionId a = b_.function("a", "/src/a.c", 1, app_);
  b_.samples(thread_, b_.stack({b_.frame(a, 5)}), 10);
  const LineView at_brace = view_of(b_.build(), sources_);
  ASSERT_EQ(at_brace.blocks.size(), 1U);
  EXPECT_EQ(at_brace.blocks[0].sections[0].rows.back().line, 5U);
  b_.samples(thread_, b_.stack({b_.frame(a, 7)}), 10);  // samples are never taken away
  const LineView behind = view_of(b_.build(), sources_);
  EXPECT_EQ(behind.blocks[0].sections[0].rows.back().line, 7U);
}

/// What started the program, mostly: it would push out functions that there is something to see of.
TEST_F(LineViewOf, CallersWithoutSourceDoNotFillAShortList) {
  sources_.put("/src/a.c", "int main() {\n  leaf();\n}\n");
  const FunctionId start = b_.function("start", "csu/start.c", 1, app_);
  const FunctionId main = b_.function("main", "/src/a.c", 1, app_);
  const FunctionId leaf = b_.function("leaf", "/src/gone.c", 10, app_);
  b_.samples(thread_, b_.stack({b_.frame(start, 5), b_.frame(main, 2), b_.frame(leaf, 11)}), 100);
  const LineView cut = view_of(b_.build(), sources_, {"2"});
  ASSERT_EQ(cut.blocks.size(), 2U);
  for (const LineBlock& block : cut.blocks) EXPECT_NE(block.function.function.name, "start");
  EXPECT_EQ(cut.callers_without_source, 1U);
  EXPECT_EQ(view_of(b_.build(), sources_).blocks.size(), 3U);
  const LineView named = view_of(b_.build(), sources_, {"start", "2"});
  ASSERT_EQ(named.blocks.size(), 1U);
  EXPECT_EQ(named.callers_without_source, 0U);
}

TEST_F(LineViewOf, RecursionCountsOnce) {
  const FunctionId walk = b_.function("walk", "/src/a.c", 1, app_);
  const FrameId call = b_.frame(walk, 3);
  b_.samples(thread_, b_.stack({call, call, call, b_.frame(walk, 5)}), 100);
  const LineView view = view_of(b_.build(), sources_);
  ASSERT_EQ(view.blocks.size(), 1U);
  EXPECT_EQ(find_row(view.blocks[0], 3)->total.samples, 100U);
  EXPECT_EQ(find_row(view.blocks[0], 5)->total.samples, 100U);
}

TEST_F(LineViewOf, InlinedFunctionsAreBlocksOfTheirOwn) {
  const FrameId outer = b_.frame(b_.function("outer", "/src/a.c", 1, app_), 4);
  b_.profile.frames[outer.index()].kind = FrameKind::inlined;
  const FrameId inner = b_.frame(b_.function("inner", "/src/a.c", 10, app_), 12, outer);
  b_.samples(thread_, b_.stack({inner}), 100);
  const LineView view = view_of(b_.build(), sources_);
  ASSERT_EQ(view.blocks.size(), 2U);
  for (const LineBlock& block : view.blocks) {
    const uint32_t line = block.function.function.name == "outer" ? 4 : 12;
    ASSERT_NE(find_row(block, line), nullptr);
    EXPECT_EQ(find_row(block, line)->self.samples, line == 12 ? 100U : 0U);
  }
}

TEST_F(LineViewOf, OtherFilesOfAFunctionAreSectionsOfTheirOwn) {
  const FunctionId main = b_.function("main", "/src/a.c", 1, app_);
  const FrameId macro = b_.frame(main, 7);
  b_.profile.frames[macro.index()].file = b_.text("/src/a.h");
  b_.samples(thread_, b_.stack({macro}), 30);
  b_.samples(thread_, b_.stack({b_.frame(main, 2)}), 70);
  const LineView view = view_of(b_.build(), sources_);
  ASSERT_EQ(view.blocks.size(), 1U);
  ASSERT_EQ(view.blocks[0].sections.size(), 2U);
  EXPECT_EQ(view.blocks[0].sections[0].file, "/src/a.c");
  EXPECT_EQ(view.blocks[0].sections[1].file, "/src/a.h");
}

TEST_F(LineViewOf, CodeWithoutALineIsARow) {
  const FunctionId main = b_.function("main", "/src/a.c", 1, app_);
  b_.samples(thread_, b_.stack({b_.frame(main, 0)}), 30);
  b_.samples(thread_, b_.stack({b_.frame(main, 2)}), 70);
  const LineView view = view_of(b_.build(), sources_);
  ASSERT_EQ(view.blocks.size(), 1U);
  ASSERT_EQ(view.blocks[0].sections.size(), 1U);
  const LineRow& last = view.blocks[0].sections[0].rows.back();
  EXPECT_EQ(last.kind, LineRow::Kind::no_line);
  EXPECT_EQ(last.self.samples, 30U);
}

TEST_F(LineViewOf, FunctionsWithoutLinesAreCounted) {
  b_.samples(thread_, b_.stack({b_.nameless_frame(app_, 16)}), 25);
  b_.samples(thread_, b_.stack({b_.frame(b_.function("main", "/src/a.c", 1, app_), 2)}), 75);
  const LineView view = view_of(b_.build(), sources_);
  EXPECT_EQ(view.blocks.size(), 1U);
  EXPECT_EQ(view.functions_without_lines, 1U);
  EXPECT_EQ(view.without_lines.samples, 25U);
}

TEST_F(LineViewOf, RestrictionsChooseFunctions) {
  b_.samples(thread_, b_.stack({b_.frame(b_.function("parse", "/src/a.c", 1, app_), 2)}), 50);
  b_.samples(thread_, b_.stack({b_.frame(b_.function("print", "/src/b.c", 1, app_), 2)}), 50);
  const Profile profile = b_.build();
  ASSERT_EQ(view_of(profile, sources_, {"par"}).blocks.size(), 1U);
  EXPECT_EQ(view_of(profile, sources_, {"par"}).blocks[0].function.function.name, "parse");
  EXPECT_EQ(view_of(profile, sources_, {"src/b"}).blocks[0].function.function.name, "print");
}

TEST_F(LineViewOf, NotesTellWhatToBelieve) {
  b_.profile.modules[app_.index()].mtime_ns = 1000;
  b_.samples(thread_, b_.stack({b_.frame(b_.function("main", "/src/a.c", 1, app_), 9)}), 1);
  const Profile profile = b_.build();
  SourceFile& file = sources_.put("/src/a.c", "one\ntwo\n");
  const auto notes = [&] { return view_of(profile, sources_).blocks[0].sections[0].notes; };
  EXPECT_FALSE(notes().newer_than_module);
  EXPECT_FALSE(notes().other_content);
  EXPECT_TRUE(notes().lines_beyond_end);
  file.mtime_ns = 1000;
  EXPECT_FALSE(notes().newer_than_module);
  file.mtime_ns = 1001;
  EXPECT_TRUE(notes().newer_than_module);
  file.expected_md5 = file.md5;
  EXPECT_FALSE(notes().other_content);
  file.expected_md5 = std::string(32, '0');
  EXPECT_TRUE(notes().other_content);
}

TEST_F(LineViewOf, AHugeLineNumberIsOneRow) {
  b_.samples(thread_, b_.stack({b_.frame(b_.function("main", "/src/a.c", 1, app_), UINT32_MAX)}), 1);
  const Profile profile = b_.build();
  sources_.put("/src/a.c", "one\n");
  const LineView view = view_of(profile, sources_);
  const std::vector<LineRow>& rows = view.blocks[0].sections[0].rows;
  EXPECT_LE(rows.size(), 4U);
  EXPECT_EQ(rows.back().line, UINT32_MAX);
  EXPECT_TRUE(rows.back().beyond_end);
}

}  // namespace
}  // namespace strobe::analyze
