// A real interpreter running a program of this folder, found and opened the way a recorder does it.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/mapped_file.h"
#include "elf/elf_file.h"
#include "os/proc_maps.h"
#include "os/process_memory.h"
#include "python/interpreter_module.h"
#include "python/runtime.h"
#include "support/child_program.h"
#include "support/interpreters.h"

namespace strobe::python::test {

using strobe::test::ChildProgram;
using strobe::test::Interpreter;

inline std::string program_path(const std::string& name) {
  return std::string(STROBE_PYTHON_PROGRAMS) + "/" + name;
}

struct FoundInterpreter {
  InterpreterModule module;
  uint64_t runtime = 0;  ///< address of _PyRuntime in the process
};

/// The first mapped file of the process that defines an interpreter.
inline std::optional<FoundInterpreter> find_in_process(pid_t pid) {
  auto maps = os::read_proc_maps(pid);
  if (!maps) return std::nullopt;
  std::set<uint64_t> seen;
  for (const os::ProcMapping& mapping : *maps) {
    if (mapping.inode == 0 || !seen.insert(mapping.inode).second) continue;
    auto mapped = MappedFile::open(mapping.path);
    if (!mapped) continue;
    auto file = elf::ElfFile::parse(mapped->bytes());
    if (!file) continue;
    const auto module = find_interpreter(*file);
    const auto segment = std::ranges::find(file->segments(), uint32_t{PT_LOAD}, &elf::Segment::type);
    if (!module || segment == file->segments().end()) continue;
    const uint64_t bias = mapping.start - mapping.file_offset - (raw(segment->address) - segment->offset);
    return FoundInterpreter{.module = *module, .runtime = raw(module->runtime) + bias};
  }
  return std::nullopt;
}

class PythonTarget {
 public:
  /// Starts `program` of this folder; ready once it has printed a line, which is parsed as JSON.
  PythonTarget(const Interpreter& interpreter, const std::string& program,
               const std::vector<std::string>& arguments = {}) {
    std::vector<std::string> words = interpreter.command;
    words.insert(words.end(), {"-I", program_path(program)});
    words.insert(words.end(), arguments.begin(), arguments.end());
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
    keep_open_ = UniqueFd(ends[1]);
    const UniqueFd input(ends[0]);
    words.insert(words.begin(),
                 {"/bin/sh", "-c", "exec \"$@\" </proc/self/fd/" + std::to_string(ends[0]), "sh"});
    ::fcntl(ends[0], F_SETFD, 0);
    program_ = std::make_unique<ChildProgram>(words);
  }

  [[nodiscard]] bool wait_until_ready() {
    if (!program_->wait_for_output("\n")) return false;
    truth_ = nlohmann::json::parse(program_->out().substr(0, program_->out().find('\n')), nullptr, false);
    memory_ = std::make_unique<os::ProcessMemory>(program_->pid());
    return !truth_.is_discarded();
  }
  [[nodiscard]] Result<Runtime> open() {
    const auto found = find_in_process(program_->pid());
    if (!found) return fail(ErrorCode::not_found, "no interpreter in " + std::to_string(program_->pid()));
    module_ = found->module;
    return open_runtime(*memory_, found->runtime, found->module, program_->pid());
  }

  [[nodiscard]] pid_t pid() const { return program_->pid(); }
  [[nodiscard]] os::ProcessMemory& memory() { return *memory_; }
  [[nodiscard]] const nlohmann::json& truth() const { return truth_; }
  [[nodiscard]] const InterpreterModule& module() const { return module_; }
  [[nodiscard]] ChildProgram& program() { return *program_; }
  void write_line() const {
    if (::write(keep_open_.get(), "\n", 1) != 1) std::abort();
  }
  void close_input() { keep_open_ = UniqueFd(); }

 private:
  UniqueFd keep_open_;
  std::unique_ptr<ChildProgram> program_;
  std::unique_ptr<os::ProcessMemory> memory_;
  nlohmann::json truth_;
  InterpreterModule module_;
};

/// Tests of this fixture run once for each interpreter.
class EachInterpreter : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const auto found = strobe::test::find_interpreter(GetParam());
    if (!found) GTEST_SKIP() << "CPython " << GetParam() << " is not on this machine";
    interpreter_ = *found;
  }
  Interpreter interpreter_;
};

inline std::string name_of_param(const testing::TestParamInfo<const char*>& info) {
  return strobe::test::test_name_of(info.param);
}

}  // namespace strobe::python::test

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): gtest has macros
#define STROBE_EACH_INTERPRETER(Suite)                                                              \
  INSTANTIATE_TEST_SUITE_P(Interpreters, Suite, testing::ValuesIn(strobe::test::kInterpreterNames), \
                           strobe::python::test::name_of_param)
