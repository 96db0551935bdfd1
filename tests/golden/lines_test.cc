// The lines view of fixed profiles, byte for byte.
#include "analyze/line_view.h"

#include "golden_file.h"
#include "report/json_report.h"
#include "report/text.h"
#include "support/fake_sources.h"
#include "support/profile_builder.h"

namespace strobe::report {
namespace {

using test::expect_golden;

std::string lines_of(const Profile& profile, SourceProvider& sources, const TextStyle& style = {},
                     bool self_column = false, const std::vector<std::string>& restrictions = {},
                     const analyze::StackFilter& filter = {}) {
  LineTextOptions options{.order = {.keys = {analyze::SortKey::total_time}}, .self_column = self_column};
  for (const std::string& word : restrictions) {
    options.order.restrictions.push_back(*analyze::parse_restriction(word));
  }
  const analyze::WeightedStacks stacks = analyze::weigh_stacks(profile, analyze::select_all(profile), filter);
  return write_lines(analyze::make_line_view(profile, stacks, options.order, sources), options, style);
}

/// Sources of varied_profile(): one changed since, one found elsewhere, one missing.
test::FakeSources varied_sources() {
  test::FakeSources sources;
  std::string main = "#include \"tree.h\"\n";
  for (int line = 2; line < 10; ++line) main += "\n";
  main +=
      "int main() {\n\tTree tree = grow();\n\tdouble total = 0;\n\n\treturn walk(tree) + sum(total);\n}\n";
  sources.put("/src/app/main.cc", main).place = SourcePlace::recording;
  SourceFile& sum = sources.put("/src/app/sum.h",
                                "double add(double a, double b) {\n  return a + b;\n}\n\ntemplate <class T>\n"
                                "T sum(const T* values, size_t count) {\n  T total = 0;\n  for (; count > 0; "
                                "--count) total = add(total, *values++);\n  return total;\n}\n");
  sum.path = "/home/me/app/sum.h";
  sum.place = SourcePlace::nearby;
  sum.expected_md5 = std::string(32, '0');
  return sources;
}

TEST(GoldenLines, OfAVariedProfile) {
  test::FakeSources sources = varied_sources();
  expect_golden("lines.txt", lines_of(test::varied_profile(), sources));
}

TEST(GoldenLines, RestrictedWithSelfTimes) {
  test::FakeSources sources = varied_sources();
  expect_golden("lines_restricted.txt", lines_of(test::varied_profile(), sources, {}, true, {"sum.h", "1"}));
}

TEST(GoldenLines, OfFilteredStacks) {
  test::FakeSources sources = varied_sources();
  expect_golden("lines_filtered.txt", lines_of(test::varied_profile(), sources, {}, false, {},
                                               {.focus = {"walk"}, .hide = {"_start"}}));
}

TEST(GoldenLines, OnATerminal) {
  test::FakeSources sources = varied_sources();
  expect_golden("lines_terminal.txt",
                lines_of(test::varied_profile(), sources, {.color = true, .width = 60}, false, {"main"}));
}

TEST(GoldenLines, TextInTheJson) {
  test::FakeSources sources = varied_sources();
  const Profile profile = test::varied_profile();
  std::string text;
  write_json_report(
      profile, analyze::weigh_stacks(profile, analyze::select_all(profile)),
      [&](std::string_view piece) { text += piece; }, &sources);
  expect_golden("report_with_source.json", text);
}

TEST(GoldenLines, OfHostileNamesAndSources) {
  test::FakeSources sources;
  sources.put("/src/\tx\n.c",
              "\n\n\x1b[2J\tbad\xff utf8\r\n\tinv\xe2\x80\xaeisible " + std::string(100'000, 'y') + "\n");
  sources.refuse("/src/ä日本.c", SourceState::not_regular);
  expect_golden("lines_hostile.txt", lines_of(test::hostile_profile(), sources));
}

TEST(GoldenLines, OfSourcesThatCannotBeShown) {
  test::ProfileBuilder b;
  const ModuleId app = b.module("/bin/app");
  const ThreadId thread = b.thread(b.process(1, "app"), 1, "app", 1.0);
  test::FakeSources sources;
  for (const SourceState state : {SourceState::absent, SourceState::not_regular, SourceState::unreadable,
                                  SourceState::too_large, SourceState::binary, SourceState::ambiguous}) {
    const std::string name(name_of(state));
    b.samples(thread, b.stack({b.frame(b.function(name, "/src/" + name + ".c", 1, app), 3)}), 1);
    sources.refuse("/src/" + name + ".c", state);
  }
  expect_golden("lines_without_text.txt", lines_of(b.build(), sources));
}

}  // namespace
}  // namespace strobe::report
