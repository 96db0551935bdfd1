// Real programs whose allocations are recorded: what they say and how they end is the same as without.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "memory_fixture.h"

namespace strobe::test {
namespace {

/// Their output, with and without, in both modes.
class MemoryOfRealPrograms : public MemoryTest, public ::testing::WithParamInterface<const char*> {
 protected:
  void expect_same(const std::vector<std::string>& command) const {
    const ProgramResult without = ChildProgram(command).finish();
    ASSERT_EQ(without.status, 0) << without.err;
    const StrobeRun run = run_strobe(strobe_run(command, {GetParam(), "-q", "--force"}));
    EXPECT_EQ(run.program.status, 0) << run.program.err;
    EXPECT_EQ(run.program.out, without.out);
    ASSERT_NO_FATAL_FAILURE(expect_whole_memory(run.report)) << run.program.err;
    EXPECT_GT(run.report.at("quality").at("memory").at("events").get<uint64_t>(), 0U);
  }

  /// What a server answers that was put under load, and ends it.
  [[nodiscard]] std::string load_redis(ChildProgram& server) const {
    EXPECT_TRUE(server.wait_for_output("ready to accept connections")) << server.out() << server.err();
    const ProgramResult load =
        ChildProgram({"redis-benchmark", "-s", file("socket"), "-n", "20000", "-c", "20", "-r", "1000", "-q",
                      "-t", "set,get,lpush,lrange_100,hset,zadd"})
            .finish();
    EXPECT_EQ(load.status, 0) << load.err;
    const ProgramResult answers =
        ChildProgram(
            {"redis-cli", "-s", file("socket")},
            {.input = "flushall\nset a 1\nincrby a 41\nrpush l x y z\nlrange l 0 -1\n"
                      "setrange big 100000 end\nstrlen big\neval 'return #redis.call(\"keys\", \"*\")' 0\n"
                      "shutdown nosave\n"})
            .finish();
    EXPECT_EQ(answers.status, 0) << answers.err;
    return answers.out;
  }

  /// Tests of CPython's own suite, which say the same as without Strobe.
  void expect_passing_tests(const std::vector<std::string>& modules,
                            const std::vector<std::string>& options) const {
    std::vector<std::string> command = {"/usr/bin/python3.11", "-m", "unittest", "-v"};
    command.insert(command.end(), modules.begin(), modules.end());
    if (ChildProgram({"/usr/bin/python3.11", "-c", "import test.test_list"}).finish().status != 0) {
      GTEST_SKIP() << "there are no tests of Python's (package libpython3.11-testsuite)";
    }
    const ProgramResult without = ChildProgram(command).finish();
    ASSERT_EQ(without.status, 0) << without.err;
    std::vector<std::string> all = {GetParam(), "-q", "--force"};
    all.insert(all.end(), options.begin(), options.end());
    const StrobeRun run = run_strobe(strobe_run(command, all));
    EXPECT_EQ(run.program.status, 0);
    EXPECT_EQ(without_times(run.program.err), without_times(without.err));
    ASSERT_NO_FATAL_FAILURE(expect_whole_memory(run.report));
  }

 private:
  static std::string without_times(const std::string& text) {
    std::istringstream lines(text);
    std::string kept;
    for (std::string line; std::getline(lines, line);) {
      kept += line.starts_with("Ran ") ? line.substr(0, line.find(" in ")) : line;
      kept += '\n';
    }
    return kept;
  }
};

TEST_P(MemoryOfRealPrograms, GitSaysTheSame) {
  if (ChildProgram({"git", "--version"}).finish().status != 0) GTEST_SKIP() << "there is no git";
  const std::string repository = file("repository");
  ASSERT_EQ(ChildProgram({"git", "init", "-q", repository}).finish().status, 0);
  std::filesystem::copy_file(kStrobe, repository + "/file");
  ASSERT_EQ(ChildProgram({"git", "-C", repository, "add", "file"}).finish().status, 0);
  expect_same({"git", "-C", repository, "status", "--porcelain"});
  expect_same({"git", "-C", repository, "diff", "--cached", "--stat"});
}

TEST_P(MemoryOfRealPrograms, SqliteSaysTheSame) {
  if (ChildProgram({"sqlite3", "--version"}).finish().status != 0) GTEST_SKIP() << "there is no sqlite3";
  expect_same(
      {"sqlite3", ":memory:",
       "create table t(a, b); with recursive n(i) as (values(1) union all select i + 1 from n where i < "
       "20000) insert into t select i, hex(i) from n; select count(*), sum(length(b)) from t; "
       "select b from t order by b desc limit 5;"});
}

TEST_P(MemoryOfRealPrograms, PythonSaysTheSame) {
  expect_same({"/usr/bin/python3", "-c",
               "import json, threading, subprocess\n"
               "data = json.dumps([{'k': i, 'v': str(i) * 20} for i in range(20000)])\n"
               "def work(out): out.append(len(json.loads(data)))\n"
               "out = []\n"
               "threads = [threading.Thread(target=work, args=(out,)) for _ in range(4)]\n"
               "[t.start() for t in threads]\n"
               "[t.join() for t in threads]\n"
               "print(out, subprocess.run(['echo', 'child'], capture_output=True).stdout)\n"});
}

TEST_P(MemoryOfRealPrograms, ACompilerSaysTheSame) {
  const std::string source = file("source.cc");
  ChildProgram({"sh", "-c",
                "printf '#include <map>\\n#include <string>\\nstd::map<std::string, int> m;\\n"
                "int main() { return m[\"x\"]; }\\n' > " +
                    source})
      .finish();
  expect_same({"c++", "-O1", "-S", "-o", "-", source});
}

TEST_P(MemoryOfRealPrograms, NodeSaysTheSame) {
  if (ChildProgram({"node", "--version"}).finish().status != 0) GTEST_SKIP() << "there is no node";
  expect_same({"node", "-e",
               "const { Worker } = require('worker_threads');"
               "const data = JSON.stringify(Array.from({ length: 30000 }, (_, i) => ({ k: i, v: 'x'.repeat(i "
               "% 50) })));"
               "console.log(require('crypto').createHash('sha256').update(data).digest('hex'));"
               "console.log(require('child_process').execFileSync('echo', ['child']).toString());"
               "const buffers = Array.from({ length: 200 }, (_, i) => Buffer.alloc(i * 1000, i));"
               "console.log(Buffer.concat(buffers).length, require('zlib').gzipSync(data).length > 1000);"
               "const work = \"require('worker_threads').parentPort.postMessage(JSON.parse(process.argv[2] "
               "|| '[1]').length)\";"
               "let left = 3; for (let i = 0; i < 3; i++) new Worker(work, { eval: true })"
               ".on('message', n => { if (--left === 0) console.log('workers', n); });"});
}

TEST_P(MemoryOfRealPrograms, RedisSaysTheSameUnderLoad) {
  const std::string program = "/usr/bin/redis-check-rdb";  // by another name it is the server
  if (!std::filesystem::exists(program)) GTEST_SKIP() << "there is no redis (package redis-tools)";
  std::filesystem::create_symlink(program, file("redis-server"));
  const std::vector<std::string> server = {
      file("redis-server"), "--port", "0", "--unixsocket", file("socket"), "--save", "", "--dir", folder()};
  ChildProgram without(server);
  const std::string answers = load_redis(without);
  EXPECT_EQ(without.finish().status, 0);
  const StrobeCommand command = strobe_run(server, {GetParam(), "-q", "--force"});
  ChildProgram recorded(arguments_of(command));
  EXPECT_EQ(load_redis(recorded), answers);
  const StrobeRun run = read_run(command, recorded.finish());
  EXPECT_EQ(run.program.status, 0) << run.program.err;
  ASSERT_NO_FATAL_FAILURE(expect_whole_memory(run.report)) << run.program.err;
  EXPECT_GT(run.report.at("quality").at("memory").at("events").get<uint64_t>(), 10U);
}

// It says the time of each test on stderr, at the end the time of all.
TEST_P(MemoryOfRealPrograms, PythonsOwnTestsPass) {
  expect_passing_tests({"test.test_list", "test.test_dict", "test.test_json"}, {"--python-allocators"});
}

INSTANTIATE_TEST_SUITE_P(Both, MemoryOfRealPrograms, ::testing::Values("--memory", "--memory=all"),
                         [](const auto& parameter) {
                           return std::string(parameter.param) == "--memory" ? "sampled" : "all";
                         });

/// Those that take their time: ./dev test --all.
class MemoryOfLongPrograms : public MemoryOfRealPrograms {};

TEST_P(MemoryOfLongPrograms, PythonsOwnTestsPass) {
  expect_passing_tests({"test.test_set", "test.test_bytes", "test.test_str", "test.test_gc",
                        "test.test_weakref", "test.test_generators", "test.test_deque", "test.test_pickle"},
                       {"--python-allocators"});
}

TEST_P(MemoryOfLongPrograms, ACompilerOfMuchCodeSaysTheSame) {
  const std::string source = file("source.cc");
  std::ofstream(source) << "#include <algorithm>\n#include <functional>\n#include <map>\n#include <regex>\n"
                           "#include <string>\nbool f(const std::string& s) {\n"
                           "  return std::regex_match(s, std::regex(\"a+(b|c)*\"));\n}\n";
  expect_same({"c++", "-std=c++20", "-O2", "-g", "-S", "-o", "-", source});
}

INSTANTIATE_TEST_SUITE_P(Both, MemoryOfLongPrograms, ::testing::Values("--memory", "--memory=all"),
                         [](const auto& parameter) {
                           return std::string(parameter.param) == "--memory" ? "sampled" : "all";
                         });

}  // namespace
}  // namespace strobe::test
