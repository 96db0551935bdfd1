#include "heap/agent/process.h"

#include <sys/file.h>

#include <cstdlib>
#include <cstring>

#include "heap/agent/frame_rows.h"
#include "heap/agent/lock.h"
#include "heap/agent/system.h"
#include "heap/agent/thread.h"

extern "C" char** environ;

namespace strobe::heap::agent {

constinit Settings settings;

namespace {

// Of Process::state_; the memory of a forked child begins with `fresh`.
constexpr uint32_t kFresh = 0;
constexpr uint32_t kOpen = 1;
constexpr uint32_t kFailed = 2;

constexpr uint64_t kSampledSlots = 1 << 16;
constexpr uint64_t kAllSlots = 1 << 17;
constexpr uint64_t kSampledNodes = 1 << 17;
constexpr uint64_t kAllNodes = 1 << 21;
constexpr uint32_t kFirstNodes = 1 << 14;
/// Kept free in a ring that nobody waits for: threads that saw room at the same time.
constexpr uint64_t kSpareSlots = 2048;

std::atomic<Process*> process;  // its memory is cleared by a fork, this pointer is not
std::atomic<uint32_t> last_generation;

/// A number that goes on to the end of the word; 0: it is none, or too large.
uint64_t parse_interval(const char* word, const char* end) {
  uint64_t interval = 0;
  for (; word < end; ++word) {
    if (*word < '0' || *word > '9') return 0;
    interval = interval * 10 + static_cast<uint64_t>(*word - '0');
    if (interval > uint64_t{1} << 50) return 0;
  }
  return interval;
}

bool parse_settings() {
  const char* text = ::getenv(kFolderVariable);
  if (text == nullptr || text[0] != '/') return false;
  const char* end = ::strchrnul(text, ':');
  const auto length = static_cast<size_t>(end - text);
  if (length > Settings::kMaxFolder) return false;
  std::memcpy(settings.folder, text, length);
  uint64_t interval = 0;
  while (*end != '\0') {
    const char* word = end + 1;
    end = ::strchrnul(word, ':');
    if (::strcmp(word, kPythonWord) == 0) {  // the last one
      settings.python_allocators = true;
    } else if ((interval = parse_interval(word, end)) == 0) {
      return false;
    }
  }
  settings.interval_bytes = interval;
  settings.mode.store(interval == 0 ? Mode::all : Mode::sampled, std::memory_order_release);
  return true;
}

char* append_number(char* out, uint64_t number) {
  char digits[20];
  int count = 0;
  do {
    digits[count++] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  while (count > 0) *out++ = digits[--count];
  return out;
}

/// Appends to a text that has room for it.
char* append(char* out, const char* text) {
  const size_t length = ::strlen(text);
  std::memcpy(out, text, length + 1);
  return out + length;
}

/// Whether Strobe still reads: a file of a folder that it left would stay for ever.
bool is_strobe_there() {
  char path[Settings::kMaxFolder + 64];
  append(append(append(path, settings.folder), "/"), kAliveName);
  const long fd = system_call(SYS_openat, AT_FDCWD, as_word(path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return false;
  const bool locked = system_call(SYS_flock, fd, LOCK_SH | LOCK_NB) == -EWOULDBLOCK;
  system_call(SYS_close, fd);
  return locked;
}

/// A file of that size whose first part has its storage; mapped, without a descriptor that stays open.
void* map_new_file(int pid, size_t bytes, size_t bytes_at_once) {
  char path[Settings::kMaxFolder + 64];
  char* end = append(append(path, settings.folder), "/");
  end = append(append_number(end, static_cast<uint64_t>(pid)), "-");
  append(append_number(end, clock_ns()), kRingEnding);
  const long fd = system_call(SYS_openat, AT_FDCWD, as_word(path),
                              O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return nullptr;
  void* memory = nullptr;
  // Storage is taken at once: a page that cannot be had later would end the program by SIGBUS.
  if (system_call(SYS_ftruncate, fd, static_cast<long>(bytes)) == 0 &&
      system_call(SYS_fallocate, fd, 0, 0, static_cast<long>(bytes_at_once)) == 0) {
    const long got =
        system_call(SYS_mmap, 0, static_cast<long>(bytes), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (got > 0 || got < -4095) memory = reinterpret_cast<void*>(got);
  }
  if (memory == nullptr) system_call(SYS_unlinkat, AT_FDCWD, as_word(path), 0);
  system_call(SYS_close, fd);
  return memory;
}

}  // namespace

/// Makes the ring of a process that has none.
struct Opening {
  static Process* get_memory() {
    Process* self = process.load(std::memory_order_acquire);
    if (self != nullptr) return self;
    constexpr long kBytes = (sizeof(Process) + 4095) & ~long{4095};
    void* pages = get_pages(kBytes);
    if (pages == nullptr || system_call(SYS_madvise, as_word(pages), kBytes, MADV_WIPEONFORK) != 0) {
      return nullptr;
    }
    auto* made = static_cast<Process*>(pages);
    if (process.compare_exchange_strong(self, made)) return made;
    system_call(SYS_munmap, as_word(pages), kBytes);  // another thread was quicker
    return self;
  }

  static void read_environment() {
    find_frame_source();
    watch_thread_ends();
    parse_settings();
    settings.known = true;
  }

  static bool open_ring(Process& self, Mode mode) {
    const bool all = mode == Mode::all;
    const uint64_t slots = all ? kAllSlots : kSampledSlots;
    const uint64_t nodes = all ? kAllNodes : kSampledNodes;
    const auto pid = static_cast<int>(system_call(SYS_getpid));
    const size_t node_start = kHeaderBytes + slots * sizeof(Slot);
    auto* bytes = static_cast<char*>(
        map_new_file(pid, ring_bytes(slots, nodes), node_start + kFirstNodes * sizeof(Node)));
    if (bytes == nullptr) return false;
    auto* header = reinterpret_cast<RingHeader*>(bytes);
    header->mode = static_cast<uint32_t>(mode);
    header->pid = pid;
    header->interval_bytes = settings.interval_bytes;
    header->slot_count = slots;
    header->node_capacity = nodes;
    header->nodes_ready.store(kFirstNodes, std::memory_order_relaxed);
    header->started_ns = clock_ns();
    self.header_ = header;
    self.slots_ = reinterpret_cast<Slot*>(bytes + kHeaderBytes);
    self.slot_count_ = slots;
    self.generation_.store(last_generation.fetch_add(1) + 1, std::memory_order_relaxed);
    self.python_.open(*header);
    if (!self.nodes_.open(*header, reinterpret_cast<Node*>(bytes + node_start))) return false;
    header->magic.store(kMagic, std::memory_order_release);
    return true;
  }

  /// The first time in this program, and again in each child. Under its lock.
  static bool open(Process& self) {
    if (!settings.known) read_environment();
    const Mode mode = settings.mode.load(std::memory_order_acquire);
    if (settings.opened_once) keep_this_thread_only();
    settings.opened_once = true;
    const bool opened = mode != Mode::off && is_strobe_there() && open_ring(self, mode);
    // What a child inherited is not its to follow.
    release_filter.fill(opened && mode == Mode::all ? 1 : 0);
    if (!opened) settings.mode.store(Mode::off, std::memory_order_release);
    self.state_.store(opened ? kOpen : kFailed, std::memory_order_release);
    return opened;
  }
};

Process* Process::get_or_open() {
  Process* self = process.load(std::memory_order_acquire);
  if (self != nullptr && self->state_.load(std::memory_order_acquire) == kOpen) [[likely]]
    return self;
  if (settings.known && settings.mode.load(std::memory_order_acquire) == Mode::off) return nullptr;
  if (environ == nullptr) return nullptr;  // before the C library is ready: later
  const KeepErrno keep_errno;
  self = Opening::get_memory();
  if (self == nullptr) return nullptr;
  const Lock lock(self->opening_);
  if (!lock.held()) return nullptr;  // on the way to it
  if (self->state_.load(std::memory_order_acquire) == kOpen || Opening::open(*self)) return self;
  return nullptr;
}

Process* Process::get_if_open() {
  Process* self = process.load(std::memory_order_acquire);
  if (self != nullptr && self->state_.load(std::memory_order_acquire) == kOpen) [[likely]]
    return self;
  return nullptr;
}

uint32_t Process::find_stack(const CallSite& site) {
  Thread* thread = this_thread();
  FoundStack found{.node = StackNodes::kNone};
  if (thread != nullptr && !thread->busy) {
    thread->busy = true;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    const uint32_t generation = generation_.load(std::memory_order_acquire);
    if (thread->generation != generation) {
      thread->generation = generation;
      thread->count = 0;
      thread->mixed_count = 0;
    }
    found = agent::find_stack(*thread, site, nodes_, python_);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    thread->busy = false;
  }
  if (found.node == StackNodes::kNone) {
    header_->no_stacks.fetch_add(1, std::memory_order_relaxed);
  } else if (found.cut) {
    header_->cut_stacks.fetch_add(1, std::memory_order_relaxed);
  }
  return found.node;
}

void Process::tell(EventKind kind, const void* block, size_t size, uint32_t stack) {
  // First: it may allocate, which is told like anything else.
  const Thread* own = this_thread();
  const uint64_t thread = own != nullptr ? own->index : 0;
  const uint64_t consumed = header_->consumed.load(std::memory_order_acquire);
  if (settings.interval_bytes != 0 &&
      header_->reserved.load(std::memory_order_relaxed) - consumed >= slot_count_ - kSpareSlots) {
    count_lost();
    return;
  }
  const uint64_t number = header_->reserved.fetch_add(1, std::memory_order_relaxed);
  if (number - consumed >= slot_count_ && !wait_for_room(number)) {
    count_lost();
    return;
  }
  Slot& slot = slots_[number & (slot_count_ - 1)];
  slot.body.store((size < kSizeMask ? size : kSizeMask) | uint64_t{stack} << kStackShift,
                  std::memory_order_relaxed);
  slot.head.store((reinterpret_cast<uint64_t>(block) & kAddressMask) |
                      static_cast<uint64_t>(kind) << kKindShift | thread << kThreadShift |
                      phase_of(number, slot_count_) << kPhaseShift,
                  std::memory_order_release);
}

/// By looks and not by the clock: a program that is stopped, or whose machine sleeps, is not waiting.
bool Process::wait_for_room(uint64_t number) {
  uint64_t seen = 0;
  for (uint32_t looks = 0; looks < kMaxWaitMs; ++looks) {
    const uint64_t consumed = header_->consumed.load(std::memory_order_acquire);
    if (number - consumed < slot_count_) return true;
    if (settings.mode.load(std::memory_order_relaxed) == Mode::off) return false;
    if (header_->closed.load(std::memory_order_relaxed) != 0) {
      turn_off(OffReason::none);
      return false;
    }
    if (consumed != seen) looks = 0;
    seen = consumed;
    sleep_ms(1);
  }
  turn_off(OffReason::stalled);
  return false;
}

void Process::turn_off(OffReason reason) {
  uint32_t none = 0;
  header_->off_reason.compare_exchange_strong(none, static_cast<uint32_t>(reason));
  settings.mode.store(Mode::off, std::memory_order_release);
  state_.store(kFailed, std::memory_order_release);
  release_filter.fill(0);
}

void Process::begin_stacks_anew() {
  forget_rules();
  nodes_.begin_anew();
  Closing& closing = header_->closings[header_->closing_count.fetch_add(1) % kKeptClosings];
  closing.nodes.store(header_->node_count.load(std::memory_order_relaxed), std::memory_order_relaxed);
  closing.time_ns.store(clock_ns(), std::memory_order_release);
  generation_.store(last_generation.fetch_add(1) + 1, std::memory_order_release);
}

}  // namespace strobe::heap::agent
