#include "python/thread_finder.h"

#include <algorithm>

#include "python/core/read_word.h"

namespace strobe::python {
namespace {

constexpr uint64_t kFirstPatienceNs = 5'000'000;
constexpr uint64_t kCheckedNs = 10'000'000;
constexpr uint64_t kMaxPatienceNs = 1'000'000'000;
constexpr size_t kMaxWatched = 16;  // interpreters; with more of them the list is read each time

}  // namespace

bool ThreadFinder::heads_changed() {
  const PythonWalkLayout& layout = runtime_->layout.walk;
  const size_t count = heads_.interpreters.size();
  if (count == 0 || count > kMaxWatched) return true;
  const PythonOffset id = layout.thread_native_id >= 0 ? layout.thread_native_id : layout.thread_ident;
  // The first interpreter, and of each its first thread and that thread's id (which is set a little later).
  std::vector<uint64_t> words(1 + 2 * count);
  std::vector<MemoryPiece> pieces;
  pieces.reserve(words.size());
  const auto add = [&](uint64_t address) {
    pieces.push_back({address, std::as_writable_bytes(std::span(words).subspan(pieces.size(), 1))});
  };
  add(at(runtime_->address, layout.runtime_interpreters));
  for (size_t i = 0; i < count; ++i) {
    add(at(heads_.interpreters[i], layout.interpreter_threads));
    // An interpreter without threads: any readable word.
    add(heads_.threads[i] != 0 ? at(heads_.threads[i], id) : runtime_->address);
  }
  if (memory_->read_many(pieces) != pieces.size() || words[0] != heads_.interpreters[0]) return true;
  for (size_t i = 0; i < count; ++i) {
    if (words[1 + 2 * i] != heads_.threads[i]) return true;
    if (heads_.threads[i] != 0 && words[2 + 2 * i] != head_ids_[i]) return true;
  }
  return false;
}

void ThreadFinder::list(uint64_t now_ns) {
  std::vector<PythonThread> all;
  heads_ = {};
  head_ids_.clear();
  threads_.clear();
  listed_ = list_threads(*memory_, *runtime_, all, &heads_);
  listed_ns_ = now_ns;
  for (const PythonThread& thread : all) {
    if (thread.native_id != 0) threads_[thread.native_id].push_back(thread);
  }
  // Remember the ids as they are listed: a change after this is a change.
  for (const uint64_t head : heads_.threads) {
    const auto state = std::ranges::find(all, head, &PythonThread::state);
    const bool by_native = runtime_->layout.walk.thread_native_id >= 0;
    head_ids_.push_back(state == all.end() ? 0
                        : by_native        ? static_cast<uint64_t>(state->native_id)
                                           : state->ident);
  }
}

std::span<const PythonThread> ThreadFinder::find(pid_t native_id, uint64_t now_ns) {
  bool fresh = false;
  auto found = threads_.find(native_id);
  // Whoever uses a known state checks whose it is; only a further interpreter may have come meanwhile.
  const bool known = listed_ && found != threads_.end() && now_ns - checked_ns_ < kCheckedNs;
  if (!known && (!listed_ || heads_changed())) {
    list(now_ns);
    patience_ns_ = kFirstPatienceNs;
    fresh = true;
    found = threads_.find(native_id);
  }
  if (!known) checked_ns_ = now_ns;
  if (found == threads_.end() && !fresh && now_ns - listed_ns_ > patience_ns_) {
    // A thread may be in the list before it has its id.
    list(now_ns);
    patience_ns_ = std::min(2 * patience_ns_, kMaxPatienceNs);
    found = threads_.find(native_id);
  }
  return found == threads_.end() ? std::span<const PythonThread>() : found->second;
}

}  // namespace strobe::python
