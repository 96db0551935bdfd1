// What the tests of Python programs share: which interpreter, by which way frames are read, and where the
// scripts are. Sources of Python functions are looked up by the marks of source_marks.h.
#pragma once

#include <string>
#include <vector>

#include "integration_fixture.h"
#include "support/interpreters.h"

namespace strobe::test {

/// A way to read Python's frames, and how Strobe is brought to take it.
struct PythonMode {
  const char* name;                ///< of the tests
  const char* reading;             ///< quality.python.reading
  const char* engine;              ///< --engine
  const char* withheld = nullptr;  ///< capabilities that Strobe does without, as setpriv writes them
};
inline constexpr PythonMode kInInterrupt{"bpf", "bpf", "perf"};
inline constexpr PythonMode kStopped{"stopped", "stopped", "ptrace"};
/// Strobe without the right to load programs into the kernel.
inline constexpr PythonMode kRunning{"running", "running", "perf", "-bpf,-sys_admin"};

std::ostream& operator<<(std::ostream& out, const PythonMode& mode);

class PythonIntegration : public Integration {
 protected:
  void SetUp() override;

  /// Path of a sample workload in Python.
  [[nodiscard]] static std::string script(const std::string& name);
  /// The words that run a script of the sample workloads.
  [[nodiscard]] static std::vector<std::string> python(const Interpreter& interpreter,
                                                       const std::string& name,
                                                       const std::vector<std::string>& arguments);
  /// `strobe run` of these words in that mode.
  [[nodiscard]] StrobeCommand in_mode(const PythonMode& mode, std::vector<std::string> command,
                                      std::vector<std::string> options = {}) const;
};

/// The name that a function has in reports: versions before 3.11 know no qualified ones.
[[nodiscard]] std::string shown_name(const Interpreter& interpreter, const std::string& qualified);

/// Why this mode cannot be had here; empty where it can. Looked up in a report of that mode.
[[nodiscard]] std::string mode_obstacle(const PythonMode& mode, const nlohmann::json& report);

/// The share of whole Python stacks that a mode owes to a test. Beside a running thread it depends on how
/// soon Strobe gets the CPU, which on a busy machine nobody can promise.
[[nodiscard]] double full_share(const PythonMode& mode);

/// The functions that a script tells the seconds of have these shares of what all of them have together: for
/// recordings that saw a part of the run, every round of which is like every other.
void expect_true_parts(const Interpreter& interpreter, const nlohmann::json& report,
                       const nlohmann::json& truth, double tolerance);

/// At least this share of the samples that run Python has its whole Python stack, but for those in a module's
/// body that was freed, at the end of its import, before it could be named: these are few.
void expect_full_python(const nlohmann::json& report, double share);

}  // namespace strobe::test

/// Skips where perf events or the ability to give up capabilities are missing.
#define STROBE_NEED_MODE(mode)                                  \
  if (std::string((mode).engine) == "perf") STROBE_NEED_PERF(); \
  if ((mode).withheld != nullptr && ::geteuid() != 0) GTEST_SKIP() << "only root has what is withheld"
