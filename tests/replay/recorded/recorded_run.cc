#include "recorded_run.h"

#include <unistd.h>

#include <utility>

#include "base/clock.h"
#include "os/launch.h"
#include "sampling/perf/perf_engine.h"

namespace strobe::test {

namespace {

constexpr int kPollTimeoutMs = 1;  // the recorder's where stacks go beyond their copies

}  // namespace

RecordedRun::RecordedRun(SampleVisitor visitor)
    : visitor_(std::move(visitor)),
      modules_(strings_),
      tracker_(strings_, modules_, monotonic_now_ns(), /*redact_arguments=*/true) {}

Result<Quality> RecordedRun::run(const std::string& command, const sampling::EngineOptions& options,
                                 uint64_t max_samples) {
  auto child = os::LaunchedProcess::prepare({"/bin/sh", "-c", command + " >/dev/null 2>&1"});
  if (!child) return pass(std::move(child));
  const sampling::EngineTarget target{.pids = {child->pid()}, .launched = true};
  auto engine = sampling::make_perf_engine(options, target);
  if (!engine) return pass(std::move(engine));
  if (auto started = (*engine)->start(target, *this); !started) return pass(std::move(started));
  auto failed = child->release();
  if (!failed) return pass(std::move(failed));
  if (*failed) return tl::unexpected<Error>((*failed)->error);
  while (!(*engine)->targets_gone() && samples_ < max_samples) {
    if (auto polled = (*engine)->poll(*this, kPollTimeoutMs); !polled) return pass(std::move(polled));
  }
  if (auto finished = (*engine)->finish(*this); !finished) return pass(std::move(finished));
  if (auto ended = child->reap(); !ended) return pass(std::move(ended));
  Quality quality;
  (*engine)->describe(quality);
  return quality;
}

void RecordedRun::on_sample(const RawSample& sample) {
  ++samples_;
  record::ProcessState& process = tracker_.process(sample.pid, sample.time_ns);
  if (process.starting_program && sample.has_registers) {
    // As the recorder does it: inside of exec there is no user stack, and the registers are the old
    // program's.
    if (process.space.find(RuntimeAddr{sample.registers.value[x86_64::kRip]}) != nullptr) {
      process.starting_program = false;
    } else if (!sample.kernel_frames.empty()) {
      return;
    }
  }
  visitor_({.sample = sample, .space = process.space, .live = process.memory ? &*process.memory : nullptr});
}

std::string workload_command(const std::string& name_and_arguments) {
  return "exec " STROBE_WORKLOADS "/" + name_and_arguments;
}

std::vector<std::string> installed_program_commands() {
  const struct {
    const char* path;
    const char* command;
  } programs[] = {
      {"/usr/bin/gzip", "head -c 20000000 /dev/urandom | /usr/bin/gzip -9"},
      {"/usr/bin/sqlite3",
       "/usr/bin/sqlite3 :memory: 'with recursive n(i) as (select 1 union all select i+1 from n where "
       "i<400000) "
       "select count(*), sum(length(hex(i))) from n order by 1'"},
      {"/usr/bin/python3",
       "/usr/bin/python3 -c 'print(sorted(str(i*7919%99991) for i in range(400000))[:3], "
       "len(repr([[j]*3 for j in range(100000)])))'"},
  };
  std::vector<std::string> commands;
  for (const auto& program : programs) {
    if (::access(program.path, X_OK) == 0) commands.emplace_back(program.command);
  }
  return commands;
}

}  // namespace strobe::test
