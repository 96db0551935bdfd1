// The BPF program by libbpf, which this file alone includes. The program's object file is compiled in.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sampling/bpf/python_program.h"

namespace strobe::sampling::bpf {
namespace {

alignas(8) constexpr unsigned char kObject[] = {
#include "python_walk_object.inc"
};

constexpr std::array kForms = {"walk_python", "walk_python_unrolled"};
// PROC_PID_INIT_INO of include/linux/proc_ns.h: the first PID namespace, whose ids are the kernel's own.
constexpr ino_t kFirstPidNamespace = 0xEFFFFFFC;

struct CloseObject {
  void operator()(bpf_object* object) const { bpf_object__close(object); }
};
struct FreeRing {
  void operator()(ring_buffer* ring) const { ring_buffer__free(ring); }
};
using Object = std::unique_ptr<bpf_object, CloseObject>;
using Ring = std::unique_ptr<ring_buffer, FreeRing>;

tl::unexpected<Error> make_load_error(int sys_errno) {
  const bool refused = sys_errno == EPERM;
  return tl::unexpected(make_errno_error(
      sys_errno, "load the BPF program that reads Python's frames",
      refused ? "it needs root, or CAP_BPF and CAP_PERFMON" : "this kernel may be too old (Linux 5.15)"));
}

struct PidNamespace {
  PythonWord device = 0, inode = 0;
  bool operator==(const PidNamespace&) const = default;
};

/// As bpf_get_ns_current_pid_tgid wants it: the kernel's own form of a device number.
std::optional<PidNamespace> read_pid_namespace(const std::string& process) {
  struct stat found {};
  if (::stat(("/proc/" + process + "/ns/pid").c_str(), &found) != 0) return std::nullopt;
  constexpr unsigned kMinorBits = 20;
  return PidNamespace{.device = PythonWord{major(found.st_dev)} << kMinorBits | minor(found.st_dev),
                      .inode = found.st_ino};
}

/// The program in one form, checked by the kernel. `walks` has an entry for each CPU.
Result<Object> load_form(const char* form, const PidNamespace& own) {
  Object object(bpf_object__open_mem(&kObject[0], sizeof kObject, nullptr));
  if (!object) return make_load_error(errno);
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object.get()) {
    bpf_program__set_autoload(program, std::strcmp(bpf_program__name(program), form) == 0);
  }
  const int cpus = libbpf_num_possible_cpus();
  bpf_map* walks = bpf_object__find_map_by_name(object.get(), "walks");
  bpf_map* constants = bpf_object__find_map_by_name(object.get(), ".rodata");
  if (cpus <= 0 || walks == nullptr || constants == nullptr) return make_load_error(EINVAL);
  bpf_map__set_max_entries(walks, static_cast<uint32_t>(cpus));
  PythonWalkSettings settings{};
  if (own.inode != kFirstPidNamespace) {
    settings = {.pid_namespace_device = own.device, .pid_namespace_inode = own.inode};
  }
  if (const int failed = bpf_map__set_initial_value(constants, &settings, sizeof settings); failed != 0) {
    return make_load_error(-failed);
  }
  if (const int failed = bpf_object__load(object.get()); failed != 0) return make_load_error(-failed);
  return object;
}

int hand_out(void* context, void* data, size_t size) {
  PythonRecord record;
  if (size < sizeof record) return 0;
  std::memcpy(&record, data, sizeof record);
  const size_t room = (size - sizeof record) / sizeof(RawPythonFrame);
  if (record.frame_count > room) return 0;
  // Records begin at multiples of 8, and so does what follows the header.
  static_assert(sizeof record % alignof(RawPythonFrame) == 0);
  const auto* frames =
      reinterpret_cast<const RawPythonFrame*>(static_cast<const std::byte*>(data) + sizeof record);
  static_cast<PythonRecordSink*>(context)->on_python(record, {frames, record.frame_count});
  return 0;
}

class LoadedProgram final : public PythonProgram {
 public:
  /// `form` is the program's name in the object.
  LoadedProgram(Object object, const char* form, PidNamespace own)
      : object_(std::move(object)),
        program_(bpf_program__fd(bpf_object__find_program_by_name(object_.get(), form))),
        processes_(map_fd("processes")),
        lost_(map_fd("lost")),
        own_(own) {}

  Result<void> open_ring();
  Result<void> attach(const UniqueFd& event) const override;
  Result<void> watch(const PythonTarget& target) override;
  void forget(pid_t pid) override;
  void drain(PythonRecordSink& sink) override;
  [[nodiscard]] int wake_fd() const override { return map_fd("records"); }
  [[nodiscard]] uint64_t lost() const override;

 private:
  [[nodiscard]] int map_fd(const char* name) const {
    return bpf_object__find_map_fd_by_name(object_.get(), name);
  }
  static int on_record(void* context, void* data, size_t size) {
    return hand_out(static_cast<LoadedProgram*>(context)->sink_, data, size);
  }

  Object object_;
  Ring ring_;  // over one of its maps
  int program_;
  int processes_;
  int lost_;
  PidNamespace own_;
  PythonWord generation_ = 0;
  PythonRecordSink* sink_ = nullptr;  // during drain()
};

Result<void> LoadedProgram::open_ring() {
  ring_.reset(ring_buffer__new(map_fd("records"), on_record, this, nullptr));
  if (!ring_) return make_load_error(errno);
  return {};
}

Result<void> LoadedProgram::attach(const UniqueFd& event) const {
  if (::ioctl(event.get(), PERF_EVENT_IOC_SET_BPF, program_) != 0) {
    return from_errno("attach a BPF program to a perf event");
  }
  return {};
}

Result<void> LoadedProgram::watch(const PythonTarget& target) {
  auto process = make_python_process(target);
  if (!process) return pass(std::move(process));
  const auto names = read_pid_namespace(std::to_string(target.pid));
  if (!names) return from_errno("look at the PID namespace of process " + std::to_string(target.pid));
  if (*names != own_ || (own_.inode != kFirstPidNamespace)) {
    process->pid_namespace_device = names->device;
    process->pid_namespace_inode = names->inode;
  }
  process->generation = ++generation_;
  const auto key = static_cast<uint32_t>(target.pid);
  if (const int failed = bpf_map_update_elem(processes_, &key, &*process, BPF_ANY); failed != 0) {
    return tl::unexpected(make_errno_error(-failed, "watch a Python process by BPF"));
  }
  return {};
}

void LoadedProgram::forget(pid_t pid) {
  const auto key = static_cast<uint32_t>(pid);
  bpf_map_delete_elem(processes_, &key);
}

void LoadedProgram::drain(PythonRecordSink& sink) {
  sink_ = &sink;
  ring_buffer__consume(ring_.get());
  sink_ = nullptr;
}

uint64_t LoadedProgram::lost() const {
  std::vector<uint64_t> by_cpu(static_cast<size_t>(libbpf_num_possible_cpus()));
  const uint32_t zero = 0;
  if (bpf_map_lookup_elem(lost_, &zero, by_cpu.data()) != 0) return 0;
  uint64_t sum = 0;
  for (const uint64_t count : by_cpu) sum += count;
  return sum;
}

}  // namespace

Result<std::unique_ptr<PythonProgram>> load_python_program(PythonProgramForm form) {
  libbpf_set_print(nullptr);  // a library does not print
  const auto own = read_pid_namespace("self");
  if (!own) return from_errno("look at the own PID namespace");
  Error first;
  for (size_t i = form == PythonProgramForm::best ? 0 : 1; i < kForms.size(); ++i) {
    auto object = load_form(kForms[i], *own);
    if (!object) {
      first = object.error();
      if (first.sys_errno == EPERM) break;
      continue;
    }
    auto loaded = std::make_unique<LoadedProgram>(std::move(*object), kForms[i], *own);
    if (auto ring = loaded->open_ring(); !ring) return pass(std::move(ring));
    return std::unique_ptr<PythonProgram>(std::move(loaded));
  }
  return tl::unexpected(std::move(first));
}

}  // namespace strobe::sampling::bpf
