// `strobe check` on recordings of real programs: slower ones fail, the same pass, and what a recording does
// not tell is not judged.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "integration_fixture.h"

namespace strobe::test {
namespace {

class Check : public Integration {
 protected:
  /// Records a program whose seconds of work are `amount`, 70 % of them in the function `seventy`.
  void record(const std::string& name, const std::string& amount) {
    const ProgramResult run =
        strobe({"run", "-q", "--force", "-o", file(name), "--", workload("two_functions"), amount});
    ASSERT_EQ(run.status, 0) << run.err;
  }
  [[nodiscard]] ProgramResult check(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "check");
    return strobe(std::move(arguments));
  }
  /// Of the JSON, condition by condition.
  [[nodiscard]] std::vector<std::string> verdicts(const std::string& json_file) const {
    std::vector<std::string> result;
    const nlohmann::json report = read_json(json_file);
    for (const auto& condition : report["conditions"]) result.push_back(condition["verdict"]);
    return result;
  }
  void write(const std::string& name, const std::string& text) const { std::ofstream(file(name)) << text; }
};

TEST_F(Check, MoreWorkFailsTheSameWorkPasses) {
  STROBE_NEED_PERF();
  ASSERT_NO_FATAL_FAILURE(record("before.strobe", "0.5"));
  ASSERT_NO_FATAL_FAILURE(record("same.strobe", "0.5"));
  ASSERT_NO_FATAL_FAILURE(record("slower.strobe", "1.5"));
  // Three times the work: more than half as much again, whatever the machine does beside it.
  const std::string condition = "function(\"seventy\").total > +50%";
  const auto against = [&](const std::string& name) {
    return check({file(name), "--baseline", file("before.strobe"), "--fail-if", condition, "--json",
                  file("check.json")});
  };
  const ProgramResult slower = against("slower.strobe");
  EXPECT_EQ(slower.status, 1) << slower.out << slower.err;
  EXPECT_NE(slower.out.find("FAILED"), std::string::npos) << slower.out;
  EXPECT_NE(slower.out.find("one recording on each side"), std::string::npos) << slower.out;
  EXPECT_EQ(verdicts(file("check.json")), std::vector<std::string>{"failed"});
  const ProgramResult same = against("same.strobe");
  EXPECT_EQ(same.status, 0) << same.out << same.err;
  // On compare, the first recording is the baseline of the second.
  const auto compared = [&](const std::string& name) {
    return strobe({"compare", file("before.strobe"), file(name), "--fail-if", condition}).status;
  };
  EXPECT_EQ(compared("slower.strobe"), 1);
  EXPECT_EQ(compared("same.strobe"), 0);
  // The other way round: not faster by half.
  EXPECT_EQ(check({file("same.strobe"), "--baseline", file("before.strobe"), "--fail-if",
                   "not function(\"seventy\").total < -50%"})
                .status,
            1);
}

TEST_F(Check, ASavedBaselineSaysTheSameAsItsRecording) {
  STROBE_NEED_PERF();
  ASSERT_NO_FATAL_FAILURE(record("before.strobe", "0.5"));
  ASSERT_NO_FATAL_FAILURE(record("slower.strobe", "1.5"));
  const std::string condition = "function(\"sev*\").self > +50%";
  const std::vector<std::string> save = {file("before.strobe"), "--fail-if", condition, "--save-baseline",
                                         file("b.json")};
  // Without a baseline the change cannot be judged; what was measured is kept all the same.
  EXPECT_EQ(check(save).status, 2);
  EXPECT_EQ(check(save).status, 125) << "an existing file was replaced";
  const auto against = [&](const std::string& baseline) {
    EXPECT_EQ(check({file("slower.strobe"), "--baseline", baseline, "--fail-if", condition, "--json",
                     file("check.json")})
                  .status,
              1);
    return nlohmann::json(read_json(file("check.json"))["conditions"][0]["terms"][0]);
  };
  const auto by_recording = against(file("before.strobe"));
  // As numbers of 12 digits are written and read, the last one can differ.
  const auto by_baseline = against(file("b.json"));
  const nlohmann::json difference = nlohmann::json::diff(by_recording, by_baseline);
  for (const auto& change : difference) {
    ASSERT_EQ(change.at("op"), "replace") << difference;
    const nlohmann::json::json_pointer place(change.at("path").get<std::string>());
    ASSERT_TRUE(change.at("value").is_number()) << difference;
    const double expected = by_recording.at(place).get<double>();
    EXPECT_NEAR(change.at("value").get<double>(), expected, 1e-9 * std::abs(expected)) << place.to_string();
  }
  EXPECT_GT(by_recording["change"]["low"], 0.5);
}

TEST_F(Check, FourRunsOfEachAreJudgedByWhatTheyDifferBy) {
  STROBE_NEED_PERF();
  std::vector<std::string> arguments;
  for (const char* run : {"1", "2", "3", "4"}) {
    ASSERT_NO_FATAL_FAILURE(record(std::string("a") + run, "0.1"));
    ASSERT_NO_FATAL_FAILURE(record(std::string("b") + run, "0.4"));
    arguments.push_back(file(std::string("b") + run));
    arguments.insert(arguments.end(), {"--baseline", file(std::string("a") + run)});
  }
  arguments.insert(arguments.end(), {"--fail-if", "total.cpu > +50%", "--json", file("check.json")});
  const ProgramResult slower = check(arguments);
  EXPECT_EQ(slower.status, 1) << slower.out << slower.err;
  const nlohmann::json term = read_json(file("check.json"))["conditions"][0]["terms"][0];
  EXPECT_EQ(term["change"]["basis"], "runs");
  arguments.insert(arguments.end(), {"--confidence", "99.9%"});
  const ProgramResult surer = check(arguments);
  EXPECT_EQ(surer.status, 2) << surer.out;
  EXPECT_NE(surer.out.find("too few"), std::string::npos) << surer.out;
}

TEST_F(Check, WhatARecordingDoesNotTellIsNotJudged) {
  STROBE_NEED_PERF();
  ASSERT_NO_FATAL_FAILURE(record("a.strobe", "0.1"));
  const ProgramResult waiting = check({file("a.strobe"), "--fail-if", "states.io > 10%"});
  EXPECT_EQ(waiting.status, 2);
  EXPECT_NE(waiting.out.find("recorded without --wall"), std::string::npos) << waiting.out;
  const ProgramResult misspelled = check({file("a.strobe"), "--fail-if", "function(\"sevenyt\").self > 1s"});
  EXPECT_EQ(misspelled.status, 2);
  EXPECT_NE(misspelled.out.find("did you mean \"seventy\"?"), std::string::npos) << misspelled.out;
  // Failed wins over not judged.
  EXPECT_EQ(check({file("a.strobe"), "--fail-if", "states.io > 10%", "--fail-if", "total.cpu > 1ns"}).status,
            1);
}

TEST_F(Check, WaitingIsJudgedWhereItWasRecorded) {
  STROBE_NEED_PERF();
  const ProgramResult run = strobe({"run", "-q", "--wall", "-o", file("sleep.strobe"), "--", "sleep", "0.3"});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(check({file("sleep.strobe"), "--fail-if", "states.sleep > 50%"}).status, 1);
  EXPECT_EQ(check({file("sleep.strobe"), "--fail-if", "states.sleep < 250ms", "--fail-if", "states.io > 50%",
                   "--fail-if", "lock(\"*\").wait > 100ms", "--fail-if", "thread(\"sleep\").sleep < 50%"})
                .status,
            0);
}

TEST_F(Check, BaselinesThatCannotBeUsedAreSaid) {
  STROBE_NEED_PERF();
  ASSERT_NO_FATAL_FAILURE(record("a.strobe", "0.1"));
  write("newer.json", R"({"schema": "strobe-check-baseline/2", "runs": []})");
  write("cut.json", R"({"schema": "strobe-check-baseline/1", "runs": [{"path": "a)");
  write("text.json", "hello");
  std::filesystem::create_directory(file("folder"));
  const struct {
    const char* name;
    const char* reason;
    const char* hint;
  } kCases[] = {{"none.json", "there is no baseline", "--save-baseline"},
                {"newer.json", "made by a newer Strobe", "use that Strobe"},
                {"cut.json", "is no JSON", "make it again"},
                {"text.json", "is no JSON", "make it again"},
                {"folder", "", ""}};
  for (const auto& expected : kCases) {
    const ProgramResult result =
        check({file("a.strobe"), "--baseline", file(expected.name), "--fail-if", "total.cpu > +5%"});
    EXPECT_EQ(result.status, 2) << expected.name << result.err;
    EXPECT_NE(result.out.find(expected.reason), std::string::npos) << result.out;
    EXPECT_NE(result.out.find(expected.hint), std::string::npos) << result.out;
  }
}

TEST_F(Check, ReportsGoWhereTheyAreWanted) {
  STROBE_NEED_PERF();
  ASSERT_NO_FATAL_FAILURE(record("a.strobe", "0.1"));
  write("budget.txt", "# ours\nnever: total.cpu > 1ns\nquality.samples > 1000000000\n");
  const ProgramResult result = check({file("a.strobe"), "--budget", "budget.txt", "--json", file("c.json"),
                                      "--markdown", file("c.md"), "--junit", file("c.xml"), "--annotations"});
  EXPECT_EQ(result.status, 1) << result.err;
  EXPECT_NE(result.out.find(
                "\n::error file=budget.txt,line=2,title=strobe check%3A never::total.cpu > 1ns is true"),
            std::string::npos)
      << result.out;
  EXPECT_EQ(verdicts(file("c.json")), (std::vector<std::string>{"failed", "passed"}));
  const ProgramResult parsed = ChildProgram({"python3", "-c",
                                             "import sys, xml.etree.ElementTree as e\n"
                                             "s = e.parse(sys.argv[1]).find('testsuite')\n"
                                             "print(s.get('tests'), s.get('failures'), s.get('errors'))",
                                             file("c.xml")})
                                   .finish();
  EXPECT_EQ(parsed.out, "2 1 0\n") << parsed.err;
  const ProgramResult to_stdout =
      check({file("a.strobe"), "--budget", "budget.txt", "--json", "-", "--annotations"});
  EXPECT_EQ(nlohmann::json::parse(to_stdout.out, nullptr, false)["verdict"], "failed") << to_stdout.out;
  EXPECT_NE(to_stdout.err.find("::error "), std::string::npos) << to_stdout.err;
}

}  // namespace
}  // namespace strobe::test
