#include "integration_fixture.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace strobe::test {

bool perf_is_allowed() {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_TASK_CLOCK;
  attributes.exclude_kernel = 1;
  attributes.disabled = 1;
  const UniqueFd event(static_cast<int>(::syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0)));
  return static_cast<bool>(event);
}

void Integration::SetUp() { become_subreaper(); }

void Integration::TearDown() {
  std::vector<std::string> strays;
  // A process that is about to end is none: it has the time of a busy machine for it.
  const bool clean = wait_until([&] {
    strays = find_stray_processes();
    return strays.empty();
  });
  EXPECT_TRUE(clean) << "processes left behind: " << ::testing::PrintToString(strays);
  for (const std::string& stray : strays) ::kill(std::stoi(stray), SIGKILL);
}

StrobeCommand Integration::strobe_run(std::vector<std::string> command,
                                      std::vector<std::string> options) const {
  StrobeCommand run;
  run.strobe = kStrobe;
  run.folder = folder();
  run.options = std::move(options);
  run.command = std::move(command);
  return run;
}

ProgramResult Integration::strobe(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), kStrobe);
  ChildProgram::Options options;
  options.folder = folder();
  ChildProgram program(arguments, options);
  return program.finish();
}

nlohmann::json Integration::report_of(const std::string& recording) const {
  const ProgramResult result = strobe({"report", recording, "--json", "-"});
  EXPECT_EQ(result.status, 0) << result.err;
  nlohmann::json report = nlohmann::json::parse(result.out, nullptr, false);
  return report.is_discarded() ? nlohmann::json() : report;
}

}  // namespace strobe::test
