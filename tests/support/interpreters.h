// The CPython interpreters that tests run programs with: Debian's own, those that tests/interpreters/fetch
// brought, and those of pyenv where it is there. What is absent is skipped, with a reason.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strobe::test {

struct Interpreter {
  std::string name;  ///< one of kInterpreterNames
  int minor = 0;     ///< 3.minor
  bool free_threaded = false;
  bool debug = false;                ///< built for debugging
  bool shared = false;               ///< the interpreter is in libpython, not in the executable
  std::vector<std::string> command;  ///< what to put before a script
};

/// Every interpreter that tests know: a version, "t" for free-threaded builds, "d" for those for debugging,
/// "_shared" for those with a libpython. As parts of names of tests they are preceded by "py": py3_13t (see
/// test_name_of).
inline constexpr std::array kInterpreterNames = {"3.9",   "3.10",  "3.11",        "3.11d", "3.11_shared",
                                                 "3.12",  "3.13",  "3.13_shared", "3.13t", "3.14",
                                                 "3.14d", "3.14t", "3.15",        "3.15t"};

/// Nothing where it is not on this machine.
[[nodiscard]] std::optional<Interpreter> find_interpreter(std::string_view name);
/// Any that tests always have: Debian's 3.11.
inline constexpr const char* kDebianPython = "3.11";

/// py3_13t: the end of the names of tests by which `./dev test` picks the versions to run.
[[nodiscard]] std::string test_name_of(std::string_view interpreter);

/// Whether `import module` works.
[[nodiscard]] bool has_module(const Interpreter& interpreter, const std::string& module);

/// The root of the tree that an interpreter of `fetch` lives in, for a chroot: there its program is
/// /usr/bin/python3.N. Empty for others.
[[nodiscard]] std::string tree_of(const Interpreter& interpreter);

}  // namespace strobe::test

/// Skips a test whose interpreter is absent; else `name` is it.
#define STROBE_NEED_PYTHON(variable, wanted)                                                          \
  const auto variable##_found = ::strobe::test::find_interpreter(wanted);                             \
  if (!variable##_found) GTEST_SKIP() << "there is no CPython " << (wanted) << " (./dev test --all)"; \
  const ::strobe::test::Interpreter& variable = *variable##_found
