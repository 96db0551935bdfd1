#include "sampling/perf/ring_set.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>

#include "sampling/perf/event_attributes.h"

namespace strobe::sampling {
namespace {

size_t smallest_bytes() { return static_cast<size_t>(::sysconf(_SC_PAGESIZE)) * 8; }

constexpr uint64_t kReleaseStepBytes = uint64_t{256} * 1024;
constexpr uint32_t kEveryRecord = 1;            // byte is enough to wake
constexpr std::array<std::byte, 8> kNothing{};  // a ring into which nothing is written

}  // namespace

size_t RingSet::wanted_bytes(size_t cpus) {
  return std::bit_floor(std::clamp(kMaxTotalBytes / cpus, smallest_bytes(), kMaxRingBytes));
}

Result<RingSet::Pair> RingSet::open_pair(const std::vector<int>& cpus, bool first_wakes_at_every_record) {
  size_t bytes = wanted_bytes(2 * cpus.size());
  while (true) {
    auto first = open(cpus, first_wakes_at_every_record, bytes);
    if (!first) return pass(std::move(first));
    bytes = std::min(bytes, first->data(0).size());
    auto second = open(cpus, false, bytes);
    if (!second && bytes <= smallest_bytes()) return pass(std::move(second));
    // The first one must not take all the memory that may be locked.
    const bool fair = second && second->data(0).size() * 2 >= bytes;
    if (fair || bytes <= smallest_bytes()) return Pair{std::move(*first), std::move(*second)};
    bytes /= 2;
  }
}

Result<RingSet> RingSet::open(const std::vector<int>& cpus, bool wake_at_every_record, size_t most_bytes) {
  size_t bytes = std::min(wanted_bytes(cpus.size()), most_bytes);
  RingSet set;
  set.cpus_ = cpus;
  while (true) {
    auto mapped = set.map_rings(bytes, wake_at_every_record);
    if (mapped) break;
    // EPERM: more than the locked memory this user may have. Others of the same user may take of it too, so
    // that the only way to know is to try.
    const bool too_large =
        mapped.error().code == ErrorCode::not_permitted || mapped.error().code == ErrorCode::no_resources;
    if (!too_large || bytes <= smallest_bytes()) return pass(std::move(mapped));
    bytes /= 2;
  }
  std::vector<Bytes> data;
  for (const os::PerfRing& ring : set.rings_) data.push_back(ring.data());
  set.merger_ = std::make_unique<RingMerger>(data);
  set.released_.resize(set.rings_.size());

  set.epoll_ = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
  if (!set.epoll_) return from_errno("epoll_create1");
  if (wake_at_every_record) {
    set.waking_ = set.rings_.size();
    return set;
  }
  for (const UniqueFd& owner : set.owners_) {
    if (auto watched = set.watch(owner.get()); !watched) return pass(std::move(watched));
  }
  return set;
}

Result<void> RingSet::watch(int fd) const {
  if (fd < 0) return {};
  // Edge-triggered: the kernel reports a ring once per watermark, whatever we have read since.
  epoll_event event{.events = EPOLLIN | EPOLLET, .data = {}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return from_errno("epoll_ctl");
  return {};
}

Result<void> RingSet::map_rings(size_t ring_bytes, bool wake_at_every_record) {
  rings_.clear();  // before their owners
  owners_.clear();
  wakeup_bytes_ = static_cast<uint32_t>(ring_bytes / 4);
  const perf_event_attr attr = make_ring_owner_attr(wake_at_every_record ? kEveryRecord : wakeup_bytes_);
  for (const int cpu : cpus_) {
    auto owner = os::open_perf_event(attr, 0, cpu);
    if (!owner) return pass(std::move(owner));
    auto ring = os::PerfRing::map(*owner, ring_bytes);
    if (!ring) return pass(std::move(ring));
    owners_.push_back(std::move(*owner));
    rings_.push_back(std::move(*ring));
  }
  return {};
}

bool RingSet::is_read(size_t ring) { return merger_->reader(ring).position() == rings_[ring].read_head(); }

Result<void> RingSet::replace(size_t ring) {
  const size_t bytes = rings_[ring].data().size();
  const uint32_t wakeup_bytes = ring < waking_ ? kEveryRecord : wakeup_bytes_;
  auto owner = os::open_perf_event(make_ring_owner_attr(wakeup_bytes), 0, cpus_[ring]);
  if (!owner) return pass(std::move(owner));
  if (leave_) leave_(ring);
  // First the old one, whose locked memory may be all that the user may have.
  rings_[ring].unmap();
  merger_->replace(ring, kNothing);
  auto fresh = os::PerfRing::map(*owner, bytes);
  if (!fresh) return pass(std::move(fresh));
  return install(ring, {.owner = std::move(*owner), .ring = std::move(*fresh)});
}

Result<RingSet::Fresh> RingSet::open_waking(size_t ring) const {
  auto owner = os::open_perf_event(make_ring_owner_attr(kEveryRecord), 0, cpus_[ring]);
  if (!owner) return pass(std::move(owner));
  for (size_t bytes = rings_[ring].data().size();; bytes /= 2) {
    auto fresh = os::PerfRing::map(*owner, bytes);
    if (fresh) return Fresh{.owner = std::move(*owner), .ring = std::move(*fresh)};
    if (bytes <= smallest_bytes()) return pass(std::move(fresh));
  }
}

Result<void> RingSet::take(size_t ring, Fresh fresh) {
  waking_ = std::max(waking_, ring + 1);
  return install(ring, std::move(fresh));
}

Result<void> RingSet::install(size_t ring, Fresh fresh) {
  if (leave_) leave_(ring);
  rings_[ring] = std::move(fresh.ring);
  owners_[ring] = std::move(fresh.owner);
  released_[ring] = 0;
  merger_->replace(ring, rings_[ring].data());
  // Of one that wakes at every record somebody else takes the news.
  return ring < waking_ ? Result<void>{} : watch(owners_[ring].get());
}

uint64_t RingSet::total_bytes() const {
  uint64_t sum = 0;
  for (const os::PerfRing& ring : rings_) sum += ring.data().size();
  return sum;
}

void RingSet::wait(int timeout_ms) const {
  epoll_event event{};
  // An interrupted wait is as good as one without news.
  static_cast<void>(::epoll_wait(epoll_.get(), &event, 1, timeout_ms));
}

void RingSet::refresh() {
  for (size_t i = 0; i < rings_.size(); ++i) merger_->reader(i).extend_to(rings_[i].read_head());
}

void RingSet::release_some(size_t ring) {
  const uint64_t position = merger_->reader(ring).position();
  if (position - released_[ring] < kReleaseStepBytes) return;
  released_[ring] = position;
  rings_[ring].release_until(position);
}

void RingSet::release_all() {
  for (size_t i = 0; i < rings_.size(); ++i) {
    released_[i] = merger_->reader(i).position();
    rings_[i].release_until(released_[i]);
  }
}

}  // namespace strobe::sampling
