// What procfs tells of a process that a test looks at, and how a test becomes an ordinary user.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

namespace strobe::test {

/// A line of /proc/PID/status, such as "State" or "PPid"; empty where there is none.
[[nodiscard]] inline std::string status_line(long pid, const std::string& name) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(name + ":\t", 0) == 0) return line.substr(name.size() + 2);
  }
  return {};
}

/// Stopped by a signal, traced or not.
[[nodiscard]] inline bool is_stopped(long pid) {
  const std::string state = status_line(pid, "State");
  return !state.empty() && (state[0] == 'T' || state[0] == 't');
}

/// CPU time that the main thread has used; 0 where it is gone.
[[nodiscard]] inline uint64_t cpu_ns_of(long pid) {
  uint64_t run_ns = 0;
  std::ifstream("/proc/" + std::to_string(pid) + "/schedstat") >> run_ns;
  return run_ns;
}

/// `wrapper`, then words that start a program as the user nobody, who may write to `folder` from now on.
/// Empty where this process may not do that.
[[nodiscard]] inline std::vector<std::string> as_ordinary_user(std::vector<std::string> wrapper,
                                                               const std::string& folder) {
  constexpr const char* kNobody = "65534";
  if (::geteuid() != 0 || ::chmod(folder.c_str(), 0777) != 0) return {};
  for (const char* word : {"setpriv", "--reuid", kNobody, "--regid", kNobody, "--clear-groups"}) {
    wrapper.emplace_back(word);
  }
  return wrapper;
}

}  // namespace strobe::test
