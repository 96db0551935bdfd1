#include "python/other_interpreters.h"

namespace strobe::python {
namespace {

constexpr std::string_view kPython = "python";

bool is_digit(std::string_view text, size_t at) {
  return at < text.size() && text[at] >= '0' && text[at] <= '9';
}

/// "2.7" of "python2.7" and "libpython2.7.so.1.0" (without its "lib"); empty where it is no old version.
std::string_view old_version(std::string_view name) {
  if (!name.starts_with(kPython) || !is_digit(name, kPython.size())) return {};
  const std::string_view version = name.substr(kPython.size());
  if (version.size() < 3 || version[1] != '.' || !is_digit(version, 2) || is_digit(version, 3)) return {};
  const bool old = version[0] < '3' || (version[0] == '3' && version[2] < '7');
  return old ? version.substr(0, 3) : std::string_view{};
}

}  // namespace

std::string name_other_interpreter(std::string_view path) {
  std::string_view name = path.substr(path.rfind('/') + 1);
  if (name.starts_with("lib")) name.remove_prefix(3);
  if (name.starts_with("pypy")) return "PyPy";
  if (name.starts_with("pythonvm") || name.starts_with("graalpy")) return "GraalPy";
  const std::string_view version = old_version(name);
  return version.empty() ? std::string() : "CPython " + std::string(version);
}

}  // namespace strobe::python
