#include "workflow/examine.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <utility>

#include "os/own_facts.h"
#include "os/probe_process.h"
#include "os/proc_tasks.h"
#include "os/procfs.h"
#include "sampling/bpf/probe_bpf.h"
#include "sampling/probe.h"

namespace strobe::workflow {
namespace {

AccessFacts examine_kin(os::Kinship kinship) {
  const auto process = os::ProbeProcess::start(kinship);
  if (!process) return {};
  return {.sample = sampling::probe_process_sampling(process->pid()).sample,
          .read = process->try_read(),
          .trace = process->try_trace()};
}

uint64_t parse_number(std::string_view text, int base) {
  uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, base);
  return value;
}

/// The second of the four user ids: the effective one.
std::optional<uint32_t> effective_user(std::string_view ids) {
  const size_t tab = ids.find('\t');
  if (tab == std::string_view::npos) return std::nullopt;
  return static_cast<uint32_t>(parse_number(ids.substr(tab + 1), 10));
}

Attempt try_open(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (fd) return {Attempt::Outcome::worked};
  return {Attempt::Outcome::refused, errno};
}

bool is_32_bit_program(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  std::array<char, 5> head{};
  if (!fd || ::read(fd.get(), head.data(), head.size()) != static_cast<ssize_t>(head.size())) return false;
  return std::string_view(head.data(), 4) ==
             "\x7f"
             "ELF" &&
         head[4] == 1;  // ELFCLASS32
}

void read_status(TargetFacts& target, const std::string& folder, const MachineFacts& machine) {
  const auto status = os::read_proc_file(folder + "/status");
  if (!status) return;
  const auto line = [&](std::string_view name) { return os::find_status_value(*status, name); };
  target.user_id = effective_user(line("Uid"));
  target.tracer_pid = static_cast<int32_t>(parse_number(line("TracerPid"), 10));
  target.stopped = line("State").starts_with('T');
  target.threads = parse_number(line("Threads"), 10);
  target.other_pid_namespace = line("NSpid").find('\t') != std::string_view::npos;
  target.more_capabilities = (parse_number(line("CapPrm"), 16) & ~machine.own.capabilities) != 0;
  struct stat info {};
  const bool is_roots = ::stat((folder + "/maps").c_str(), &info) == 0 && info.st_uid == 0;
  target.not_dumpable = is_roots && target.user_id.value_or(0) != 0;  // proc(5): then root owns its files
}

}  // namespace

MachineFacts examine_machine(const ExamineOptions& options) {
  MachineFacts facts;
  utsname names{};
  if (::uname(&names) == 0) {
    facts.kernel_release = names.release;
    facts.architecture = names.machine;
  }
  facts.cpus = os::list_online_cpus().size();
  facts.own = os::read_own_facts();
  facts.settings = os::read_settings();
  const os::TracepointNumber tracepoint = os::read_switch_tracepoint();
  facts.tracefs = tracepoint.read;
  facts.perf = sampling::probe_perf(tracepoint.id);
  facts.child = examine_kin(os::Kinship::child);
  facts.other = examine_kin(os::Kinship::orphan);
  facts.kernel_addresses_visible = os::kernel_addresses_are_visible();
  facts.bpf = sampling::bpf::try_load_program();
  facts.debuginfod_library = os::has_debuginfod_library();
  facts.debuginfod_urls = options.debuginfod_urls;
  facts.cache.path = options.cache_directory;
  if (!facts.cache.path.empty()) facts.cache.write = os::try_write_folder(facts.cache.path);
  facts.recordings = {.path = ".", .write = os::try_write_folder(".")};
  facts.terminal = options.terminal;
  return facts;
}

Result<TargetFacts> examine_target(pid_t pid, const MachineFacts& machine) {
  if (auto checked = os::check_target(pid); !checked) return pass(std::move(checked));
  TargetFacts target;
  target.pid = pid;
  const std::string folder = "/proc/" + std::to_string(pid);
  if (auto command = os::read_comm(pid, pid)) target.command = std::move(*command);
  read_status(target, folder, machine);
  if (target.tracer_pid != 0) {
    if (auto command = os::read_comm(target.tracer_pid, target.tracer_pid)) {
      target.tracer_command = std::move(*command);
    }
  }
  const sampling::ProcessSampling sampling = sampling::probe_process_sampling(pid);
  target.access = {.sample = sampling.sample, .read = os::try_read_memory(pid), .trace = os::try_seize(pid)};
  target.kernel_sampled = sampling.kernel;
  target.maps = try_open(folder + "/maps");
  target.program_file = try_open(folder + "/exe");
  target.is_32_bit = is_32_bit_program(folder + "/exe");
  return target;
}

}  // namespace strobe::workflow
