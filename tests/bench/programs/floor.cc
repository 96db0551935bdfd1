// floor RATE_HZ[+switches] COMMAND [ARG…]: what the kernel itself charges: runs COMMAND under a bare timer
// event (instruction pointer only, user mode) at RATE_HZ, inherited by its threads and children, and throws
// the samples away; with "+switches", also under the records of its switches. The cost of any sampler that is
// driven by a timer interrupt starts here.
#include <fcntl.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

constexpr size_t kRingBytes = size_t{1} << 20;

struct Ring {
  int event = -1;
  perf_event_mmap_page* page = nullptr;
};

// Inherited events cannot be mapped with cpu -1: one event and one ring per CPU.
Ring open_ring(pid_t pid, int cpu, uint64_t rate_hz, bool switches) {
  perf_event_attr attributes{};
  attributes.size = sizeof(attributes);
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_TASK_CLOCK;
  attributes.sample_period = 1000000000ull / rate_hz;
  attributes.sample_type = PERF_SAMPLE_IP;
  attributes.exclude_kernel = 1;
  attributes.inherit = 1;
  attributes.context_switch = switches;
  if (switches) {
    attributes.sample_type |= PERF_SAMPLE_TID | PERF_SAMPLE_TIME;
    attributes.sample_id_all = 1;
  }
  attributes.disabled = 1;
  attributes.enable_on_exec = 1;
  Ring ring;
  ring.event =
      static_cast<int>(syscall(SYS_perf_event_open, &attributes, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC));
  if (ring.event < 0) return ring;
  const size_t size = kRingBytes + static_cast<size_t>(sysconf(_SC_PAGESIZE));
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring.event, 0);
  if (memory != MAP_FAILED) ring.page = static_cast<perf_event_mmap_page*>(memory);
  return ring;
}

void discard(const Ring& ring) {
  const uint64_t head = __atomic_load_n(&ring.page->data_head, __ATOMIC_ACQUIRE);
  __atomic_store_n(&ring.page->data_tail, head, __ATOMIC_RELEASE);
}

int run_child(int gate, char** command) {
  char byte = 0;
  while (read(gate, &byte, 1) < 0 && errno == EINTR) {
  }
  execvp(command[0], command);
  std::perror(command[0]);
  return 127;
}

}  // namespace

int main(int argc, char** argv) {
  const uint64_t rate_hz = argc > 2 ? std::strtoull(argv[1], nullptr, 10) : 0;
  const bool switches = argc > 2 && std::strstr(argv[1], "+switches") != nullptr;
  if (rate_hz == 0) {
    std::fprintf(stderr, "usage: %s RATE_HZ[+switches] COMMAND [ARG...]\n", argv[0]);
    return 2;
  }
  int gate[2];
  if (pipe2(gate, O_CLOEXEC) != 0) return 1;
  const pid_t child = fork();
  if (child < 0) return 1;
  if (child == 0) {
    close(gate[1]);
    _exit(run_child(gate[0], argv + 2));
  }
  close(gate[0]);
  std::vector<Ring> rings;
  for (int cpu = 0; cpu < sysconf(_SC_NPROCESSORS_CONF); ++cpu) {
    const Ring ring = open_ring(child, cpu, rate_hz, switches);
    if (ring.page != nullptr) rings.push_back(ring);
  }
  if (rings.empty()) std::fprintf(stderr, "floor: no perf events: %s\n", std::strerror(errno));
  close(gate[1]);  // the child goes
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    poll(nullptr, 0, 20);
    for (const Ring& ring : rings) discard(ring);
  }
  if (rings.empty()) return 1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
