// strobe compare with commands: the right verdicts on programs that compute by threads, by processes and
// without a GIL, and what happens to variants that hang, crash, flood, leave daemons or do not exist.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>

#include "python_fixture.h"

namespace strobe::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Words = std::vector<std::string>;

constexpr std::chrono::seconds kPatience{110};  // many runs, on a machine that may be busy

/// A word that a shell takes as it is.
std::string quoted(const std::string& word) {
  std::string result = "'";
  for (const char c : word) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

class Compare : public PythonIntegration {
 protected:
  struct Outcome {
    ProgramResult program;
    Json json;
  };

  [[nodiscard]] ProgramResult compare(Words arguments) const {
    Words words = {kStrobe, "compare"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    ChildProgram::Options options;
    options.folder = folder();
    options.environment = {"TMPDIR=" + folder()};
    ChildProgram program(words, options);
    return program.finish(kPatience);
  }
  [[nodiscard]] Outcome compare_as_json(Words arguments) const {
    arguments.insert(arguments.begin(), {"--json", file("compare.json")});
    Outcome outcome{compare(std::move(arguments)), {}};
    outcome.json = read_json(file("compare.json"));
    return outcome;
  }
  /// A workload as a variant: NAME='PYTHON SCRIPT SECONDS'.
  [[nodiscard]] static std::string variant(const std::string& name, const Interpreter& interpreter,
                                           const std::string& workload) {
    std::string command;
    for (const std::string& word : python(interpreter, workload, {"1"})) command += quoted(word) + ' ';
    return name + '=' + command;
  }
  /// Whether nothing is left of the recordings that were not to be kept.
  [[nodiscard]] bool has_leftovers() const {
    return std::ranges::any_of(fs::directory_iterator(folder()), [](const fs::directory_entry& entry) {
      return entry.path().filename().string().starts_with("strobe-compare-");
    });
  }
};

const Json* find_rule(const Json& json, const std::string& rule, const std::string& variant = {}) {
  for (const Json& sentence : json["verdict"]) {
    if (sentence["rule"] != rule) continue;
    const Json& evidence = sentence["evidence"];
    if (variant.empty() || (!evidence.empty() && evidence[0]["variant"] == variant)) return &sentence;
  }
  return nullptr;
}

TEST_F(Compare, TheShapeOfAResult) {
  STROBE_NEED_PERF();
  const Outcome outcome = compare_as_json(
      {"--runs", "4", "a=" + workload("two_functions") + " 0.05", "b=" + workload("two_functions") + " 0.4"});
  ASSERT_EQ(outcome.program.status, 0) << outcome.program.err;
  ASSERT_TRUE(outcome.json.is_object());
  EXPECT_EQ(outcome.json["schema"], "strobe-compare/1");
  ASSERT_EQ(outcome.json["variants"].size(), 2u);
  for (const Json& variant : outcome.json["variants"]) {
    EXPECT_EQ(variant["runs"], 4);
    EXPECT_EQ(variant["exit_status"], 0);
    EXPECT_EQ(variant["measured"].size(), 4u) << "the warm-up does not count";
    EXPECT_GT(variant["wall"]["median"], 0.0);
    EXPECT_LE(variant["wall"]["low"], variant["wall"]["median"]);
    EXPECT_GE(variant["wall"]["high"], variant["wall"]["median"]);
  }
  // Eight times the work: CPU time tells, whatever else the machine does.
  const auto cpu = std::ranges::find_if(outcome.json["comparisons"],
                                        [](const Json& row) { return row["metric"] == "cpu"; });
  ASSERT_NE(cpu, outcome.json["comparisons"].end());
  EXPECT_GT((*cpu)["ratio"], 4.0);
  EXPECT_TRUE((*cpu)["significant"]);
  const Json& functions = outcome.json["functions"][0]["changed"];
  EXPECT_TRUE(std::ranges::any_of(functions, [](const Json& row) { return row["name"] == "seventy"; }));
  EXPECT_NE(outcome.program.out.find("wall seconds"), std::string::npos);
  EXPECT_FALSE(has_leftovers());
}

TEST_F(Compare, PrecisionEndsByWidthAndSixRunsAtLeast) {
  const Outcome outcome = compare_as_json({"--warmup", "0", "--precision", "100%", "a=true", "b=true"});
  ASSERT_EQ(outcome.program.status, 0) << outcome.program.err;
  EXPECT_GE(outcome.json["variants"][0]["runs"], 6);
  const Outcome capped =
      compare_as_json({"--warmup", "0", "--precision", "0.001%", "--max-runs", "7", "a=true", "b=true"});
  EXPECT_EQ(capped.json["variants"][1]["runs"], 7);
  ASSERT_EQ(capped.json["notes"].empty(), false);
  EXPECT_NE(capped.json["notes"][0].get<std::string>().find("after 7 runs"), std::string::npos);
}

TEST_F(Compare, OutputIsThrownAwayUnlessAskedFor) {
  // The comparison names the commands: what they print is not in them.
  const Words variants = {"--runs",
                          "1",
                          "--warmup",
                          "0",
                          "a=printf 'lo%s\\n' ud; printf 'wor%s\\n' se >&2; cat",
                          "b=printf 'lo%s\\n' ud"};
  const ProgramResult quiet = compare(variants);
  EXPECT_EQ(quiet.status, 0) << quiet.err;
  EXPECT_EQ((quiet.out + quiet.err).find("loud\n"), std::string::npos);
  EXPECT_EQ((quiet.out + quiet.err).find("worse\n"), std::string::npos);
  Words shown = variants;
  shown.insert(shown.begin(), "--show-output");
  const ProgramResult loud = compare(shown);
  EXPECT_EQ(loud.out.find("loud\n"), std::string::npos) << "standard output is the comparison's";
  EXPECT_NE(loud.err.find("loud\n"), std::string::npos);
  EXPECT_NE(loud.err.find("worse\n"), std::string::npos);
}

TEST_F(Compare, AVariantThatHangsIsEndedAndGivenUp) {
  const Outcome outcome = compare_as_json({"--runs", "4", "--warmup", "0", "--timeout", "0.3", "fine=true",
                                           "hangs=trap '' TERM; while :; do sleep 1000; done"});
  EXPECT_EQ(outcome.program.status, 1) << outcome.program.err;
  ASSERT_TRUE(outcome.json.is_object());
  EXPECT_EQ(outcome.json["variants"][0]["runs"], 4);
  EXPECT_EQ(outcome.json["variants"][1]["timed_out"], 2) << "twice is enough";
  EXPECT_NE(find_rule(outcome.json, "timed_out"), nullptr);
  EXPECT_NE(find_rule(outcome.json, "not_judged"), nullptr);
}

TEST_F(Compare, AVariantThatStopsItselfHangsNothing) {
  const Outcome outcome = compare_as_json(
      {"--runs", "1", "--warmup", "0", "--timeout", "0.3", "fine=true", "stops=kill -STOP $$"});
  EXPECT_EQ(outcome.program.status, 1) << outcome.program.err;
  EXPECT_EQ(outcome.json["variants"][1]["timed_out"], 1);
}

TEST_F(Compare, CrashesAndExitStatusesAreSaid) {
  const Outcome outcome =
      compare_as_json({"--runs", "2", "--warmup", "0", "fine=true", "crashes=kill -SEGV $$", "fails=exit 3"});
  EXPECT_EQ(outcome.program.status, 1) << outcome.program.err;
  EXPECT_EQ(outcome.json["variants"][1]["crashed"], 2);
  EXPECT_EQ(outcome.json["variants"][1]["exit_status"], 128 + SIGSEGV);
  EXPECT_EQ(outcome.json["variants"][2]["exit_status"], 3);
  EXPECT_NE(find_rule(outcome.json, "crashed", "crashes"), nullptr);
  EXPECT_NE(find_rule(outcome.json, "failed", "fails"), nullptr);
  EXPECT_NE(find_rule(outcome.json, "exits_differently"), nullptr);
}

TEST_F(Compare, WhatIsLeftRunningIsEndedAndSaid) {
  const Outcome outcome = compare_as_json({"--runs", "1", "--warmup", "0", "fine=true",
                                           "daemon=setsid sleep 1000 & (trap '' TERM; sleep 1000) & exit 0"});
  EXPECT_EQ(outcome.program.status, 0) << outcome.program.err;
  EXPECT_EQ(outcome.json["variants"][1]["left_running"], 1);
  EXPECT_GE(outcome.json["variants"][1]["measured"][0]["left_running"], 2);
  EXPECT_NE(find_rule(outcome.json, "left_running", "daemon"), nullptr);
  // TearDown() looks for processes that are left.
}

TEST_F(Compare, FloodsAndChangesOfFolderDisturbNothing) {
  const Outcome outcome = compare_as_json(
      {"--runs", "2", "--warmup", "0", "flood=head -c 50000000 /dev/zero", "moves=cd / && exec true"});
  EXPECT_EQ(outcome.program.status, 0) << outcome.program.err;
  EXPECT_EQ(outcome.json["variants"][0]["runs"], 2);
  EXPECT_EQ(outcome.json["variants"][1]["runs"], 2);
  EXPECT_FALSE(has_leftovers());
}

TEST_F(Compare, ACommandThatDoesNotExistIsAnError) {
  const ProgramResult result = compare({"--runs", "2", "a=true", "b=/no/such/program"});
  EXPECT_EQ(result.status, 125);
  EXPECT_NE(result.err.find("/no/such/program"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("--show-output"), std::string::npos);
  EXPECT_FALSE(has_leftovers());
}

TEST_F(Compare, ASignalEndsItAndNothingIsLeft) {
  ChildProgram::Options options;
  options.folder = folder();
  options.environment = {"TMPDIR=" + folder()};
  ChildProgram program(
      {kStrobe, "compare", "--warmup", "0", "a=echo ready > " + file("ready") + "; sleep 1000", "b=true"},
      options);
  ASSERT_TRUE(wait_until([&] { return fs::exists(file("ready")); }));
  program.send(SIGTERM);
  const ProgramResult result = program.finish();
  EXPECT_EQ(result.status, 128 + SIGTERM) << result.err;
  EXPECT_FALSE(has_leftovers());
}

TEST_F(Compare, KeptRecordingsCompareAgain) {
  STROBE_NEED_PERF();
  const std::string a = "a=" + workload("two_functions") + " 0.05";
  const std::string b = "b=" + workload("two_functions") + " 0.2";
  const ProgramResult first = compare({"--runs", "4", "--warmup", "0", "--keep", file("kept"), a, b});
  ASSERT_EQ(first.status, 0) << first.err;
  Words words = {"--a"};
  Words of_b = {"--b"};
  for (int run = 1; run <= 4; ++run) {
    words.push_back(file("kept/1-a-00" + std::to_string(run) + ".strobe"));
    of_b.push_back(file("kept/2-b-00" + std::to_string(run) + ".strobe"));
  }
  words.insert(words.end(), of_b.begin(), of_b.end());
  const Outcome again = compare_as_json(words);
  ASSERT_EQ(again.program.status, 0) << again.program.err;
  EXPECT_EQ(again.json["variants"][0]["name"], "A");
  EXPECT_EQ(again.json["variants"][0]["runs"], 4);
  EXPECT_EQ(again.json["variants"][1]["exit_status"], 0);
  // The same figures as when they were made: the first line of the table's figures.
  EXPECT_EQ(again.json["comparisons"][0]["basis"], "runs");

  const ProgramResult folders = compare({file("kept"), file("kept")});
  EXPECT_EQ(folders.status, 0) << folders.err;
  const ProgramResult mixed = compare({a, file("kept/1-a-001.strobe")});
  EXPECT_EQ(mixed.status, 125);
  EXPECT_NE(mixed.err.find("cannot be mixed"), std::string::npos) << mixed.err;
  const ProgramResult twice = compare({"--runs", "1", "--warmup", "0", "--keep", file("kept"), a, b});
  EXPECT_EQ(twice.status, 125) << "recordings are never overwritten";
}

TEST_F(Compare, ConditionsAreOnVariantsAndTheFirstIsTheBaseline) {
  STROBE_NEED_PERF();
  const std::string little = workload("two_functions") + " 0.05";
  const std::string much = workload("two_functions") + " 0.4";
  const auto judge = [&](const std::string& first, const std::string& second, const Words& conditions) {
    Words words = {"--runs",         "5",
                   "--warmup",       "0",
                   "--keep",         file("kept-" + first.substr(first.rfind(' ') + 1)),
                   "first=" + first, "second=" + second};
    words.insert(words.end(), conditions.begin(), conditions.end());
    return compare_as_json(words);
  };
  const Words slower = {"--fail-if", "total.cpu > +100%", "--junit", file("conditions.xml")};
  const Outcome failed = judge(little, much, slower);
  EXPECT_EQ(failed.program.status, 1) << failed.program.err;
  EXPECT_EQ(failed.json["check"]["verdict"], "failed");
  EXPECT_EQ(failed.json["check"]["recordings"].size(), 5u);
  EXPECT_EQ(failed.json["check"]["baseline"].size(), 5u);
  EXPECT_NE(failed.program.out.find("total.cpu > +100%"), std::string::npos) << failed.program.out;
  EXPECT_TRUE(fs::exists(file("conditions.xml")));

  Words sets = {"--a",
                file("kept-0.05/1-first-001.strobe"),
                file("kept-0.05/1-first-002.strobe"),
                file("kept-0.05/1-first-003.strobe"),
                "--b",
                file("kept-0.05/2-second-001.strobe"),
                file("kept-0.05/2-second-002.strobe"),
                file("kept-0.05/2-second-003.strobe"),
                "--fail-if",
                "total.cpu > +100%"};
  EXPECT_EQ(compare(sets).status, 2) << "three of each are too few to tell";
  sets.back() = "total.cpu > 100s";
  EXPECT_EQ(compare(sets).status, 0);
  sets.back() = "total.cpu > 0.1s";
  EXPECT_EQ(compare(sets).status, 1);

  EXPECT_EQ(judge(much, little, slower).program.status, 0);
}

TEST_F(Compare, ConditionsOnAVariantWithoutARunAreNotJudged) {
  const ProgramResult crashed = compare({"--runs", "2", "--warmup", "0", "fine=true", "crashes=kill -SEGV $$",
                                         "--fail-if", "total.wall > 100s"});
  EXPECT_EQ(crashed.status, 2) << crashed.err;
  EXPECT_NE(crashed.err.find("no run that finished"), std::string::npos) << crashed.err;
  const ProgramResult wrong = compare({"fine=true", "other=true", "--fail-if", "total.wal > 1s"});
  EXPECT_EQ(wrong.status, 125) << "said before anything is run";
  EXPECT_NE(wrong.err.find("total has no 'wal'"), std::string::npos) << wrong.err;
}

TEST_F(Compare, OneRecordingEachKnowsTheErrorOfSamplingOnly) {
  STROBE_NEED_PERF();
  ASSERT_EQ(run_strobe(strobe_run({workload("two_functions"), "0.3"}, {"--force"})).program.status, 0);
  const Outcome outcome = compare_as_json({file("recording.strobe"), file("recording.strobe")});
  ASSERT_EQ(outcome.program.status, 0) << outcome.program.err;
  EXPECT_NE(outcome.program.out.find("one recording each cannot tell"), std::string::npos)
      << "the view of two";
  EXPECT_EQ(outcome.json["functions"][0]["basis"], "sampling");
  EXPECT_EQ(outcome.json["comparisons"][0]["basis"], "not_judged");
  EXPECT_NE(find_rule(outcome.json, "not_judged"), nullptr);
}

TEST_F(Compare, ThreadsAndProcesses) {
  STROBE_NEED_PERF();
  STROBE_NEED_PYTHON(python3, kDebianPython);
  const Outcome outcome =
      compare_as_json({"--runs", "4", "--warmup", "0", variant("threads", python3, "thread_pool_cpu.py"),
                       variant("processes", python3, "process_pool_cpu.py")});
  ASSERT_EQ(outcome.program.status, 0) << outcome.program.err;
  const Json& threads = outcome.json["variants"][0];
  const Json& processes = outcome.json["variants"][1];
  EXPECT_EQ(threads["working_threads"], 4) << "not the main thread";
  EXPECT_EQ(threads["working_processes"], 1);
  EXPECT_EQ(processes["working_processes"], 2);
  EXPECT_GE(processes["processes"], 3);
  EXPECT_LT(threads["parallelism"], 1.2);
  EXPECT_GT(processes["copying_s"], threads["copying_s"]);
  // Which is faster depends on what else the machine does; what its threads wait for does not.
  ASSERT_TRUE(threads.contains("states"));
  EXPECT_NE(find_rule(outcome.json, "gil_bound", "threads"), nullptr) << outcome.program.out;
  EXPECT_EQ(find_rule(outcome.json, "gil_bound", "processes"), nullptr) << outcome.program.out;
}

TEST_F(Compare, ThreadsWithAndWithoutAGil) {
  STROBE_NEED_PERF();
  STROBE_NEED_PYTHON(with, kDebianPython);
  STROBE_NEED_PYTHON(without, "3.13t");
  const Outcome outcome =
      compare_as_json({"--runs", "4", "--warmup", "0", variant("gil", with, "free_threads.py"),
                       variant("free", without, "free_threads.py")});
  ASSERT_EQ(outcome.program.status, 0) << outcome.program.err;
  EXPECT_EQ(outcome.json["variants"][1]["working_threads"], 2);
  ASSERT_TRUE(outcome.json["variants"][0].contains("states"));
  EXPECT_NE(find_rule(outcome.json, "gil_bound", "gil"), nullptr) << outcome.program.out;
  EXPECT_EQ(find_rule(outcome.json, "gil_bound", "free"), nullptr) << outcome.program.out;
}

TEST_F(Compare, Scaling) {
  STROBE_NEED_PERF();
  const Outcome outcome =
      compare_as_json({"--runs", "4", "--warmup", "0", "--scale", "1,2", "--with",
                       "for i in $(seq {n}); do " + workload("two_functions") + " 0.05 & done; wait"});
  ASSERT_EQ(outcome.program.status, 0) << outcome.program.err;
  ASSERT_TRUE(outcome.json.contains("scaling"));
  EXPECT_EQ(outcome.json["scaling"]["points"].size(), 2u);
  EXPECT_NE(find_rule(outcome.json, "serial_fraction"), nullptr);
  // More workers do more work here: it stops before it begins.
  EXPECT_EQ(outcome.json["scaling"]["stops"]["workers"], 1.0);
}

}  // namespace
}  // namespace strobe::test
