#include "support/run_builder.h"

namespace strobe::test {
namespace {

constexpr double kMiB = 1024 * 1024;

analyze::FunctionOfRun function_of(const std::string& name, uint32_t line, double self, double total) {
  analyze::FunctionOfRun function;
  function.function = {.name = name,
                       .file = "/home/me/work.py",
                       .line = line,
                       .module = "/usr/bin/python3.11",
                       .language = Language::python};
  function.self = {self, {self * 0.95, self * 1.05}};
  function.total = {total, {total * 0.95, total * 1.05}};
  return function;
}

void set_state(analyze::RunSummary& run, ThreadState state, double seconds) {
  run.facts.states[static_cast<size_t>(state)] = seconds;
  run.facts.working_states[static_cast<size_t>(state)] = seconds;
}

void add_thread_facts(analyze::RunSummary& run) {
  const double wall = run.facts.wall_seconds;
  run.facts.working_threads = 4;
  run.facts.threads = 5;
  run.facts.working_seconds = 4 * wall;
  run.facts.thread_seconds = 5 * wall;
  run.facts.has_states = run.made.wall = true;
  set_state(run, ThreadState::on_cpu, 1.02 * wall);
  set_state(run, ThreadState::gil, 2.84 * wall);
  set_state(run, ThreadState::runnable, 0.14 * wall);
  run.facts.states[static_cast<size_t>(ThreadState::cond)] = wall;  // the main thread joins
  run.facts.pss_peak_bytes = 46 * kMiB;
  run.facts.pss_mean_bytes = 44 * kMiB;
  run.facts.rss_peak_bytes = 48 * kMiB;
  run.facts.startup_seconds = 0.021;
  const analyze::FunctionOfRun compute = function_of("compute", 12, 0.9 * wall, 0.95 * wall);
  run.functions = {compute, function_of("main", 40, 0.01, 0.96 * wall)};
  run.waits = {{ThreadState::gil, compute.function, 2.8 * wall}};
}

void add_process_facts(analyze::RunSummary& run) {
  const double wall = run.facts.wall_seconds;
  run.facts.processes = 5;
  run.facts.working_processes = 4;
  run.facts.working_threads = 4;
  run.facts.threads = 8;
  run.facts.working_seconds = 4 * wall;
  run.facts.thread_seconds = 8 * wall;
  run.facts.has_states = run.made.wall = true;
  set_state(run, ThreadState::on_cpu, 1.93 * wall);
  set_state(run, ThreadState::runnable, 1.9 * wall);
  set_state(run, ThreadState::io, 0.17 * wall);
  run.facts.states[static_cast<size_t>(ThreadState::io)] += 4 * wall;  // the parent waits for results
  run.facts.pss_peak_bytes = 142 * kMiB;
  run.facts.pss_mean_bytes = 120 * kMiB;
  run.facts.rss_peak_bytes = 190 * kMiB;
  run.facts.startup_seconds = 0.059;
  run.facts.copying_seconds = 0.012;
  run.functions = {function_of("compute", 12, 1.75 * wall, 1.8 * wall), function_of("main", 40, 0.01, 0.02),
                   function_of("send_result", 52, 0.05 * wall, 0.06 * wall)};
}

}  // namespace

analyze::RunSummary make_run(double wall_seconds, double parallelism) {
  analyze::RunSummary run;
  run.facts.wall_seconds = wall_seconds;
  run.facts.cpu_seconds = wall_seconds * parallelism;
  run.facts.user_seconds = 0.9 * run.facts.cpu_seconds;
  run.facts.system_seconds = run.facts.cpu_seconds - run.facts.user_seconds;
  run.facts.parallelism = parallelism;
  run.facts.thread_seconds = run.facts.working_seconds = wall_seconds;
  run.facts.processes = run.facts.threads = run.facts.working_threads = run.facts.working_processes = 1;
  run.facts.exit_status = 0;
  run.made = {.hostname = "host",
              .kernel = "6.1.0",
              .engine = "perf",
              .strobe_version = "0.1.0",
              .period_ns = 999'983,
              .rate_hz = 1000,
              .kernel_sampled = true};
  return run;
}

analyze::VariantRuns make_variant(const std::string& name, const std::vector<double>& walls,
                                  double parallelism) {
  analyze::VariantRuns variant{.name = name, .command = "./" + name, .runs = {}};
  for (const double wall : walls) variant.runs.push_back(make_run(wall, parallelism));
  return variant;
}

std::vector<analyze::VariantRuns> threads_and_processes() {
  std::vector<analyze::VariantRuns> variants = {
      make_variant("threads", {2.05, 2.07, 2.04, 2.06, 2.09, 2.05}, 1.02),
      make_variant("processes", {1.10, 1.09, 1.11, 1.10, 1.12, 1.10}, 1.93)};
  variants[0].command = "python3 work.py threads";
  variants[1].command = "python3 work.py processes";
  for (analyze::RunSummary& run : variants[0].runs) add_thread_facts(run);
  for (analyze::RunSummary& run : variants[1].runs) add_process_facts(run);
  return variants;
}

}  // namespace strobe::test
