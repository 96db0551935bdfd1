// What the threads of some processes do at one moment: stacks and states, as `strobe dump` shows them. Plain
// data; every text is the target's own and may hold anything.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/python.h"
#include "model/quality.h"
#include "model/thread_state.h"

namespace strobe {

struct DumpedVariable {
  std::string name;
  std::string value;  ///< as the language writes it, or what it is: "list of 3"
};

/// The arguments and local variables of a call that have a value.
struct DumpedLocals {
  std::vector<DumpedVariable> variables;
  uint64_t left_out = 0;  ///< beyond the limit, with a value or without
};

/// One level of code.
struct DumpedFrame {
  enum class Language : uint8_t { native, python } language = Language::native;
  std::string function;                ///< empty where unknown
  std::string file;                    ///< of `line`; empty where unknown
  uint32_t line = 0;                   ///< current line; 0 unknown
  std::string module;                  ///< path or pseudo-name; empty for Python
  uint64_t address = 0;                ///< in the module's file; 0 for Python
  std::optional<DumpedLocals> locals;  ///< none where they were not asked for, or not read
};

struct DumpedThread {
  int32_t tid = 0;
  std::string name;         ///< the kernel's
  std::string python_name;  ///< as Python's `threading` has it; empty where it has none
  ThreadState state = ThreadState::unknown;
  PythonState python_state = PythonState::none;
  StackClass stack_class = StackClass::none;
  PythonOutcome python_outcome = PythonOutcome::none;
  std::string problem;              ///< why there is no stack; empty where there is one
  std::vector<DumpedFrame> frames;  ///< innermost first
  /// Python frames whose local variables were to be read and were not; none where they were not asked for.
  std::optional<uint64_t> frames_without_locals;
};

struct DumpedProcess {
  int32_t pid = 0;
  std::optional<int32_t> parent;  ///< where it is in the dump too
  std::string command;
  std::string command_line;
  std::string python;  ///< "CPython 3.11.2"; empty where there is none
  /// Threads (tids) that held a GIL when they were looked at: one for each GIL at most, but threads are
  /// looked at one after the other. Free-threaded: those attached to the interpreter.
  std::vector<int32_t> gil_holders;
  std::vector<int32_t> gil_waiters;
  std::vector<DumpedThread> threads;  ///< by tid
};

struct Dump {
  int64_t time_unix_ns = 0;
  uint64_t stops = 0;                    ///< threads that were running and had to be stopped
  uint64_t longest_stop_ns = 0;          ///< upper bound
  std::vector<DumpedProcess> processes;  ///< parents before their children
  std::vector<std::string> warnings;     ///< whole sentences
};

}  // namespace strobe
