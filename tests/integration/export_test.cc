// Exports of real recordings, read by the programs that they are for, against the JSON report of the same.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "integration_fixture.h"
#include "support/interpreters.h"
#include "terminal.h"

namespace strobe::test {
namespace {

using nlohmann::json;

/// Prints what pstats reads: [[file, line, name], pcalls, ncalls, tottime, cumtime, [[caller], …]] a
/// function; a caller as [[file, line, name], ncalls, pcalls, tottime, cumtime]. Every sort key is tried as
/// well.
constexpr const char* kReadPstats = R"(
import io, json, pstats, sys
stats = pstats.Stats(sys.argv[1], stream=io.StringIO())
for key in ("calls", "cumulative", "filename", "line", "module", "name", "nfl", "pcalls", "stdname", "time"):
    stats.sort_stats(key).print_stats(5)
stats.print_callers()
stats.print_callees()
print(json.dumps({"total": stats.total_tt, "functions": [
    [list(key), *row[:4], [[list(caller), *values] for caller, values in row[4].items()]]
    for key, row in stats.stats.items()]}))
)";

/// What pstats knows a function of the report by.
json label_of(const json& function) {
  const std::string file = function.at("file");
  const std::string module = function.at("module");
  if (file.empty() && module.empty()) return {"~", 0, function.at("name")};
  if (function.at("name").get<std::string>().ends_with("[no symbols]")) return {"~", 0, function.at("name")};
  return {file.empty() ? module : file, file.empty() ? 0 : function.at("line").get<int>(),
          function.at("name")};
}

class Export : public Integration {
 protected:
  /// What Python reads; null where it fails.
  [[nodiscard]] json read_pstats(const std::string& name) const {
    const ProgramResult result = ChildProgram({"python3", "-c", kReadPstats, file(name)}).finish();
    EXPECT_EQ(result.status, 0) << result.err;
    return last_line_json(result.out);
  }
};

/// As {label: [pcalls, ncalls, tottime, cumtime, {caller: [ncalls, pcalls, tottime, cumtime]}]}.
std::map<json, json> functions_of_pstats(const json& pstats) {
  std::map<json, json> functions;
  for (const json& row : pstats.at("functions")) {
    std::map<std::string, json> callers;
    for (const json& edge : row.at(5))
      callers[edge.at(0).dump()] = {edge.at(1), edge.at(2), edge.at(3), edge.at(4)};
    functions[row.at(0)] = {row.at(1), row.at(2), row.at(3), row.at(4), callers};
  }
  return functions;
}

std::map<json, json> functions_of_report(const json& report) {
  std::map<json, json> functions;
  const json& rows = report.at("functions");
  for (const json& row : rows) {
    std::map<std::string, json> callers;
    for (const json& edge : row.at("callers")) {
      const json& self = edge.at("self");
      callers[label_of(rows.at(edge.at("id").get<size_t>())).dump()] = {
          edge.at("samples"), self.at("samples"), self.at("seconds"), edge.at("seconds")};
    }
    functions[label_of(row)] = {row.at("self").at("samples"), row.at("total").at("samples"),
                                row.at("self").at("seconds"), row.at("total").at("seconds"), callers};
  }
  return functions;
}

/// Numbers of JSON have 12 digits, those of pstats all.
void expect_equal_values(const json& a, const json& b, const std::string& where) {
  if (a.is_number() && b.is_number()) {
    EXPECT_NEAR(a.get<double>(), b.get<double>(), 1e-9) << where;
    return;
  }
  ASSERT_EQ(a.type(), b.type()) << where;
  ASSERT_EQ(a.size(), b.size()) << where << '\n' << a << '\n' << b;
  for (const auto& [key, value] : a.items()) {
    const json* other = a.is_object() ? (b.contains(key) ? &b.at(key) : nullptr) : &b.at(std::stoul(key));
    ASSERT_NE(other, nullptr) << where << ": " << key;
    expect_equal_values(value, *other, where + " " + key);
  }
}

TEST_F(Export, PstatsReadsTheNumbersOfTheReport) {
  for (const char* program : {"mutual_recursion", "two_threads"}) {
    const StrobeRun run = run_strobe(strobe_run({workload(program)}, {"-r", "2k", "--force"}));
    ASSERT_EQ(run.program.status, 0) << run.program.err;
    const ProgramResult exported =
        strobe({"export", run.recording, "--to", "pstats", "--force", "-o", file("x.prof")});
    ASSERT_EQ(exported.status, 0) << exported.err;
    EXPECT_EQ(exported.out + exported.err, "");
    const json pstats = read_pstats("x.prof");
    ASSERT_TRUE(pstats.is_object());
    EXPECT_NEAR(pstats.at("total").get<double>(), run.report.at("recording").at("cpu_s").get<double>(), 1e-6);
    const std::map<json, json> read = functions_of_pstats(pstats);
    const std::map<json, json> expected = functions_of_report(run.report);
    EXPECT_EQ(read.size(), run.report.at("functions").size()) << "one entry a function";
    ASSERT_EQ(read.size(), expected.size());
    for (const auto& [label, values] : expected) {
      ASSERT_TRUE(read.contains(label)) << label;
      expect_equal_values(read.at(label), values, label.dump());
    }
  }
}

TEST_F(Export, FiltersAndThreadsHold) {
  const StrobeRun run = run_strobe(strobe_run({workload("two_functions")}, {"-r", "2k"}));
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  const std::string name = run.truth.at("functions").begin().key();
  const ProgramResult exported =
      strobe({"export", run.recording, "--to", "pstats", "--focus", name, "-o", file("x.prof")});
  ASSERT_EQ(exported.status, 0) << exported.err;
  const json pstats = read_pstats("x.prof");
  double self = 0;
  for (const json& row : pstats.at("functions")) {
    self += row.at(3).get<double>();
    if (row.at(0).at(2) == name) {
      EXPECT_GT(row.at(4).get<double>(), 0);
    }
  }
  EXPECT_GT(self, 0);
  EXPECT_LT(self, run.report.at("recording").at("cpu_s").get<double>() * 0.99);
}

TEST_F(Export, OfNothingCanBeReadAndIsSaid) {
  const StrobeRun run = run_strobe(strobe_run({workload("two_functions"), "0.1"}));
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  const std::vector<std::string> words = {"export",  run.recording,       "--to", "pstats",
                                          "--focus", "^no such function", "-o",   file("x.prof")};
  const ProgramResult exported = strobe(words);
  ASSERT_EQ(exported.status, 0) << exported.err;
  EXPECT_NE(exported.err.find("the filters leave nothing"), std::string::npos) << exported.err;
  const json pstats = read_pstats("x.prof");
  ASSERT_TRUE(pstats.is_object());
  EXPECT_EQ(pstats.at("functions"), json::parse(R"([[["~", 0, "[no samples]"], 0, 0, 0.0, 0.0, []]])"));
  const ProgramResult shown = strobe({"report", file("x.prof")});
  EXPECT_EQ(shown.status, 0) << shown.err;
}

/// Functions whose names and files a program chose to do harm with.
constexpr const char* kHostileNames = R"(
def make(name, file):
    def f(n):
        for i in range(n): pass
    more = {"co_qualname": name} if hasattr(f.__code__, "co_qualname") else {}
    f.__code__ = f.__code__.replace(co_name=name, co_filename=file, **more)
    return f
functions = [make("two\nlines", "/src/\x1b[31mred.py"), make("half\udcff", "/bad\udc80file.py"),
             make("größe", "/ä/日本.py"), make("nul\0name", "a\0b.py"), make("x" * 5000, "long.py")]
for i in range(40):
    for f in functions: f(200000)
)";

TEST_F(Export, HostileNamesOfPythonAreOneLineEach) {
  STROBE_NEED_PYTHON(python, kDebianPython);
  write_file(file("hostile.py"), kHostileNames);
  std::vector<std::string> words = python.command;
  words.push_back(file("hostile.py"));
  const StrobeRun run = run_strobe(strobe_run(words));
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  ASSERT_EQ(strobe({"export", run.recording, "--to", "pstats", "--no-native", "-o", file("x.prof")}).status,
            0);
  const json pstats = read_pstats("x.prof");
  ASSERT_TRUE(pstats.is_object());
  std::set<json> labels;
  for (const json& row : pstats.at("functions")) {
    labels.insert(row.at(0));
    for (const size_t part : {0, 2}) {
      const auto text = row.at(0).at(part).get<std::string>();
      EXPECT_TRUE(std::ranges::none_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; })) << text;
      EXPECT_LT(text.size(), 600u);
    }
  }
  for (const json& label :
       {json{"/src/\\x1b[31mred.py", 3, "two\\x0alines"}, json{"/bad\ufffdfile.py", 3, "half\ufffd"},
        json{"/ä/日本.py", 3, "größe"}, json{"a\\x00b.py", 3, "nul\\x00name"}})
    EXPECT_TRUE(labels.contains(label)) << label << " in " << json(labels);
}

TEST_F(Export, AnExistingFileIsKeptAndStdoutIsForPipes) {
  const StrobeRun run = run_strobe(strobe_run({workload("two_functions")}));
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  write_file(file("x.prof"), "mine");
  const ProgramResult refused = strobe({"export", run.recording, "--to", "pstats", "-o", file("x.prof")});
  EXPECT_EQ(refused.status, 125);
  EXPECT_NE(refused.err.find("--force"), std::string::npos) << refused.err;
  EXPECT_EQ(read_file(file("x.prof")), "mine");
  const ProgramResult piped = strobe({"export", run.recording, "--to", "pstats", "-o", "-"});
  EXPECT_EQ(piped.status, 0) << piped.err;
  ASSERT_EQ(strobe({"export", run.recording, "--to", "pstats", "-o", file("x.prof"), "--force"}).status, 0);
  EXPECT_EQ(read_file(file("x.prof")), piped.out);
}

TEST_F(Export, IsNotWrittenOnATerminal) {
  const StrobeRun run = run_strobe(strobe_run({workload("two_functions"), "0.1"}));
  ASSERT_EQ(run.program.status, 0) << run.program.err;
  Terminal terminal({.folder = folder(), .environment = {}});
  terminal.type(std::string(kStrobe) + " export recording.strobe --to pstats -o -; echo status=$?\n");
  ASSERT_TRUE(terminal.wait_for("status=125")) << terminal.seen();
  EXPECT_NE(terminal.seen().find("the file is not for terminals"), std::string::npos) << terminal.seen();
}

}  // namespace
}  // namespace strobe::test
