#include "python_fixture.h"

#include <algorithm>
#include <cstdlib>

#include "report_checks.h"

namespace strobe::test {

using nlohmann::json;

std::ostream& operator<<(std::ostream& out, const PythonMode& mode) { return out << mode.name; }

void PythonIntegration::SetUp() {
  Integration::SetUp();
  ::setenv("PYTHONDONTWRITEBYTECODE", "1", 1);  // nothing is left beside the sources
  ::unsetenv("PYTHONPATH");
}

std::string PythonIntegration::script(const std::string& name) {
  return std::string(STROBE_PYTHON_WORKLOADS) + "/" + name;
}

std::vector<std::string> PythonIntegration::python(const Interpreter& interpreter, const std::string& name,
                                                   const std::vector<std::string>& arguments) {
  std::vector<std::string> words = interpreter.command;
  words.push_back(script(name));
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

StrobeCommand PythonIntegration::in_mode(const PythonMode& mode, std::vector<std::string> command,
                                         std::vector<std::string> options) const {
  options.insert(options.end(), {"--engine", mode.engine});
  StrobeCommand run = strobe_run(std::move(command), std::move(options));
  if (mode.withheld != nullptr) {
    run.wrapper = {"setpriv", std::string("--bounding-set=") + mode.withheld,
                   std::string("--inh-caps=") + mode.withheld};
  }
  return run;
}

std::string shown_name(const Interpreter& interpreter, const std::string& qualified) {
  return interpreter.minor >= 11 ? qualified : qualified.substr(qualified.rfind('.') + 1);
}

std::string mode_obstacle(const PythonMode& mode, const json& report) {
  const json python = report.at("quality").value("python", json::object());
  const std::string reading = python.value("reading", "");
  // Strobe may be built without BPF, or the kernel may refuse it: then the other way is taken, and said.
  if (std::string(mode.reading) == "bpf" && reading == "running")
    return "BPF is not built or not allowed here";
  EXPECT_EQ(reading, mode.reading);
  return {};
}

double full_share(const PythonMode& mode) { return std::string(mode.name) == "running" ? 0.95 : 0.985; }

void expect_true_parts(const Interpreter& interpreter, const json& report, const json& truth,
                       double tolerance) {
  double all = 0;
  double seen = 0;
  for (const auto& [function, seconds] : truth.at("functions").items()) {
    all += seconds.get<double>();
    seen += amount_of(report, shown_name(interpreter, function)).share;
  }
  ASSERT_GT(seen, 0.3);
  const double samples = seen * report.at("recording").value("samples", 0.0);
  for (const auto& [function, seconds] : truth.at("functions").items()) {
    const double share = seconds.get<double>() / all;
    EXPECT_NEAR(amount_of(report, shown_name(interpreter, function)).share / seen, share,
                half_width_9999(share, samples) + tolerance)
        << function;
  }
}

void expect_full_python(const json& report, double share) {
  ASSERT_TRUE(report.is_object()) << "no JSON report";
  ASSERT_TRUE(report.at("quality").contains("python")) << "no Python was seen: " << report["quality"].dump(1);
  const json& python = report["quality"]["python"];
  double all = 0;
  for (const char* outcome : {"full", "partial", "inconsistent", "unread"}) all += python.value(outcome, 0.0);
  // While an interpreter starts, its frames cannot be found yet, and then it runs code that is freed at once:
  // some 20 ms.
  double start = python.value("unread", 0.0);
  for (const json& blame : python.at("blame"))
    if (blame.value("reason", "") == "bad_code_object") start += blame.value("count", 0.0);
  start = std::min(start, 0.025 * report["quality"].value("rate_hz", 0.0));
  EXPECT_GT(all, 0) << python.dump(1);
  EXPECT_GE(python.value("full", 0.0), share * (all - start)) << python.dump(1);
}

}  // namespace strobe::test
