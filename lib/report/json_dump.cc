// The same as JSON, schema strobe-dump/1.
#include "base/clock.h"
#include "report/dump.h"

namespace strobe::report {
namespace {

void write_numbers(JsonWriter& json, const char* name, const std::vector<int32_t>& numbers) {
  json.key(name);
  json.begin_array();
  for (const int32_t number : numbers) json.value(number);
  json.end_array();
}

void write_locals(JsonWriter& json, const DumpedLocals& locals) {
  json.key("locals");
  json.begin_array();
  for (const DumpedVariable& variable : locals.variables) {
    json.begin_object();
    json.member("name", variable.name);
    json.member("value", variable.value);
    json.end_object();
  }
  json.end_array();
  json.member("locals_left_out", locals.left_out);
}

void write_frame(JsonWriter& json, const DumpedFrame& frame) {
  json.begin_object();
  json.member("function", frame.function);
  json.member("file", frame.file);
  json.member("line", frame.line);
  json.member("module", frame.module);
  json.member("address", frame.address);
  json.member("language", frame.language == DumpedFrame::Language::python ? "python" : "native");
  if (frame.locals) write_locals(json, *frame.locals);
  json.end_object();
}

void write_thread(JsonWriter& json, const DumpedThread& thread) {
  json.begin_object();
  json.member("tid", thread.tid);
  json.member("name", thread.name);
  json.member("python_name", thread.python_name);
  json.member("state", name_of(thread.state));
  json.member("python_state", name_of(thread.python_state));
  json.member("stack", name_of(thread.stack_class));
  json.member("python_stack", name_of(thread.python_outcome));
  json.member("problem", thread.problem);
  if (thread.frames_without_locals) json.member("frames_without_locals", *thread.frames_without_locals);
  json.key("frames");
  json.begin_array();
  for (const DumpedFrame& frame : thread.frames) write_frame(json, frame);
  json.end_array();
  json.end_object();
}

void write_process(JsonWriter& json, const DumpedProcess& process) {
  json.begin_object();
  json.member("pid", process.pid);
  json.member("ppid", process.parent);
  json.member("command", process.command);
  json.member("command_line", process.command_line);
  json.member("python", process.python);
  json.key("gil");
  json.begin_object();
  write_numbers(json, "holders", process.gil_holders);
  write_numbers(json, "waiters", process.gil_waiters);
  json.end_object();
  json.key("threads");
  json.begin_array();
  for (const DumpedThread& thread : process.threads) write_thread(json, thread);
  json.end_array();
  json.end_object();
}

}  // namespace

void write_json_dump(const Dump& dump, const TextSink& sink) {
  JsonWriter json(sink);
  json.begin_object();
  json.member("schema", "strobe-dump/1");
  json.key("tool");
  json.begin_object();
  json.member("name", "strobe");
  json.member("version", STROBE_VERSION);
  json.end_object();
  json.member("time_unix_ns", dump.time_unix_ns);
  json.key("overhead");
  json.begin_object();
  json.member("stops", dump.stops);
  json.member("longest_stop_s", seconds_of(dump.longest_stop_ns));
  json.end_object();
  json.key("processes");
  json.begin_array();
  for (const DumpedProcess& process : dump.processes) write_process(json, process);
  json.end_array();
  json.key("warnings");
  json.begin_array();
  for (const std::string& warning : dump.warnings) json.value(warning);
  json.end_array();
  json.end_object();
  json.finish();
}

}  // namespace strobe::report
