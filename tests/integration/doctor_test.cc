// `strobe doctor` in every way in which a machine can let us sample: what it says is what `strobe run` and
// `strobe attach` then do, its JSON keeps to the schema, and it leaves nothing behind and nobody harmed.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "integration_fixture.h"
#include "targets.h"

namespace strobe::test {
namespace {

using nlohmann::json;

struct Mode {
  Rights rights = Rights::root;
  bool perf_denied = false;    ///< by seccomp
  bool ptrace_denied = false;  ///< as well
};

std::string name_of(const Mode& mode) {
  return std::string(name_of(mode.rights)) + (mode.ptrace_denied ? "_without_both"
                                              : mode.perf_denied ? "_without_perf"
                                                                 : "");
}

struct DoctorRun {
  ProgramResult program;
  json document;
};

class Doctor : public Integration {
 protected:
  struct Setup {
    std::string strobe;
    std::string folder;
    std::vector<std::string> wrapper;
  };
  [[nodiscard]] Setup setup_of(const Mode& mode) const {
    const UserPlace place(folder(), mode.rights);
    Setup setup{place.bring(kStrobe), place.path(), wrapper_for(mode.rights)};
    if (mode.perf_denied || mode.ptrace_denied) setup.wrapper.push_back(place.bring(STROBE_DENY_PERF));
    if (mode.ptrace_denied) setup.wrapper.emplace_back("--ptrace");
    return setup;
  }

  [[nodiscard]] static DoctorRun examine(const Setup& setup, const std::vector<std::string>& words = {}) {
    std::vector<std::string> command = setup.wrapper;
    const std::string file = setup.folder + "/doctor.json";
    command.insert(command.end(), {setup.strobe, "doctor", "--json", file});
    command.insert(command.end(), words.begin(), words.end());
    ChildProgram::Options options;
    options.folder = setup.folder;
    ChildProgram program(command, options);
    DoctorRun run{program.finish(), read_json(file)};
    return run;
  }

  /// The document keeps to the published schema, where python3-jsonschema is there to tell.
  static void expect_schema(const Setup& setup) {
    ChildProgram check({"python3", STROBE_CHECK_SCHEMA, STROBE_FORMATS, setup.folder + "/doctor.json"});
    const ProgramResult result = check.finish();
    EXPECT_TRUE(result.status == 0 || result.status == 77) << result.out << result.err;
  }

  static json finding_of(const json& document, const std::string& id) {
    for (const json& finding : document.value("findings", json::array())) {
      if (finding.value("id", "") == id) return finding;
    }
    ADD_FAILURE() << "no finding " << id << " in " << document.dump(1);
    return json::object();
  }

  /// Why this mode cannot be tried here; empty where it can.
  [[nodiscard]] static std::string obstacle(const Mode& mode) {
    if (!can_have(mode.rights)) return std::string("only root can become ") + name_of(mode.rights);
    return {};
  }
};

class DoctorMode : public Doctor, public ::testing::WithParamInterface<Mode> {};

TEST_P(DoctorMode, SaysWhatRunThenDoes) {
  const Mode& mode = GetParam();
  if (const std::string why = obstacle(mode); !why.empty()) GTEST_SKIP() << why;
  const Setup setup = setup_of(mode);
  const DoctorRun doctor = examine(setup);
  ASSERT_TRUE(doctor.document.is_object()) << doctor.program.err;
  expect_schema(setup);

  StrobeCommand command;
  command.strobe = setup.strobe;
  command.folder = setup.folder;
  command.wrapper = setup.wrapper;
  command.command = {"sh", "-c", "exit 0"};
  const StrobeRun run = run_strobe(command);
  const bool possible = doctor.document.at("possible").get<bool>();
  EXPECT_EQ(doctor.program.status, possible ? 0 : 1) << doctor.program.out;
  EXPECT_EQ(run.program.status, possible ? 0 : 125) << run.program.err;
  EXPECT_NE(doctor.program.out.find(doctor.document.at("verdict").get<std::string>()), std::string::npos);
  if (!possible) {
    EXPECT_TRUE(mode.ptrace_denied);
    EXPECT_TRUE(doctor.document.at("engine").is_null());
    EXPECT_NE(run.program.err.find("`strobe doctor` tells what is allowed here and what would change it"),
              std::string::npos)
        << run.program.err;
    return;
  }
  const json& quality = run.report.at("quality");
  EXPECT_EQ(doctor.document.at("engine"), quality.at("engine"));
  const json& perf = doctor.document.at("machine").at("perf");
  EXPECT_EQ(perf.at("kernel").at("outcome") == "worked", quality.at("kernel_sampled").get<bool>());
  if (quality.at("engine") == "perf") {
    EXPECT_EQ(perf.at("ring_bytes"), quality.at("overhead").at("ring_bytes"));
  } else {
    EXPECT_EQ(finding_of(doctor.document, "perf").at("state"), "refused");
    EXPECT_FALSE(finding_of(doctor.document, "perf").at("remedies").empty());
    EXPECT_NE(run.program.err.find("`strobe doctor` tells what is allowed here and what would change it"),
              std::string::npos);
  }
}

TEST_P(DoctorMode, LeavesNothingBehind) {
  const Mode& mode = GetParam();
  if (const std::string why = obstacle(mode); !why.empty()) GTEST_SKIP() << why;
  Setup setup = setup_of(mode);
  const std::string cache = setup.folder + "/cache";
  setup.wrapper.insert(setup.wrapper.end(), {"env", "XDG_CACHE_HOME=" + cache});
  const DoctorRun run = examine(setup);
  EXPECT_EQ(finding_of(run.document, "cache").at("state"), "ok") << run.program.out;
  EXPECT_FALSE(std::filesystem::exists(cache)) << "it was only asked whether it could be made";
  for (const auto& entry : std::filesystem::directory_iterator(setup.folder)) {
    EXPECT_EQ(entry.path().filename().string().find(".strobe-doctor"), std::string::npos) << entry.path();
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, DoctorMode,
                         ::testing::Values(Mode{Rights::root}, Mode{Rights::perfmon},
                                           Mode{Rights::ordinary_user}, Mode{Rights::root, true},
                                           Mode{Rights::ordinary_user, true}, Mode{Rights::root, true, true},
                                           Mode{Rights::ordinary_user, true, true}),
                         [](const auto& parameter) { return name_of(parameter.param); });

using DoctorTarget = Doctor;

TEST_F(DoctorTarget, IsNeitherStoppedNorHarmed) {
  ChildProgram target({workload("two_functions"), "600", "ready"});
  ASSERT_TRUE(target.wait_for_output("ready"));
  const Setup setup = setup_of({can_have(Rights::root) ? Rights::root : Rights::ordinary_user});
  const DoctorRun run = examine(setup, {std::to_string(target.pid())});
  ASSERT_TRUE(run.document.is_object()) << run.program.err;
  expect_schema(setup);
  expect_unharmed(target.pid());
  EXPECT_EQ(run.document.at("target").at("command"), "two_functions");
  EXPECT_EQ(run.program.status, run.document.at("possible").get<bool>() ? 0 : 1);
}

TEST_F(DoctorTarget, OfAnotherUserIsRefused) {
  if (::geteuid() != 0 || !can_have(Rights::ordinary_user)) GTEST_SKIP() << "only root can be two users";
  ChildProgram target({workload("two_functions"), "600", "ready"});
  ASSERT_TRUE(target.wait_for_output("ready"));
  const DoctorRun run = examine(setup_of({Rights::ordinary_user}), {std::to_string(target.pid())});
  EXPECT_EQ(run.program.status, 1) << run.program.out;
  for (const char* id : {"sample", "read", "stop"}) {
    const json finding = finding_of(run.document, id);
    EXPECT_NE(finding.at("found").get<std::string>().find("another user (0)"), std::string::npos) << finding;
    EXPECT_FALSE(finding.at("remedies").empty()) << finding;
  }
  expect_unharmed(target.pid());
}

TEST_F(DoctorTarget, IsStoppedOrTracedBySomebodyElse) {
  ChildProgram target({workload("two_functions"), "600", "ready"});
  ASSERT_TRUE(target.wait_for_output("ready"));
  target.send(SIGSTOP);
  const std::string status = "/proc/" + std::to_string(target.pid()) + "/stat";
  ASSERT_TRUE(wait_until([&] {
    std::string text;
    std::getline(std::ifstream(status), text);
    return text.find(") T ") != std::string::npos;
  }));
  const Setup setup = setup_of({::geteuid() == 0 ? Rights::root : Rights::ordinary_user});
  const DoctorRun stopped = examine(setup, {std::to_string(target.pid())});
  EXPECT_EQ(finding_of(stopped.document, "stopped").at("remedies").at(0),
            "kill -CONT " + std::to_string(target.pid()));
  if (::ptrace(PTRACE_SEIZE, target.pid(), nullptr, nullptr) != 0) GTEST_SKIP() << "ptrace is refused here";
  const DoctorRun traced = examine(setup, {std::to_string(target.pid())});
  EXPECT_EQ(traced.document.at("target").at("tracer_pid"), ::getpid());
  const std::string found = finding_of(traced.document, "stop").at("found");
  EXPECT_NE(found.find("traces it already"), std::string::npos) << found;
}

TEST_F(DoctorTarget, ThatIsNoneIsAnError) {
  pid_t largest = 0;
  std::ifstream("/proc/sys/kernel/pid_max") >> largest;
  const ProgramResult result = strobe({"doctor", std::to_string(largest)});
  EXPECT_EQ(result.status, 125);
  EXPECT_NE(result.err.find("there is no process " + std::to_string(largest)), std::string::npos)
      << result.err;
}

}  // namespace
}  // namespace strobe::test
