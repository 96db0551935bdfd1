#include "support/run_strobe.h"

#include <unistd.h>

#include <fstream>

namespace strobe::test {

using nlohmann::json;

namespace {

/// The eighth figure of the line "cpu", proc(5).
double read_stolen_seconds() {
  std::ifstream in("/proc/stat");
  std::string word;
  double ticks = 0;
  in >> word;
  for (int field = 0; field < 8; ++field) in >> ticks;
  return in ? ticks / static_cast<double>(::sysconf(_SC_CLK_TCK)) : 0;
}

}  // namespace

json read_json(const std::string& path) {
  std::ifstream in(path);
  json value = json::parse(in, nullptr, false);
  return value.is_discarded() ? json() : value;
}

json last_line_json(const std::string& text) {
  const size_t end = text.find_last_not_of('\n');
  if (end == std::string::npos) return {};
  const size_t before = text.rfind('\n', end);
  const size_t begin = before == std::string::npos ? 0 : before + 1;
  json value = json::parse(text.substr(begin, end + 1 - begin), nullptr, false);
  return value.is_object() ? value : json();
}

std::vector<std::string> arguments_of(const StrobeCommand& run) {
  std::vector<std::string> arguments = run.wrapper;
  arguments.insert(arguments.end(), {run.strobe, "run", "-o", run.folder + "/recording.strobe", "--json",
                                     run.folder + "/report.json"});
  arguments.insert(arguments.end(), run.options.begin(), run.options.end());
  arguments.push_back("--");
  arguments.insert(arguments.end(), run.command.begin(), run.command.end());
  return arguments;
}

StrobeRun read_run(const StrobeCommand& run, ProgramResult program) {
  StrobeRun result;
  result.recording = run.folder + "/recording.strobe";
  result.report = read_json(run.folder + "/report.json");
  result.truth = last_line_json(program.out);
  result.program = std::move(program);
  return result;
}

StrobeRun run_strobe(const StrobeCommand& run) {
  const double stolen_before = read_stolen_seconds();
  ChildProgram program(arguments_of(run),
                       {.folder = run.folder, .input = {}, .environment = {}, .file_size_limit = {}});
  StrobeRun result = read_run(run, program.finish(run.limit));
  result.stolen_s = read_stolen_seconds() - stolen_before;
  return result;
}

}  // namespace strobe::test
