// Where Strobe's own output cannot go: full disks, limits of file sizes, places that cannot be written. What
// can be known before the program starts is said then; later trouble never changes what the program does.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "integration_fixture.h"
#include "process_facts.h"
#include "report_checks.h"

namespace strobe::test {
namespace {

using Words = std::vector<std::string>;

/// The program of these tests: it says that it ran, and works for so many seconds.
const std::string kCommand = STROBE_PROBE_SIGNALS " count ";

class OutputFaults : public Integration {
 protected:
  [[nodiscard]] ProgramResult shell(const std::string& script, Words wrapper = {}) const {
    for (const char* word : {"sh", "-c"}) wrapper.emplace_back(word);
    wrapper.push_back("STROBE='" + std::string(kStrobe) + "'; " + script);
    ChildProgram program(wrapper,
                         {.folder = folder(), .input = {}, .environment = {}, .file_size_limit = {}});
    return program.finish();
  }

  /// What a recording of one second of the program takes, in bytes.
  [[nodiscard]] size_t size_of_a_second(const std::string& engine) const {
    const ProgramResult result = shell("\"$STROBE\" run --force -r 10k -o second.strobe --engine " + engine +
                                       " -- " + kCommand + "1 > /dev/null");
    EXPECT_EQ(result.status, 7) << result.err;
    struct stat info {};
    EXPECT_EQ(::stat(file("second.strobe").c_str(), &info), 0);
    return static_cast<size_t>(info.st_size);
  }

  /// The recording is short of its end, and says so.
  void expect_part_of_a_recording(const std::string& text, const nlohmann::json& report) const {
    expect_quality_invariants(report);
    const nlohmann::json& samples = report.at("quality").at("samples");
    EXPECT_GT(samples.at("stored"), 0);
    EXPECT_GT(samples.at("lost_queue"), 0);
    EXPECT_TRUE(amount_of(report, "burn_a_millisecond").found);
    EXPECT_NE(report.at("quality").at("warnings").dump().find("no space left"), std::string::npos);
    EXPECT_NE(text.find("could not be stored"), std::string::npos) << text;
  }
};

TEST_F(OutputFaults, AFullDiskKeepsWhatThereIs) {
  if (shell("mount -t tmpfs -o size=360k none .", {"unshare", "-m"}).status != 0) {
    GTEST_SKIP() << "no private file system can be mounted here";
  }
  for (const std::string engine : {"perf", "ptrace"}) {
    if (engine == "perf" && !perf_is_allowed()) continue;
    // Room for a second and its log; the program works for six.
    const size_t size = 2 * size_of_a_second(engine) + 65'536;
    const ProgramResult result = shell(
        "mkdir -p disk && mount -t tmpfs -o size=" + std::to_string(size) +
            " none disk && cd disk && \"$STROBE\" run -r 10k -o r.strobe --json ../report.json --engine " +
            engine + " -- " + kCommand +
            "6; echo status=$?; \"$STROBE\" report r.strobe --json ../again.json",
        {"unshare", "-m"});
    EXPECT_NE(result.out.find("ended INT=0 QUIT=0"), std::string::npos) << result.err;
    EXPECT_NE(result.out.find("status=7\n"), std::string::npos) << result.out << result.err;
    expect_part_of_a_recording(result.err, read_json(file("report.json")));
    // Read again from the full disk: what was stored is there.
    EXPECT_EQ(result.status, 0) << result.err;
    const nlohmann::json again = read_json(file("again.json"));
    expect_quality_invariants(again);
    EXPECT_TRUE(amount_of(again, "burn_a_millisecond").found);
  }
}

TEST_F(OutputFaults, ALimitOfFileSizesKeepsWhatThereIs) {
  for (const std::string engine : {"perf", "ptrace"}) {
    if (engine == "perf" && !perf_is_allowed()) continue;
    // 512-byte blocks. SIGXFSZ has its usual effect, on the program too, which writes nothing to files.
    // Room for two seconds: what is stored first may be more than one, where the machine is busy.
    const std::string blocks = std::to_string(2 * size_of_a_second(engine) / 512);
    const ProgramResult result =
        shell("ulimit -f " + blocks + "; \"$STROBE\" run --force -r 10k -o r.strobe --engine " + engine +
              " -- " + kCommand + "6; echo status=$?");
    EXPECT_NE(result.out.find("ended INT=0 QUIT=0"), std::string::npos) << result.err;
    EXPECT_NE(result.out.find("status=7\n"), std::string::npos) << result.out << result.err;
    expect_part_of_a_recording(result.err, report_of("r.strobe"));
  }
}

TEST_F(OutputFaults, ReportingUnderALimitOfFileSizes) {
  ASSERT_EQ(run_strobe(strobe_run({workload("two_functions"), "0.2"})).program.status, 0);
  // Neither the JSON nor stored names may end Strobe by SIGXFSZ.
  const ProgramResult result = shell(
      "ulimit -f 2; \"$STROBE\" report recording.strobe > /dev/null && "
      "\"$STROBE\" report recording.strobe --json more.json > /dev/null");
  EXPECT_EQ(result.status, 125) << result.err;
  EXPECT_NE(result.err.find("more.json"), std::string::npos) << result.err;
}

TEST_F(OutputFaults, ASpaceForNothingIsSaidBeforeTheProgramStarts) {
  const ProgramResult result = shell("ulimit -f 8; \"$STROBE\" run -o r.strobe -- touch started");
  EXPECT_EQ(result.status, 125) << result.err;
  EXPECT_NE(result.err.find("no space left"), std::string::npos) << result.err;
  EXPECT_NE(::access(file("started").c_str(), F_OK), 0) << "the program ran";
  EXPECT_NE(::access(file("r.strobe").c_str(), F_OK), 0) << "a piece of a recording was left";
}

TEST_F(OutputFaults, PlacesThatCannotBeWrittenAreSaidBeforeTheProgramStarts) {
  write_file(file("existing"), "precious");
  ASSERT_EQ(::mkdir(file("taken").c_str(), 0755), 0);
  ASSERT_EQ(::symlink("existing", file("link").c_str()), 0);
  const struct {
    const char* options;
    const char* what;
    const char* hint;
  } kCases[] = {
      {"-o missing/r.strobe", "missing/r.strobe", "-o FILE"},
      {"-o existing", "exists already", "--force"},
      {"-o link", "exists already", "--force"},
      {"-o link --force", "not a regular file", "-o FILE"},
      {"-o taken", "taken", "-o FILE"},
      {"-o taken --force", "not a regular file", "-o FILE"},
      {"-o taken/", "names no file", "-o FILE"},
      {"-o existing/r.strobe", "Not a directory", "-o FILE"},
      {"-o /proc/r.strobe", "/proc/r.strobe", "-o FILE"},
      {"-o r.strobe --json missing/r.json", "missing/r.json", "give a place"},
      {"-o r.strobe --json taken", "taken", "give a place"},
  };
  for (const auto& test : kCases) {
    const ProgramResult result =
        shell(std::string("exec \"$STROBE\" run ") + test.options + " -- touch started");
    EXPECT_EQ(result.status, 125) << test.options << ": " << result.err;
    EXPECT_EQ(result.err.find("strobe: "), 0U) << test.options << ": " << result.err;
    EXPECT_NE(result.err.find(test.what), std::string::npos) << test.options << ": " << result.err;
    EXPECT_NE(result.err.find(test.hint), std::string::npos) << test.options << ": " << result.err;
    EXPECT_NE(::access(file("started").c_str(), F_OK), 0) << test.options << ": the program ran";
    EXPECT_NE(::access(file("r.strobe").c_str(), F_OK), 0) << test.options << ": a recording was left";
  }
  EXPECT_EQ(read_file(file("existing")), "precious");
}

TEST_F(OutputFaults, AnOrdinaryUsersReadOnlyPlaces) {
  const Words wrapper = as_ordinary_user({}, folder());
  if (wrapper.empty()) GTEST_SKIP() << "only root can become another user";
  ASSERT_EQ(::mkdir(file("closed").c_str(), 0755), 0);  // root's
  write_file(file("foreign"), "root's");
  ASSERT_EQ(::chmod(file("foreign").c_str(), 0644), 0);
  for (const char* options :
       {"-o closed/r.strobe", "-o r.strobe --json closed/r.json", "-o r.strobe --json foreign"}) {
    const ProgramResult result =
        shell(std::string("exec \"$STROBE\" run ") + options + " -- touch started", wrapper);
    EXPECT_EQ(result.status, 125) << options << ": " << result.err;
    EXPECT_NE(result.err.find("Permission denied"), std::string::npos) << result.err;
    EXPECT_NE(::access(file("started").c_str(), F_OK), 0) << options << ": the program ran";
  }
  EXPECT_EQ(read_file(file("foreign")), "root's");
}

TEST_F(OutputFaults, AReportThatCannotBeWrittenLeavesTheProgramsStatus) {
  const ProgramResult result =
      shell("exec \"$STROBE\" run -q -o r.strobe --json /dev/full -- sh -c 'exit 3'");
  EXPECT_EQ(result.status, 3);
  EXPECT_NE(result.err.find("write /dev/full"), std::string::npos) << result.err;
  for (const char* output : {"--json /dev/full", "> /dev/full", "--json - > /dev/full"}) {
    const ProgramResult report = shell(std::string("exec \"$STROBE\" report r.strobe ") + output);
    EXPECT_EQ(report.status, 125) << output << ": " << report.err;
    EXPECT_NE(report.err.find("No space left"), std::string::npos) << output << ": " << report.err;
  }
}

}  // namespace
}  // namespace strobe::test
