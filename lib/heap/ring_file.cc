#include "heap/ring_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <cstring>
#include <utility>

namespace strobe::heap {
namespace {

constexpr uint64_t kMaxSlots = uint64_t{1} << 22;
constexpr uint64_t kMaxNodes = uint64_t{1} << 24;  // as a slot can name
constexpr uint64_t kMoreNodes = 1 << 16;           // 1 MiB

}  // namespace

Result<std::optional<RingFile>> RingFile::open(const std::string& path) {
  RingFile ring;
  ring.fd_ = UniqueFd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!ring.fd_) return from_errno("open " + path);
  struct stat info {};
  if (::fstat(ring.fd_.get(), &info) != 0) return from_errno("look at " + path);
  if (!S_ISREG(info.st_mode)) return fail(ErrorCode::malformed, path + " is no file");
  const auto bytes = static_cast<size_t>(info.st_size);
  if (bytes < kHeaderBytes) return std::optional<RingFile>();
  if (bytes > ring_bytes(kMaxSlots, kMaxNodes)) return fail(ErrorCode::malformed, path + " is too large");
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd_.get(), 0);
  if (memory == MAP_FAILED) return from_errno("map " + path);
  ring.header_ = static_cast<RingHeader*>(memory);
  ring.bytes_ = bytes;
  auto ready = ring.take_header(bytes);
  if (!ready) return fail(ErrorCode::malformed, path + ": " + ready.error().what);
  if (!*ready) return std::optional<RingFile>();
  return std::optional<RingFile>(std::move(ring));
}

Result<bool> RingFile::take_header(size_t file_bytes) {
  const RingHeader& header = *header_;
  const uint64_t magic = header.magic.load(std::memory_order_acquire);
  if (magic == 0) return false;
  if (magic != kMagic) return fail(ErrorCode::malformed, "no ring of this version");
  slot_count_ = header.slot_count;
  node_capacity_ = header.node_capacity;
  if (!std::has_single_bit(slot_count_) || slot_count_ > kMaxSlots || node_capacity_ > kMaxNodes ||
      ring_bytes(slot_count_, node_capacity_) != file_bytes) {
    return fail(ErrorCode::malformed, "its sizes do not fit the file");
  }
  slot_bits_ = std::countr_zero(slot_count_);
  const uint32_t mode = header.mode;
  if (mode != static_cast<uint32_t>(Mode::sampled) && mode != static_cast<uint32_t>(Mode::all)) {
    return fail(ErrorCode::malformed, "unknown mode");
  }
  mode_ = static_cast<Mode>(mode);
  pid_ = header.pid;
  interval_bytes_ = header.interval_bytes;
  started_ns_ = header.started_ns;
  nodes_ready_ = std::min<uint64_t>(header.nodes_ready.load(std::memory_order_relaxed), node_capacity_);
  if (mode_ == Mode::sampled && interval_bytes_ == 0) return fail(ErrorCode::malformed, "no interval");
  auto* start = reinterpret_cast<char*>(header_);
  slots_ = reinterpret_cast<const Slot*>(start + kHeaderBytes);
  nodes_ = reinterpret_cast<const Node*>(start + kHeaderBytes + slot_count_ * sizeof(Slot));
  return true;
}

RingFile::RingFile(RingFile&& other) noexcept
    : fd_(std::move(other.fd_)),
      header_(std::exchange(other.header_, nullptr)),
      bytes_(other.bytes_),
      slots_(other.slots_),
      nodes_(other.nodes_),
      slot_count_(other.slot_count_),
      slot_bits_(other.slot_bits_),
      node_capacity_(other.node_capacity_),
      nodes_ready_(other.nodes_ready_),
      nodes_seen_(other.nodes_seen_),
      consumed_(other.consumed_),
      pid_(other.pid_),
      mode_(other.mode_),
      interval_bytes_(other.interval_bytes_),
      started_ns_(other.started_ns_) {}

RingFile::~RingFile() {
  if (header_ != nullptr) ::munmap(header_, bytes_);
}

Event RingFile::decode(uint64_t head, uint64_t body) {
  return {.kind = static_cast<EventKind>(head >> kKindShift & kKindMask),
          .thread = static_cast<uint32_t>(head >> kThreadShift & kThreadMask),
          .stack = static_cast<uint32_t>(body >> kStackShift),
          .address = head & kAddressMask,
          .size = body & kSizeMask};
}

uint64_t RingFile::reserved() const { return header_->reserved.load(std::memory_order_acquire); }

void RingFile::publish() { header_->consumed.store(consumed_, std::memory_order_release); }

uint32_t RingFile::node_count() const {
  return static_cast<uint32_t>(
      std::min<uint64_t>(header_->node_count.load(std::memory_order_acquire), nodes_ready_));
}

void RingFile::provide_nodes() {
  if (node_count() + kMoreNodes / 4 < nodes_ready_ || nodes_ready_ == node_capacity_) return;
  const uint64_t more = std::min(kMoreNodes, node_capacity_ - nodes_ready_);
  const size_t begin = kHeaderBytes + slot_count_ * sizeof(Slot) + nodes_ready_ * sizeof(Node);
  const int status =
      ::fallocate(fd_.get(), 0, static_cast<off_t>(begin), static_cast<off_t>(more * sizeof(Node)));
  if (status != 0) return;  // the agent counts stacks that it has no room for
  nodes_ready_ += more;
  header_->nodes_ready.store(static_cast<uint32_t>(nodes_ready_), std::memory_order_release);
}

uint32_t RingFile::nodes_gone_by(uint64_t time_ns) const {
  uint32_t nodes = 0;
  for (const Closing& closing : header_->closings) {
    const uint64_t closed_ns = closing.time_ns.load(std::memory_order_acquire);
    if (closed_ns == 0 || closed_ns > time_ns) continue;
    nodes = std::max(nodes, closing.nodes.load(std::memory_order_relaxed));
  }
  return std::min(nodes, node_count());
}

uint64_t RingFile::lost() const { return header_->lost.load(std::memory_order_relaxed); }
uint64_t RingFile::cut_stacks() const { return header_->cut_stacks.load(std::memory_order_relaxed); }
uint64_t RingFile::no_stacks() const { return header_->no_stacks.load(std::memory_order_relaxed); }

void RingFile::tell_python(const PythonWalkLayout& layout) {
  static_assert(sizeof layout <= kMaxPythonLayout);
  std::memcpy(header_->python_layout, &layout, sizeof layout);
  header_->python_ready.store(1, std::memory_order_release);
}

OffReason RingFile::off_reason() const {
  const uint32_t reason = header_->off_reason.load(std::memory_order_relaxed);
  return reason <= static_cast<uint32_t>(OffReason::no_storage) ? static_cast<OffReason>(reason)
                                                                : OffReason::none;
}

}  // namespace strobe::heap
