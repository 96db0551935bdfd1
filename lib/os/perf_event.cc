#include "os/perf_event.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "os/hints.h"

namespace strobe::os {
namespace {

size_t page_bytes() { return static_cast<size_t>(::sysconf(_SC_PAGESIZE)); }

std::string refusal_hint(int sys_errno) {
  switch (sys_errno) {
    case EPERM:  // the kernel's own refusal is EACCES
      return "a seccomp filter (of a container or sandbox) refuses perf events: allow them there, as "
             "docker run --cap-add PERFMON does" +
             doctor_hint();
    case EACCES:
      return "allow perf events: kernel.perf_event_paranoid at 2 or less, CAP_PERFMON, or root" +
             doctor_hint();
    case EMFILE:
    case ENFILE:
      return "raise the limit of open files (ulimit -n)";
    default:
      return {};
  }
}

}  // namespace

Result<UniqueFd> open_perf_event(const perf_event_attr& attr, pid_t pid, int cpu) {
  const long fd = ::syscall(SYS_perf_event_open, &attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
  if (fd >= 0) return UniqueFd(static_cast<int>(fd));
  const int sys_errno = errno;
  return tl::unexpected(make_errno_error(sys_errno, "perf_event_open", refusal_hint(sys_errno)));
}

Result<void> redirect_perf_output(const UniqueFd& event, const UniqueFd& ring_owner) {
  if (::ioctl(event.get(), PERF_EVENT_IOC_SET_OUTPUT, ring_owner.get()) != 0) {
    return from_errno("redirect a perf event into a ring");
  }
  return {};
}

void disable_perf_event(const UniqueFd& event) { ::ioctl(event.get(), PERF_EVENT_IOC_DISABLE, 0); }

void enable_perf_event(const UniqueFd& event) { ::ioctl(event.get(), PERF_EVENT_IOC_ENABLE, 0); }

void set_perf_period(const UniqueFd& event, uint64_t period_ns) {
  ::ioctl(event.get(), PERF_EVENT_IOC_PERIOD, &period_ns);
}

Result<uint64_t> read_perf_event_id(const UniqueFd& event) {
  uint64_t id = 0;
  if (::ioctl(event.get(), PERF_EVENT_IOC_ID, &id) != 0) return from_errno("read a perf event's id");
  return id;
}

Result<uint64_t> read_perf_count(const UniqueFd& event) {
  uint64_t count = 0;
  const ssize_t size = ::read(event.get(), &count, sizeof count);
  if (size < 0) return from_errno("read a perf event's count");
  if (size != sizeof count) return fail(ErrorCode::io, "read a perf event's count: short read");
  return count;
}

int read_perf_event_paranoid() {
  constexpr int kUnknown = 99;
  const UniqueFd file(::open("/proc/sys/kernel/perf_event_paranoid", O_RDONLY | O_CLOEXEC));
  char text[16] = {};
  if (!file || ::read(file.get(), text, sizeof text - 1) <= 0) return kUnknown;
  return std::atoi(text);
}

Result<PerfRing> PerfRing::map(const UniqueFd& event, size_t data_bytes) {
  const size_t page = page_bytes();
  void* base = ::mmap(nullptr, page + data_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, event.get(), 0);
  if (base == MAP_FAILED) {
    return from_errno("map a perf ring", "raise the limit of locked memory (ulimit -l)");
  }
  auto* bytes = static_cast<std::byte*>(base);
  return PerfRing(static_cast<perf_event_mmap_page*>(base), Bytes(bytes + page, data_bytes));
}

PerfRing::PerfRing(PerfRing&& other) noexcept
    : control_(std::exchange(other.control_, nullptr)), data_(std::exchange(other.data_, {})) {}

PerfRing& PerfRing::operator=(PerfRing&& other) noexcept {
  if (this != &other) {
    unmap();
    control_ = std::exchange(other.control_, nullptr);
    data_ = std::exchange(other.data_, {});
  }
  return *this;
}

PerfRing::~PerfRing() { unmap(); }

void PerfRing::unmap() {
  if (control_ != nullptr) ::munmap(control_, page_bytes() + data_.size());
  control_ = nullptr;
  data_ = {};
}

uint64_t PerfRing::read_head() const {
  // Pairs with the kernel's smp_wmb() before it stores data_head: the records before it are then complete.
  static_assert(sizeof(control_->data_head) == sizeof(uint64_t));
  return control_ == nullptr ? 0 : __atomic_load_n(&control_->data_head, __ATOMIC_ACQUIRE);
}

uint64_t PerfRing::read_tail() const {
  return control_ == nullptr ? 0 : __atomic_load_n(&control_->data_tail, __ATOMIC_ACQUIRE);
}

void PerfRing::release_until(uint64_t position) {
  // Pairs with the kernel's control dependency on data_tail: our reads end before it may overwrite.
  if (control_ != nullptr) __atomic_store_n(&control_->data_tail, position, __ATOMIC_RELEASE);
}

}  // namespace strobe::os
