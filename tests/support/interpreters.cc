#include "support/interpreters.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "support/child_program.h"

namespace strobe::test {

namespace fs = std::filesystem;

namespace {

std::string home() {
  const char* value = std::getenv("HOME");
  return value == nullptr ? "/root" : value;
}

/// The command of a version in the list that tests/interpreters/fetch keeps.
std::string fetched_command(const std::string& version) {
  std::ifstream in(home() + "/.cache/strobe-test/python/LIST");
  std::string name;
  std::string command;
  while (in >> name && std::getline(in >> std::ws, command)) {
    if (name == version) return command;
  }
  return {};
}

/// pyenv's build of 3.minor; its names end in a patch level.
std::string pyenv_command(const std::string& version) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(home() + "/.pyenv/versions", error)) {
    const std::string program = entry.path().string() + "/bin/python" + version;
    if (entry.path().filename().string().rfind(version + ".", 0) == 0 && fs::exists(program)) return program;
  }
  return {};
}

std::string command_of(const std::string& version, bool shared) {
  if (shared || version == "3.9" || version == "3.10" || version == "3.12") return pyenv_command(version);
  return version == kDebianPython ? "/usr/bin/python3.11" : fetched_command(version);
}

}  // namespace

std::optional<Interpreter> find_interpreter(std::string_view name) {
  Interpreter found;
  found.name = name;
  const std::string version = found.name.substr(0, found.name.find('_'));
  found.shared = version != name;
  found.free_threaded = version.ends_with('t');
  found.debug = version.ends_with('d');
  found.minor = std::atoi(version.c_str() + 2);
  const std::string command = command_of(version, found.shared);
  if (command.empty() || ::access(command.c_str(), X_OK) != 0) return std::nullopt;
  // Those of pyenv are all built with a libpython, whatever they are called here.
  found.shared = found.shared || command.find("/.pyenv/") != std::string::npos;
  found.command = {command};
  return found;
}

std::string test_name_of(std::string_view interpreter) {
  std::string name = "py" + std::string(interpreter);
  for (char& letter : name)
    if (letter == '.') letter = '_';
  return name;
}

bool has_module(const Interpreter& interpreter, const std::string& module) {
  std::vector<std::string> words = interpreter.command;
  words.insert(words.end(), {"-c", "import " + module});
  return ChildProgram(words).finish().status == 0;
}

std::string tree_of(const Interpreter& interpreter) {
  const std::string& command = interpreter.command.front();
  const size_t end = command.find("/usr/bin/in-place-");
  return end == std::string::npos ? std::string() : command.substr(0, end);
}

}  // namespace strobe::test
