// The threads of some processes at one moment, as text.
#include <fmt/format.h>

#include <algorithm>

#include "report/dump.h"
#include "report/escape.h"
#include "report/text_style.h"

namespace strobe::report {
namespace {

using FrameLanguage = DumpedFrame::Language;

constexpr size_t kMaxVariableColumns = 200;

std::string file_name(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  return slash == std::string::npos || slash + 1 == path.size() ? path : path.substr(slash + 1);
}

/// "name (file:line)", or the module in brackets where the file is not known.
std::string frame_text(const DumpedFrame& frame) {
  const std::string name = frame.function.empty() ? fmt::format("{:#x}", frame.address) : frame.function;
  if (!frame.file.empty()) return printable(fmt::format("{} ({}:{})", name, frame.file, frame.line));
  if (frame.module.empty()) return printable(name);
  return printable(fmt::format("{} [{}]", name, file_name(frame.module)));
}

std::string locals_text(const DumpedLocals& locals, const TextStyle& style) {
  constexpr const char* kVariableIndent = "            ";
  std::string text;
  for (const DumpedVariable& variable : locals.variables) {
    text += kVariableIndent + printable(variable.name, kMaxVariableColumns) + " = " +
            printable(variable.value, kMaxVariableColumns) + '\n';
  }
  if (locals.left_out != 0)
    text += kVariableIndent +
            paint(fmt::format("({} more were not read)", locals.left_out), Tone::faint, style) + '\n';
  return text;
}

/// What the thread has of Python, behind its state; empty where there is none.
std::string python_text(const DumpedThread& thread) {
  if (thread.python_state == PythonState::none) return {};
  return fmt::format(", Python: {}", name_of(thread.python_state));
}

std::string stack_note(const DumpedThread& thread) {
  if (!thread.problem.empty()) return "no stack: " + printable(thread.problem);
  std::vector<std::string> notes;
  if (thread.stack_class == StackClass::truncated || thread.stack_class == StackClass::incomplete)
    notes.emplace_back("the outermost native frames are missing");
  if (thread.python_outcome != PythonOutcome::none && thread.python_outcome != PythonOutcome::full)
    notes.push_back(fmt::format("Python's frames are {}", name_of(thread.python_outcome)));
  if (const uint64_t count = thread.frames_without_locals.value_or(0); count != 0)
    notes.push_back(fmt::format("variables of {} frame{} were not read", count, count == 1 ? "" : "s"));
  return fmt::format("{}", fmt::join(notes, "; "));
}

std::string dumped_thread_text(const DumpedThread& thread, const TextStyle& style) {
  std::string names = printable(thread.name);
  if (!thread.python_name.empty() && thread.python_name != thread.name)
    names += fmt::format(" \"{}\"", printable(thread.python_name));
  std::string text = paint(fmt::format("  thread {} {}", thread.tid, names), Tone::strong, style) +
                     fmt::format(": {}{}\n", name_of(thread.state), python_text(thread));
  for (const DumpedFrame& frame : thread.frames) {
    // Python's frames stand out: they are what most people look for.
    const Tone tone = frame.language == FrameLanguage::python ? Tone::strong : Tone::plain;
    text += "      " + paint(frame_text(frame), tone, style) + '\n';
    if (frame.locals) text += locals_text(*frame.locals, style);
  }
  if (const std::string note = stack_note(thread); !note.empty())
    text += "      " + paint("(" + note + ")", Tone::faint, style) + '\n';
  return text;
}

std::string thread_list(const std::vector<int32_t>& tids) {
  std::string text;
  for (const int32_t tid : tids) text += fmt::format(" {}", tid);
  return text;
}

std::string dumped_process_text(const DumpedProcess& process, const TextStyle& style) {
  const std::string& command = process.command_line.empty() ? process.command : process.command_line;
  std::string text =
      paint(fmt::format("process {}", process.pid), Tone::strong, style) + ": " + printable(command);
  if (!process.python.empty()) text += "  (" + printable(process.python) + ")";
  text += '\n';
  if (process.parent) text += fmt::format("  child of {}\n", *process.parent);
  if (!process.gil_holders.empty()) text += "  holds the GIL:" + thread_list(process.gil_holders) + '\n';
  if (!process.gil_waiters.empty()) text += "  wait for it:" + thread_list(process.gil_waiters) + '\n';
  for (const DumpedThread& thread : process.threads) text += '\n' + dumped_thread_text(thread, style);
  return text;
}

}  // namespace

std::string write_dump(const Dump& dump, const TextStyle& style) {
  std::string text;
  for (const std::string& warning : dump.warnings) text += "WARNING: " + printable(warning) + '\n';
  for (const DumpedProcess& process : dump.processes)
    text += (text.empty() ? "" : "\n") + dumped_process_text(process, style);
  return text;
}

}  // namespace strobe::report
