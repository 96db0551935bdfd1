// Files of cProfile, written by every interpreter that is here, in Strobe's views: against what the same
// interpreter's pstats reads in them.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <map>

#include "integration_fixture.h"

namespace strobe::test {
namespace {

using nlohmann::json;

constexpr const char* kProgram = R"(# -*- coding: utf-8 -*-
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)

def numbers(n):
    for i in range(n):
        yield len(str(i))

class Größe:
    def wert(self):
        return sorted(numbers(50), key=lambda x: -x)

def even(n):
    return n == 0 or odd(n - 1)

def odd(n):
    return n != 0 and even(n - 1)

fib(15)
Größe().wert()
even(40)
)";

/// {"file:line(name)": [pcalls, ncalls, tottime, cumtime, {caller: [ncalls, pcalls, tottime, cumtime]}]}, as
/// pstats spells functions.
constexpr const char* kTruth = R"(
import json, pstats, sys
spell = pstats.func_std_string
stats = pstats.Stats(sys.argv[1]).stats
print(json.dumps({spell(key): list(row[:4]) + [{spell(caller): values for caller, values in row[4].items()}]
                  for key, row in stats.items()}))
)";

/// Interpreters of this machine, each once.
std::vector<std::string> find_interpreters() {
  namespace fs = std::filesystem;
  std::map<std::string, std::string> found;  // the file itself, and how to call it
  std::vector<std::string> candidates = {"/usr/bin/python3"};
  const char* home = std::getenv("HOME");
  std::error_code error;
  for (fs::directory_iterator entry(std::string(home != nullptr ? home : "") + "/.pyenv/versions", error),
       end;
       !error && entry != end; entry.increment(error)) {
    if (entry->path().filename().string().starts_with("3."))
      candidates.push_back(entry->path() / "bin/python3");
  }
  for (const std::string& path : candidates) {
    const std::string real = fs::canonical(path, error).string();
    if (!error) found.emplace(real, path);
  }
  std::vector<std::string> interpreters;
  for (const auto& [real, path] : found) interpreters.push_back(path);
  return interpreters;
}

/// How pstats spells a function of the report.
std::string spelling(const json& function) {
  const std::string name = function.at("name");
  const std::string file = function.at("file");
  return file.empty() ? name : file + ":" + function.at("line").dump() + "(" + name + ")";
}

json values_of(const json& counts, const json& self_seconds, const json& total_seconds, bool of_caller) {
  const char* first = of_caller ? "ncalls" : "pcalls";
  const char* second = of_caller ? "pcalls" : "ncalls";
  return {counts.at(first), counts.at(second), self_seconds, total_seconds};
}

json functions_of(const json& report) {
  json functions = json::object();
  const json& rows = report.at("functions");
  for (const json& row : rows) {
    json values = values_of(row, row.at("self").at("seconds"), row.at("total").at("seconds"), false);
    json callers = json::object();
    for (const json& edge : row.at("callers")) {
      callers[spelling(rows.at(edge.at("id").get<size_t>()))] =
          values_of(edge, edge.at("self").at("seconds"), edge.at("seconds"), true);
    }
    values.push_back(callers);
    functions[spelling(row)] = values;
  }
  return functions;
}

/// Equal, numbers within what 12 digits leave.
void expect_same(const json& a, const json& b, const std::string& where) {
  if (a.is_number() && b.is_number()) {
    EXPECT_NEAR(a.get<double>(), b.get<double>(), 1e-9) << where;
    return;
  }
  ASSERT_EQ(a.size(), b.size()) << where << '\n' << a.dump(1) << '\n' << b.dump(1);
  for (const auto& [key, value] : a.items()) {
    ASSERT_TRUE(b.is_array() || b.contains(key)) << where << ": " << key;
    expect_same(value, b.is_array() ? b.at(std::stoul(key)) : b.at(key), where + " " + key);
  }
}

class CProfileFiles : public Integration {
 protected:
  void SetUp() override {
    Integration::SetUp();
    write_file(file("program.py"), kProgram);
  }
  [[nodiscard]] ProgramResult run(const std::vector<std::string>& words) const {
    ChildProgram::Options options;
    options.folder = folder();
    return ChildProgram(words, options).finish();
  }
  /// The program, profiled by that interpreter; what its pstats reads. Null where it has no cProfile.
  [[nodiscard]] json profile_with(const std::string& interpreter) const {
    if (run({interpreter, "-m", "cProfile", "-o", "x.prof", "program.py"}).status != 0) return nullptr;
    return last_line_json(run({interpreter, "-c", kTruth, "x.prof"}).out);
  }
};

TEST_F(CProfileFiles, OfEveryInterpreterAreReadRight) {
  size_t tried = 0;
  for (const std::string& interpreter : find_interpreters()) {
    const json truth = profile_with(interpreter);
    if (!truth.is_object()) continue;
    ++tried;
    const json report = report_of("x.prof");
    ASSERT_TRUE(report.is_object()) << interpreter;
    expect_same(truth, functions_of(report), interpreter);
    EXPECT_EQ(truth.at("program.py:2(fib)").at(1), 1973) << "as often as fib(15) is called";
    EXPECT_EQ(report.at("recording").at("samples"), 0) << "calls are no samples";
    // And back: what is exported is the same again for Python's pstats.
    ASSERT_EQ(strobe({"export", "x.prof", "--to", "pstats", "--force", "-o", "y.prof"}).status, 0);
    expect_same(truth, last_line_json(run({interpreter, "-c", kTruth, "y.prof"}).out),
                interpreter + " again");
  }
  if (tried == 0) GTEST_SKIP() << "there is no Python with cProfile";
}

TEST_F(CProfileFiles, HaveTheViewsThatCallsCanHave) {
  if (!profile_with("python3").is_object()) GTEST_SKIP() << "there is no Python with cProfile";
  const ProgramResult table = strobe({"report", "x.prof", "functions", "--sort", "ncalls", "-n", "3"});
  EXPECT_EQ(table.status, 0) << table.err;
  EXPECT_NE(table.out.find(" function calls ("), std::string::npos) << table.out;
  EXPECT_NE(table.out.find("Ordered by: call count\n"), std::string::npos) << table.out;
  EXPECT_NE(table.out.find("Calls are counted, every one"), std::string::npos) << table.out;
  EXPECT_NE(table.out.find("  ncalls  tottime   tot%  percall  cumtime   cum%  percall  "), std::string::npos)
      << table.out;
  EXPECT_NE(table.out.find("   1973/1 "), std::string::npos) << table.out;
  EXPECT_EQ(table.out.find("quality"), std::string::npos) << "nothing was sampled: " << table.out;

  const ProgramResult callers = strobe({"report", "x.prof", "callers", "even"});
  EXPECT_NE(callers.out.find("program.py:16(odd)"), std::string::npos) << callers.out << callers.err;
  const ProgramResult callees = strobe({"report", "x.prof", "callees", "wert"});
  EXPECT_NE(callees.out.find("{built-in method builtins.sorted}"), std::string::npos) << callees.out;
}

TEST_F(CProfileFiles, SayWhatTheyDoNotHave) {
  if (!profile_with("python3").is_object()) GTEST_SKIP() << "there is no Python with cProfile";
  using Words = std::vector<std::string>;
  for (const Words& words : {Words{"lines"}, Words{"tree"}, Words{"threads"}, Words{"quality"},
                             Words{"functions", "--focus", "fib"}, Words{"functions", "--by", "file"},
                             Words{"functions", "--thread", "main"}}) {
    Words all = {"report", "x.prof"};
    all.insert(all.end(), words.begin(), words.end());
    const ProgramResult refused = strobe(all);
    EXPECT_EQ(refused.status, 125) << words.back();
    EXPECT_NE(refused.err.find("a file of cProfile has no "), std::string::npos) << refused.err;
  }
}

TEST_F(CProfileFiles, CannotBeCompared) {
  if (!profile_with("python3").is_object()) GTEST_SKIP() << "there is no Python with cProfile";
  const ProgramResult refused = strobe({"compare", "x.prof", "x.prof"});
  EXPECT_EQ(refused.status, 125);
  EXPECT_NE(refused.err.find("x.prof is a file of cProfile"), std::string::npos) << refused.err;
  EXPECT_NE(refused.err.find("strobe run"), std::string::npos) << refused.err;
}

TEST_F(CProfileFiles, DamagedOnesAreErrors) {
  if (!profile_with("python3").is_object()) GTEST_SKIP() << "there is no Python with cProfile";
  const std::string whole = read_file(file("x.prof"));
  write_file(file("cut.prof"), whole.substr(0, whole.size() / 2));
  const ProgramResult refused = strobe({"report", "cut.prof"});
  EXPECT_EQ(refused.status, 125);
  EXPECT_NE(refused.err.find("cut.prof: it is no file of cProfile: it is cut short"), std::string::npos)
      << refused.err;
  write_file(file("text.prof"), "no profile at all");
  EXPECT_NE(strobe({"report", "text.prof"}).err.find("not a Strobe recording"), std::string::npos);
}

}  // namespace
}  // namespace strobe::test
