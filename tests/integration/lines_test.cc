// The lines view of real programs, compiled here so that their sources can be changed, moved and deleted:
// the hot line is the right one, and a source is never believed without a word about it.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <utime.h>

#include <filesystem>
#include <regex>

#include "integration_fixture.h"

namespace strobe::test {
namespace {

namespace fs = std::filesystem;

const std::string kSources = STROBE_WORKLOAD_SOURCES;

class Lines : public Integration {
 protected:
  /// Compiles a sample workload in build/ of the test's folder, where its source is then.
  void build(const std::string& name, const std::string& compiler = STROBE_C_COMPILER,
             const std::vector<std::string>& flags = {}) {
    fs::create_directories(file("build"));
    for (const std::string& source : {name + ".c", std::string("workload.h")}) {
      fs::copy_file(kSources + "/" + source, file("build/" + source), fs::copy_options::overwrite_existing);
    }
    std::vector<std::string> command = {compiler, "-O2",     "-g", file("build/" + name + ".c"),
                                        "-o",     file(name)};
    command.insert(command.end(), flags.begin(), flags.end());
    const ProgramResult compiled = ChildProgram(command).finish(std::chrono::minutes(1));
    ASSERT_EQ(compiled.status, 0) << compiled.err;
  }
  void record(const std::string& name, std::vector<std::string> options = {}) {
    const StrobeRun run = run_strobe(strobe_run({file(name), "0.3"}, std::move(options)));
    ASSERT_EQ(run.program.status, 0) << run.program.err;
    summary_ = run.program.err;
  }
  /// The text of the view, from folder/work: the sources are not below it.
  std::string lines(std::vector<std::string> words = {}) {
    words.insert(words.begin(), {kStrobe, "report", file("recording.strobe"), "lines"});
    fs::create_directories(file("work"));
    ChildProgram::Options options;
    options.folder = file("work");
    const ProgramResult result = ChildProgram(words, options).finish();
    EXPECT_EQ(result.status, 0) << result.err;
    return result.out;
  }

  std::string summary_;
};

/// Of the block of `function`, the "% Time" of the line that contains `text`; -1 where there is none.
double percent_of(const std::string& view, const std::string& function, const std::string& text) {
  const size_t begin = view.find("\nFunction: " + function + " at line ");
  if (begin == std::string::npos) return -1;
  const std::string block = view.substr(begin, view.find("\nTotal time:", begin) - begin);
  std::smatch match;
  const std::regex row(R"(\n +\d+ +\d+ +[\d.]+ +([\d.]+)  [^\n]*)" + text);
  return std::regex_search(block, match, row) ? std::stod(match[1]) : -1;
}

TEST_F(Lines, TheHotLineIsTheRightOne) {
  STROBE_NEED_PERF();
  ASSERT_NO_FATAL_FAILURE(build("two_functions"));
  ASSERT_NO_FATAL_FAILURE(record("two_functions"));
  const std::string view = lines({"two_functions.c"});
  EXPECT_NE(view.find("Line #      Hits         Time   % Time  Line Contents\n====="), std::string::npos);
  EXPECT_GT(percent_of(view, "seventy", R"(CHURN\(x, 7)"), 90) << view;
  EXPECT_GT(percent_of(view, "thirty", R"(CHURN\(x, 3)"), 90) << view;
  EXPECT_NEAR(percent_of(view, "work", R"(seventy\(ROUNDS)"), 70, 12) << view;
  EXPECT_NEAR(percent_of(view, "work", R"(thirty\(ROUNDS)"), 30, 12) << view;
  EXPECT_EQ(view.find("Note:"), std::string::npos) << view;
}

TEST_F(Lines, InlinedFunctionsHaveTheirOwn) {
  STROBE_NEED_PERF();
  ASSERT_NO_FATAL_FAILURE(build("inlined"));
  ASSERT_NO_FATAL_FAILURE(record("inlined"));
  const std::string view = lines({"inlined.c"});
  EXPECT_GT(percent_of(view, "inner_inlined", R"(CHURN\(x, 60)"), 90) << view;
  EXPECT_NEAR(percent_of(view, "middle_inlined", R"(return inner_inlined\(x)"), 60 / 0.85, 15) << view;
  EXPECT_NEAR(percent_of(view, "outer_function", R"(return middle_inlined\(x)"), 85, 12) << view;
}

TEST_F(Lines, ANewerSourceIsSaid) {
  STROBE_NEED_PERF();
  ASSERT_NO_FATAL_FAILURE(build("two_functions"));
  ASSERT_NO_FATAL_FAILURE(record("two_functions"));
  struct stat program {};
  ASSERT_EQ(::stat(file("two_functions").c_str(), &program), 0);
  const utimbuf later{program.st_mtime + 10, program.st_mtime + 10};
  ASSERT_EQ(::utime(file("build/two_functions.c").c_str(), &later), 0);
  EXPECT_NE(lines({"seventy"}).find("Note: the source is newer than the program"), std::string::npos);
}

TEST_F(Lines, AMovedSourceIsFoundByAMapOrByItsName) {
  STROBE_NEED_PERF();
  ASSERT_NO_FATAL_FAILURE(build("two_functions"));
  ASSERT_NO_FATAL_FAILURE(record("two_functions"));
  fs::rename(file("build"), file("moved"));
  std::string view = lines({"seventy"});
  EXPECT_NE(view.find("Note: the source was not found"), std::string::npos) << view;
  EXPECT_EQ(view.find("CHURN"), std::string::npos) << view;
  view =
      lines({"seventy", "--source-map", "/nosuch=/tmp", "--source-map", file("build") + "=" + file("moved")});
  EXPECT_GT(percent_of(view, "seventy", R"(CHURN\(x, 7)"), 90) << view;
  EXPECT_NE(view.find("\nSource: " + file("moved/two_functions.c") + "\n"), std::string::npos) << view;
  fs::rename(file("moved"), file("work/anywhere"));
  view = lines({"seventy"});
  EXPECT_GT(percent_of(view, "seventy", R"(CHURN\(x, 7)"), 90) << view;
  EXPECT_NE(view.find("(found by its name below this directory)"), std::string::npos) << view;
}

TEST_F(Lines, AnEmbeddedSourceOutlivesItsFile) {
  STROBE_NEED_PERF();
  ASSERT_NO_FATAL_FAILURE(build("two_functions"));
  ASSERT_NO_FATAL_FAILURE(record("two_functions", {"--embed-source"}));
  EXPECT_TRUE(std::regex_search(summary_, std::regex(R"(\d+ source files \(\d+ KiB\) are in the recording)")))
      << summary_;
  fs::remove_all(file("build"));
  const std::string view = lines({"seventy"});
  EXPECT_GT(percent_of(view, "seventy", R"(CHURN\(x, 7)"), 90) << view;
  EXPECT_NE(view.find("Source: embedded in the recording"), std::string::npos) << view;
  const ProgramResult json = strobe({"report", "recording.strobe", "--with-source", "--json", "-"});
  ASSERT_EQ(json.status, 0) << json.err;
  const nlohmann::json report = nlohmann::json::parse(json.out);
  size_t texts = 0;
  for (const auto& line : report.at("lines")) {
    if (line.at("text").is_string())
      texts += line.at("text").get<std::string>().find("CHURN") != std::string::npos;
  }
  EXPECT_GE(texts, 2U) << report.at("sources").dump(1);
  EXPECT_FALSE(report_of("recording.strobe").contains("sources")) << "only where it was asked for";
}

TEST_F(Lines, WithoutTheOptionNoSourceIsInTheRecording) {
  STROBE_NEED_PERF();
  ASSERT_NO_FATAL_FAILURE(build("two_functions"));
  ASSERT_NO_FATAL_FAILURE(record("two_functions"));
  EXPECT_EQ(read_file(file("recording.strobe")).find("NAMED void seventy"), std::string::npos);
}

TEST_F(Lines, WhateverTookTheSourcesPlaceIsNotReadOrWaitedFor) {
  STROBE_NEED_PERF();
  ASSERT_NO_FATAL_FAILURE(build("two_functions"));
  ASSERT_NO_FATAL_FAILURE(record("two_functions"));
  const std::string source = file("build/two_functions.c");
  const auto view_with = [&](const std::function<void()>& put) {
    fs::remove(source);
    put();
    return lines({"seventy"});
  };
  EXPECT_NE(view_with([&] { ASSERT_EQ(::mkfifo(source.c_str(), 0600), 0); }).find("not a regular file"),
            std::string::npos);
  EXPECT_NE(view_with([&] { fs::create_symlink("/proc/self/environ", source); }).find("not a regular file"),
            std::string::npos);
  EXPECT_NE(view_with([&] { write_file(source, std::string(100, '\0')); }).find("is not text"),
            std::string::npos);
  EXPECT_NE(view_with([&] {
              write_file(source, "x");
              fs::resize_file(source, uintmax_t{1} << 30);
            }).find("too large"),
            std::string::npos);
  EXPECT_NE(view_with([&] { write_file(source, "one line\n"); }).find("ends before lines"),
            std::string::npos);
  const std::string odd = view_with([&] {
    write_file(source,
               std::string(12, '\n') + "\x1b[2J \xff \xe2\x80\xae" + std::string(100'000, 'z') + "\n");
  });
  EXPECT_NE(odd.find("\\x1b[2J \\xff \\u{202e}zz"), std::string::npos) << odd;
  EXPECT_EQ(odd.find('\x1b'), std::string::npos);
}

TEST_F(Lines, AnotherContentIsSaidWhereTheCompilerTold) {
  STROBE_NEED_PERF();
  const std::string clang = STROBE_CLANG;
  if (clang.empty()) GTEST_SKIP() << "there is no clang; gcc stores no MD5 of sources";
  ASSERT_NO_FATAL_FAILURE(build("two_functions", clang, {"-gdwarf-5"}));
  ASSERT_NO_FATAL_FAILURE(record("two_functions", {"--embed-source"}));
  EXPECT_EQ(lines({"seventy"}).find("MD5"), std::string::npos);
  ASSERT_NO_FATAL_FAILURE(record("two_functions", {"--force"}));
  EXPECT_EQ(lines({"seventy"}).find("MD5"), std::string::npos);
  struct stat info {};
  const std::string source = file("build/two_functions.c");
  ASSERT_EQ(::stat(source.c_str(), &info), 0);
  write_file(source, read_file(source) + "// changed\n");
  const utimbuf as_before{info.st_mtime - 10, info.st_mtime - 10};
  ASSERT_EQ(::utime(source.c_str(), &as_before), 0);
  const std::string view = lines({"seventy"});
  EXPECT_NE(view.find("its MD5 differs"), std::string::npos) << view;
  EXPECT_EQ(view.find("newer than"), std::string::npos) << view;
}

}  // namespace
}  // namespace strobe::test
