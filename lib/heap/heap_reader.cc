#include "heap/heap_reader.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string_view>

#include "base/clock.h"

namespace strobe::heap {
namespace {

constexpr int kBusyMs = 1;      // a ring of mode `all` holds some ten milliseconds of a program at full speed
constexpr int kQuietAllMs = 4;  // and may begin to at any moment
constexpr int kQuietMs = 20;

bool has_ended(const UniqueFd& process) {
  pollfd look{process.get(), POLLIN, 0};
  return !process || (::poll(&look, 1, 0) == 1 && (look.revents & POLLIN) != 0);
}

std::vector<std::string> list_rings(const std::string& folder) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(folder.c_str()), ::closedir);
  if (directory == nullptr) return names;
  while (const dirent* entry = ::readdir(directory.get())) {
    if (std::string_view(entry->d_name).ends_with(kRingEnding)) names.emplace_back(entry->d_name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

void tell_stacks(StackBook& book, MemoryKind kind, bool last, HeapNews& news) {
  for (const uint32_t node : last ? book.take_all() : book.take_changed()) {
    const StackHeap& sums = book.settled(node);
    news.stacks.push_back({.node = node,
                           .kind = kind,
                           .allocated = sums.allocated,
                           .live = sums.live,
                           .peak = sums.peak,
                           .temporary = sums.temporary});
  }
}

}  // namespace

HeapReader::HeapReader(std::string folder)
    : folder_(std::move(folder)),
      watch_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (watch_) ::inotify_add_watch(watch_.get(), folder_.c_str(), IN_CREATE | IN_MOVED_TO);
}

HeapReader::~HeapReader() { stop(); }

void HeapReader::start() {
  thread_ = std::thread([this] { run(); });
}

void HeapReader::stop() {
  if (!thread_.joinable()) return;
  stop_.store(true);
  const uint64_t one = 1;
  static_cast<void>(!::write(wake_.get(), &one, sizeof one));
  thread_.join();
  const std::lock_guard lock(mutex_);
  read_all();
  for (Source& source : sources_) source.ring.close();
  for (const std::string& name : list_rings(folder_)) ::unlink((folder_ + "/" + name).c_str());
}

void HeapReader::run() {
  bool any_all = false;
  bool busy = true;
  while (!stop_.load()) {
    pollfd news[] = {{watch_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
    const int quiet_ms = any_all ? kQuietAllMs : kQuietMs;
    static_cast<void>(::poll(news, 2, busy ? kBusyMs : quiet_ms));
    if ((news[0].revents & POLLIN) != 0) {
      alignas(inotify_event) char ignored[4096];
      while (::read(watch_.get(), ignored, sizeof ignored) > 0) {
      }
    }
    const std::lock_guard lock(mutex_);
    busy = read_all();
    any_all = std::any_of(sources_.begin(), sources_.end(), [](const Source& source) {
      return !source.ended && source.ring.mode() == Mode::all;
    });
  }
}

bool HeapReader::read_all() {
  find_rings();
  bool any = any_unready_;
  for (Source& source : sources_) {
    if (source.ended) continue;
    const uint64_t before = source.heap.events();
    const bool gone = has_ended(source.process);  // before the look: what it told last is there then
    drain(source);
    if (gone) end(source);
    any = any || source.heap.events() != before;
  }
  return any;
}

void HeapReader::find_rings() {
  any_unready_ = false;
  for (const std::string& name : list_rings(folder_)) {
    const std::string path = folder_ + "/" + name;
    auto ring = RingFile::open(path);
    if (ring && !*ring) {
      any_unready_ = true;
      continue;
    }
    ::unlink(path.c_str());  // it is mapped, or no ring
    if (!ring) continue;
    // A process that became another program has no other sign of it than its new ring.
    for (Source& source : sources_) {
      if (source.ended || source.ring.pid() != (*ring)->pid()) continue;
      drain(source);
      end(source);
    }
    Source& source = sources_.emplace_back(next_id_++, std::move(**ring));
    source.process = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, source.ring.pid(), 0)));
  }
}

void HeapReader::drain(Source& source) {
  const uint64_t now_ns = monotonic_now_ns();
  source.ring.drain([&](const Event& event) { source.heap.take(event, now_ns); });
  source.ring.provide_nodes();
}

void HeapReader::end(Source& source) {
  const uint64_t now_ns = monotonic_now_ns();
  source.holes = source.ring.drain_rest([&](const Event& event) { source.heap.take(event, now_ns); });
  source.ended = true;
  source.process.reset();
}

void HeapReader::program_ended(pid_t pid, uint64_t time_ns, bool exec) {
  const std::lock_guard lock(mutex_);
  find_rings();
  for (Source& source : sources_) {
    if (source.ended || source.ring.pid() != pid || source.ring.started_ns() > time_ns) continue;
    const bool gone = exec || has_ended(source.process);
    drain(source);
    if (gone) end(source);
  }
}

HeapNews HeapReader::tell(Source& source, bool last) const {
  HeapNews news{.ring = source.id, .pid = source.ring.pid(), .mode = source.ring.mode()};
  ProcessHeap& heap = source.heap;
  news.interval_bytes = source.ring.interval_bytes();
  news.started_ns = source.ring.started_ns();
  const uint32_t nodes = source.ring.node_count();
  for (uint32_t id = source.nodes_told; id < nodes; ++id) news.nodes.push_back(source.ring.node(id));
  source.nodes_told = std::max(source.nodes_told, nodes);
  tell_stacks(heap.heap(), MemoryKind::malloc, last, news);
  tell_stacks(heap.python(), MemoryKind::python, last, news);
  tell_stacks(heap.mapped(), MemoryKind::mmap, last, news);
  news.peak_bytes = heap.heap_total().peak_bytes;
  news.peak_ns = heap.heap_total().peak_ns;
  news.mapped_peak_bytes = heap.mapped_total().peak_bytes;
  news.mapped_peak_ns = heap.mapped_total().peak_ns;
  news.events = heap.events();
  news.lost = source.ring.lost() + source.holes;
  news.cut_stacks = source.ring.cut_stacks();
  news.no_stacks = source.ring.no_stacks();
  news.invalid_frees = heap.invalid_frees();
  news.off_reason = source.ring.off_reason();
  news.ended = source.ended;
  news.sizes = heap.sizes();
  return news;
}

std::vector<HeapNews> HeapReader::take_news(bool last) {
  const std::lock_guard lock(mutex_);
  std::vector<HeapNews> all;
  for (Source& source : sources_) all.push_back(tell(source, last || source.ended));
  sources_.remove_if([](const Source& source) { return source.ended; });
  return all;
}

std::vector<std::pair<uint32_t, pid_t>> HeapReader::rings_without_python() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<uint32_t, pid_t>> rings;
  for (const Source& source : sources_) {
    if (!source.has_python && !source.ended) rings.emplace_back(source.id, source.ring.pid());
  }
  return rings;
}

void HeapReader::tell_python(uint32_t ring, const PythonWalkLayout& layout) {
  const std::lock_guard lock(mutex_);
  for (Source& source : sources_) {
    if (source.id != ring || source.has_python) continue;
    source.has_python = true;
    source.ring.tell_python(layout);
  }
}

std::vector<PythonNodes> HeapReader::take_python_nodes() {
  const std::lock_guard lock(mutex_);
  std::vector<PythonNodes> all;
  for (Source& source : sources_) {
    if (!source.has_python) continue;
    PythonNodes found{.ring = source.id, .pid = source.ring.pid(), .nodes = {}};
    const uint32_t count = source.ring.node_count();
    for (; source.nodes_looked_at < count; ++source.nodes_looked_at) {
      const Node node = source.ring.node(source.nodes_looked_at);
      if (kind_of(node) == NodeKind::python) found.nodes.emplace_back(source.nodes_looked_at, node);
    }
    if (!found.nodes.empty()) all.push_back(std::move(found));
  }
  return all;
}

std::vector<std::pair<uint32_t, uint32_t>> HeapReader::nodes_gone_by(pid_t pid, uint64_t time_ns) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<uint32_t, uint32_t>> all;
  for (const Source& source : sources_) {
    if (source.ring.pid() == pid) all.emplace_back(source.id, source.ring.nodes_gone_by(time_ns));
  }
  return all;
}

std::vector<HeapLevel> HeapReader::levels() const {
  const std::lock_guard lock(mutex_);
  std::vector<HeapLevel> all;
  for (const Source& source : sources_) {
    if (source.ended) continue;
    all.push_back({.ring = source.id,
                   .live_bytes = source.heap.heap_total().live_bytes,
                   .mapped_bytes = source.heap.mapped_total().live_bytes});
  }
  return all;
}

}  // namespace strobe::heap
