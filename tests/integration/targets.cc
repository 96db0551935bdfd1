#include "targets.h"

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>

#include "report_checks.h"

namespace strobe::test {
namespace {

constexpr uid_t kNobody = 65534;

std::string status_line(const std::string& folder, const std::string& key) {
  std::ifstream file(folder + "/status");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(key, 0) == 0) return line.substr(key.size());
  }
  return {};
}

std::vector<std::string> task_folders(pid_t pid) {
  std::vector<std::string> folders;
  std::error_code ignored;
  for (const auto& task :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task", ignored)) {
    folders.push_back(task.path().string());
  }
  return folders;
}

std::string new_base(const std::string& folder) {
  static std::atomic<int> number{0};
  return folder + "/attach" + std::to_string(++number);
}

std::vector<std::string> arguments_of_attach(const AttachedStrobe::Setup& setup, const std::string& base) {
  std::vector<std::string> arguments = setup.wrapper;
  arguments.insert(arguments.end(),
                   {setup.strobe, "attach", "-o", base + ".strobe", "--json", base + ".json"});
  arguments.insert(arguments.end(), setup.options.begin(), setup.options.end());
  for (const pid_t pid : setup.pids) arguments.push_back(std::to_string(pid));
  return arguments;
}

ChildProgram::Options in_folder(const std::string& folder) {
  ChildProgram::Options options;
  options.folder = folder;
  return options;
}

}  // namespace

const char* name_of(Rights rights) {
  switch (rights) {
    case Rights::root:
      return "root";
    case Rights::perfmon:
      return "perfmon";
    case Rights::bpf:
      return "bpf";
    case Rights::ordinary_user:
      return "ordinary_user";
  }
  return "";
}

std::vector<std::string> wrapper_for(Rights rights) {
  if (rights == Rights::root || ::geteuid() != 0) return {};
  std::string sets = "-all";
  if (rights == Rights::perfmon) sets += ",+perfmon";
  if (rights == Rights::bpf) sets += ",+perfmon,+bpf";
  return {"setpriv",
          "--reuid=65534",
          "--regid=65534",
          "--clear-groups",
          "--inh-caps=" + sets,
          "--ambient-caps=" + sets,
          "--bounding-set=" + sets};
}

bool can_have(Rights rights) {
  if (::geteuid() != 0) return rights == Rights::ordinary_user;
  std::vector<std::string> command = wrapper_for(rights);
  command.emplace_back("true");
  return ChildProgram(command).finish().status == 0;
}

int perf_event_paranoid() {
  int value = 4;
  std::ifstream("/proc/sys/kernel/perf_event_paranoid") >> value;
  return value;
}

bool perf_is_allowed_for(Rights rights) {
  return rights == Rights::ordinary_user ? perf_event_paranoid() <= 2 : perf_is_allowed();
}

UserPlace::UserPlace(const std::string& folder, Rights rights)
    : path_(folder + "/" + name_of(rights)), owner_(wrapper_for(rights).empty() ? ::geteuid() : kNobody) {
  ::chmod(folder.c_str(), 0755);
  ::mkdir(path_.c_str(), 0755);
  if (::chown(path_.c_str(), owner_, owner_ == kNobody ? kNobody : ::getegid()) != 0) std::abort();
}

std::string UserPlace::bring(const std::string& program) const {
  const std::string copy = path_ + "/" + std::filesystem::path(program).filename().string();
  std::filesystem::copy_file(program, copy, std::filesystem::copy_options::skip_existing);
  ::chmod(copy.c_str(), 0755);
  return copy;
}

std::vector<pid_t> threads_of(pid_t pid) {
  std::vector<pid_t> threads;
  for (const std::string& task : task_folders(pid)) {
    threads.push_back(std::stoi(task.substr(task.rfind('/') + 1)));
  }
  return threads;
}

double cpu_seconds_of(pid_t pid) {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return -1;
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

bool wait_for_work(pid_t pid, double cpu_seconds) {
  const double goal = cpu_seconds_of(pid) + cpu_seconds;
  return wait_until([&] { return cpu_seconds_of(pid) >= goal; }) && cpu_seconds_of(pid) >= 0;
}

bool wait_until_blocked(pid_t pid, size_t threads, size_t running) {
  return wait_until([&] {
    size_t blocked = 0;
    const std::vector<std::string> tasks = task_folders(pid);
    for (const std::string& task : tasks) blocked += status_line(task, "State:\t")[0] == 'S' ? 1 : 0;
    return tasks.size() == threads && blocked == threads - running;
  });
}

void expect_unharmed(pid_t pid) {
  const std::vector<std::string> tasks = task_folders(pid);
  EXPECT_FALSE(tasks.empty()) << "process " << pid << " is gone";
  for (const std::string& task : tasks) {
    EXPECT_EQ(status_line(task, "TracerPid:\t"), "0") << task;
    const std::string state = status_line(task, "State:\t");
    EXPECT_TRUE(state.rfind('R', 0) == 0 || state.rfind('S', 0) == 0 || state.rfind('D', 0) == 0) << state;
  }
  std::error_code ignored;
  for (const auto& fd :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd", ignored)) {
    const std::string file = std::filesystem::read_symlink(fd.path(), ignored).string();
    EXPECT_EQ(file.find("perf_event"), std::string::npos) << fd.path();
  }
}

double seconds_with_kernel(const nlohmann::json& report, const std::string& function) {
  return amount_of(report, function, "total").seconds /
         (1 - amount_of(report, "[kernel, not sampled]").share);
}

AttachedStrobe::AttachedStrobe(const Setup& setup)
    : base_(new_base(setup.folder)), program_(arguments_of_attach(setup, base_), in_folder(setup.folder)) {}

bool AttachedStrobe::wait_until_recording() {
  const std::string folder = "/proc/" + std::to_string(program_.pid());
  return wait_until([&] { return status_line(folder, "NoNewPrivs:\t") == "1"; });
}

StrobeRun AttachedStrobe::finish() {
  StrobeRun run;
  run.program = program_.finish();
  run.recording = base_ + ".strobe";
  run.report = read_json(base_ + ".json");
  return run;
}

StrobeRun AttachedStrobe::interrupt() {
  program_.send(SIGINT);
  return finish();
}

void AttachedStrobe::expect_refusal(const std::vector<std::string>& words) {
  const ProgramResult result = program_.finish();
  EXPECT_EQ(result.status, 125) << result.err;
  for (const std::string& word : words) {
    EXPECT_NE(result.err.find(word), std::string::npos) << word << " is not in: " << result.err;
  }
  // The message, and the hint on a line of its own below.
  EXPECT_EQ(result.err.rfind("strobe: ", 0), 0U) << result.err;
  EXPECT_NE(result.err.find("\n  "), std::string::npos) << "no hint: " << result.err;
  EXPECT_EQ(result.out, "");
  const std::filesystem::path base(base_);
  for (const auto& entry : std::filesystem::directory_iterator(base.parent_path())) {
    EXPECT_NE(entry.path().filename().string().rfind(base.filename().string() + ".strobe", 0), 0U)
        << entry.path() << " was left";
  }
}

}  // namespace strobe::test
