#include "heap/agent/thread.h"

#include <pthread.h>

#include <atomic>

#include "heap/agent/lock.h"
#include "heap/agent/system.h"
#include "heap/wire/ring.h"

namespace strobe::heap::agent {
namespace {

constexpr uint32_t kMaxThreads = kThreadMask;

Thread* threads[kMaxThreads + 1];  // by index; what ended stays for the next
bool taken[kMaxThreads + 1];
uint32_t used = 1;  // indices below were given out once
std::atomic<uint32_t> lock_word;
pthread_key_t end_key;
bool has_end_key = false;

void give_back(void* pointer) {
  auto* thread = static_cast<Thread*>(pointer);
  countdown.thread = nullptr;
  const Lock lock(lock_word);
  if (lock.held()) taken[thread->index] = false;
}

Thread* take_place() {
  const Lock lock(lock_word);
  if (!lock.held()) return nullptr;
  uint32_t index = 1;
  while (index < used && taken[index]) ++index;
  if (index > kMaxThreads) return nullptr;
  if (threads[index] == nullptr) {
    threads[index] = static_cast<Thread*>(get_pages(sizeof(Thread)));
    if (threads[index] == nullptr) return nullptr;
  }
  if (index == used) ++used;
  Thread* thread = threads[index];
  thread->index = index;
  thread->busy = false;
  thread->count = 0;
  thread->stack_low = thread->stack_high = 0;
  taken[index] = true;
  return thread;
}

}  // namespace

// The library is there from the start: its part of the threads' storage needs no call to be found.
constinit thread_local Countdown countdown;

Thread* this_thread() {
  if (countdown.thread != nullptr) [[likely]]
    return countdown.thread;
  Thread* thread = take_place();
  if (thread == nullptr) return nullptr;
  countdown.thread = thread;
  // May allocate: this thread has its place by now, and that one is busy.
  thread->busy = true;
  if (has_end_key) ::pthread_setspecific(end_key, thread);
  thread->busy = false;
  return thread;
}

void watch_thread_ends() { has_end_key = ::pthread_key_create(&end_key, give_back) == 0; }

void keep_this_thread_only() {
  lock_word.store(0, std::memory_order_relaxed);
  for (uint32_t index = 1; index < used; ++index) taken[index] = threads[index] == countdown.thread;
}

}  // namespace strobe::heap::agent
