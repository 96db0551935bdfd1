// --debuginfod against local servers: one that is right, and every way of being wrong; and that nothing is
// contacted without it.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <optional>
#include <string>

#include "integration_fixture.h"
#include "report_checks.h"

namespace strobe::test {
namespace {

class DebuginfodServer : public Integration {
 protected:
  void SetUp() override {
    Integration::SetUp();
    if (::dlopen("libdebuginfod.so.1", RTLD_NOW) == nullptr) {
      GTEST_SKIP() << "libdebuginfod.so.1 is missing (Debian: libdebuginfod1)";
    }
    const std::string whole = workload("two_functions");
    ASSERT_EQ(run({"objcopy", "--only-keep-debug", whole, file("app.debug")}).status, 0);
    ASSERT_EQ(run({"objcopy", "--strip-all", whole, file("app")}).status, 0);
    std::filesystem::create_directory(file("cache"));
  }

  void TearDown() override {
    server_.reset();
    Integration::TearDown();
  }

  static ProgramResult run(const std::vector<std::string>& arguments) {
    return ChildProgram(arguments).finish();
  }

  /// Waits until the server is there; its port.
  std::string start_server(const std::string& mode, const std::string& served = {}) {
    std::vector<std::string> arguments = {"python3", STROBE_DEBUGINFOD_SERVER, mode};
    if (!served.empty()) arguments.push_back(served);
    server_.emplace(arguments);
    if (!server_->wait_for_output("\n")) return "0";
    const std::string& out = server_->out();
    return out.substr(std::string("port ").size(), out.find('\n') - std::string("port ").size());
  }
  /// What the server said until now: all of it, as it is ended first.
  std::string server_log() {
    server_->send(SIGTERM);
    return server_->finish().out;
  }

  ProgramResult strobe_with(const std::vector<std::string>& arguments,
                            const std::vector<std::string>& environment = {}) {
    ChildProgram::Options options;
    options.folder = folder();
    options.environment = {"XDG_CACHE_HOME=" + file("cache"), "DEBUGINFOD_CACHE_PATH=" + file("cache"),
                           "DEBUGINFOD_TIMEOUT=" + timeout_s_};
    options.environment.insert(options.environment.end(), environment.begin(), environment.end());
    std::vector<std::string> command = {kStrobe};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return ChildProgram(command, options).finish();
  }
  void record() {
    const ProgramResult recorded = strobe_with({"run", "-q", "-o", "app.strobe", "--", "./app", "0.3"});
    ASSERT_EQ(recorded.status, 0) << recorded.err;
  }
  /// Reports with the server's help; the report as JSON.
  nlohmann::json report_from(const std::string& port) {
    const ProgramResult result =
        strobe_with({"report", "app.strobe", "--debuginfod=http://127.0.0.1:" + port, "--json", "-"});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_FALSE(result.timed_out);
    return nlohmann::json::parse(result.out, nullptr, false);
  }
  /// The report is made, without the names, and says so in a warning with these words.
  void expect_failure_said(const nlohmann::json& report, const std::string& words) {
    ASSERT_TRUE(report.is_object());
    EXPECT_FALSE(amount_of(report, "seventy").found);
    size_t said = 0;
    for (const auto& warning : report.at("quality").at("warnings")) {
      said += warning.get<std::string>().find(words) != std::string::npos ? 1 : 0;
    }
    EXPECT_EQ(said, 1U) << report.at("quality").at("warnings").dump(1);
  }

  std::optional<ChildProgram> server_;
  std::string timeout_s_ = "60";  ///< a server that answers may be slow: the machine is busy
};

/// What is waited for in vain is waited for shortly.
class SilentDebuginfodServer : public DebuginfodServer {
 protected:
  SilentDebuginfodServer() { timeout_s_ = "1"; }
};

TEST_F(DebuginfodServer, GivesNamesAndLines) {
  const std::string port = start_server("file", file("app.debug"));
  record();
  const nlohmann::json report = report_from(port);
  ASSERT_TRUE(report.is_object());
  EXPECT_NEAR(amount_of(report, "seventy").share, 0.7, 0.2);
  for (const auto& function : report.at("functions")) {
    if (function.value("name", "") != "seventy") continue;
    EXPECT_GT(function.value("line", 0), 0);
  }
  // The names are in the recording now, and the file in the cache: no server is needed any more.
  EXPECT_NE(server_log().find("/debuginfo"), std::string::npos);
  EXPECT_TRUE(amount_of(report_of(file("app.strobe")), "seventy").found);
}

TEST_F(DebuginfodServer, IsUsedAtTheEndOfARun) {
  const std::string port = start_server("file", file("app.debug"));
  const ProgramResult result = strobe_with(
      {"run", "-o", "app.strobe", "--debuginfod", "--", "/bin/sh", "-c", "echo $DEBUGINFOD_URLS; ./app 0.3"},
      {"DEBUGINFOD_URLS=http://127.0.0.1:" + port});
  EXPECT_EQ(result.status, 0);
  EXPECT_NE(result.err.find("(seventy)"), std::string::npos) << result.err;
  // The program has the environment that it was given.
  EXPECT_EQ(result.out.find("http://127.0.0.1:" + port), 0U) << result.out;
}

TEST_F(DebuginfodServer, IsNotContactedUnlessAskedFor) {
  const std::string port = start_server("file", file("app.debug"));
  const std::vector<std::string> environment = {"DEBUGINFOD_URLS=http://127.0.0.1:" + port};
  const ProgramResult recorded = strobe_with({"run", "-o", "app.strobe", "--", "./app", "0.3"}, environment);
  ASSERT_EQ(recorded.status, 0) << recorded.err;
  EXPECT_EQ(strobe_with({"report", "app.strobe"}, environment).status, 0);
  EXPECT_EQ(strobe_with({"report", "app.strobe", "quality"}, environment).status, 0);
  EXPECT_EQ(server_log().find("connection"), std::string::npos) << server_->out();
}

TEST_F(DebuginfodServer, ThatDoesNotKnowTheFileIsNoFailure) {
  const std::string port = start_server("missing");
  record();
  const nlohmann::json report = report_from(port);
  ASSERT_TRUE(report.is_object());
  EXPECT_EQ(report.at("quality").at("warnings").dump().find("debuginfod:"), std::string::npos);
  EXPECT_NE(server_log().find("request"), std::string::npos);
}

TEST_F(DebuginfodServer, ThatIsNotThereIsSaidOnce) {
  record();
  expect_failure_said(report_from("1"), "debuginfod: ");
}

TEST_F(SilentDebuginfodServer, ThatStallsIsGivenUp) {
  const std::string port = start_server("stall");
  record();
  expect_failure_said(report_from(port), "debuginfod: ");
}

TEST_F(SilentDebuginfodServer, ThatStopsInTheMiddleIsGivenUp) {
  const std::string port = start_server("stall_body", file("app.debug"));
  record();
  expect_failure_said(report_from(port), "debuginfod: ");
}

TEST_F(SilentDebuginfodServer, ThatRedirectsEndlesslyIsGivenUp) {
  const std::string port = start_server("redirect");
  record();
  expect_failure_said(report_from(port), "debuginfod: ");
}

TEST_F(DebuginfodServer, ThatSendsGarbageIsRefused) {
  const std::string port = start_server("garbage");
  record();
  expect_failure_said(report_from(port), "is no ELF file");
}

TEST_F(DebuginfodServer, ThatSendsAnotherBuildsFileIsRefused) {
  const std::string port = start_server("file", workload("recursion"));
  record();
  expect_failure_said(report_from(port), "belongs to another build");
  // Nor does it stay in the cache: a server that is right afterwards is believed.
  static_cast<void>(server_log());
  EXPECT_TRUE(amount_of(report_from(start_server("file", file("app.debug"))), "seventy").found);
}

TEST_F(DebuginfodServer, HasToBeNamed) {
  const ProgramResult result = strobe_with({"run", "--debuginfod", "--", "true"}, {"DEBUGINFOD_URLS="});
  EXPECT_EQ(result.status, 125);
  EXPECT_NE(result.err.find("no server is named"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace strobe::test
