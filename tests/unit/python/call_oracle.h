// Judges stacks of the programs oracle_*.py, whose calls are marked in the source, so that a stack of frames
// that never existed together shows.
#pragma once

#include <sys/ptrace.h>
#include <sys/user.h>

#include <array>
#include <fstream>
#include <map>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <utility>

#include "python/code_objects.h"
#include "python/frame_reader.h"
#include "python_target.h"

namespace strobe::python::test {

/// Which functions each line of a program calls, as its comments say.
class CallMarks {
 public:
  explicit CallMarks(const std::string& path) {
    std::ifstream file(path);
    std::string text;
    for (int line = 1; std::getline(file, text); ++line) {
      const size_t mark = text.find("# -> ");
      if (mark == std::string::npos) continue;
      std::istringstream names(text.substr(mark + 5));
      for (std::string name; std::getline(names >> std::ws, name, ',');) {
        calls_.insert({line, name});
        calls_.insert({line, name.substr(name.rfind('.') + 1)});  // up to 3.10 there are no qualified names
      }
    }
  }
  [[nodiscard]] bool may_call(int line, const std::string& function) const {
    return calls_.contains({line, function});
  }

 private:
  std::set<std::pair<int, std::string>> calls_;
};

struct Tally {
  size_t full = 0;
  size_t partial = 0;
  size_t inconsistent = 0;
  size_t unread = 0;
  size_t none = 0;  ///< said to run no Python
  size_t impossible = 0;
  std::map<std::string, size_t> impossible_ones;  ///< innermost first, and how often
};

/// Of a thread that is traced and stopped.
inline std::array<uint64_t, 15> read_general_registers(pid_t tid) {
  user_regs_struct r{};
  if (::ptrace(PTRACE_GETREGS, tid, nullptr, &r) != 0) ADD_FAILURE() << "no registers";
  return {r.rax, r.rbx, r.rcx, r.rdx, r.rsi, r.rdi, r.rbp, r.r8,
          r.r9,  r.r10, r.r11, r.r12, r.r13, r.r14, r.r15};
}

class CallOracle {
 public:
  CallOracle(PythonTarget& target, const Runtime& runtime, const std::string& program)
      : marks_(program_path(program)),
        reader_(target.memory(), runtime),
        codes_(target.memory(), reader_.runtime()) {}

  /// `registers` of a thread that stands still meanwhile: what the engine that stopped it knows.
  void look_at_stopped(pid_t tid, std::span<const uint64_t> registers, Tally& tally) {
    reader_.capture_stopped(tid, capture_, registers);
    judge(tally);
  }
  void look_at_running(pid_t tid, Tally& tally) {
    reader_.capture_running(tid, capture_);
    judge(tally);
  }

 private:
  void judge(Tally& tally) {
    switch (capture_.outcome) {
      case PythonOutcome::full:
        ++tally.full;
        break;
      case PythonOutcome::partial:
        ++tally.partial;
        break;
      case PythonOutcome::none:
        ++tally.none;
        return;
      case PythonOutcome::unread:
        ++tally.unread;
        return;
      case PythonOutcome::inconsistent:
        ++tally.inconsistent;
        return;
    }
    if (is_possible()) return;
    ++tally.impossible;
    ++tally.impossible_ones[described()];
  }

  bool is_possible() {
    const std::string* callee = nullptr;
    for (const RawPythonFrame& frame : capture_.frames) {
      const CodeObject* code = codes_.find(frame.code, frame.identity);
      if (code == nullptr) return false;
      if (code->hidden) continue;
      if (callee != nullptr) {
        const int line = codes_.line_of(*code, frame.instruction, frame.tlbc).value_or(0);
        if (!marks_.may_call(line, *callee)) return false;
      }
      callee = &code->qualname;
    }
    return callee != nullptr && *callee == "<module>";
  }

  std::string described() {
    std::string text;
    for (const RawPythonFrame& frame : capture_.frames) {
      const CodeObject* code = codes_.find(frame.code, frame.identity);
      const int line =
          code == nullptr ? -1 : codes_.line_of(*code, frame.instruction, frame.tlbc).value_or(0);
      text += (code == nullptr ? "?" : code->qualname) + ":" + std::to_string(line) + " ";
    }
    return text;
  }

  CallMarks marks_;
  FrameReader reader_;
  CodeObjects codes_;
  PythonCapture capture_;
};

}  // namespace strobe::python::test
