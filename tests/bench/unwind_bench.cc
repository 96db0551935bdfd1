// What unwinding costs: a warm frame (everything cached), a cold one (first touch of an address), and
// libunwind's remote unwinder over the same stack for comparison.
#include <benchmark/benchmark.h>
#include <ucontext.h>

#include <functional>

#include "support/own_process.h"
#include "unwind/core/cfi_program.h"
#include "unwind/oracle/libunwind_oracle.h"
#include "unwind/unwinder.h"

namespace strobe::unwind {
namespace {

using Body = std::function<void()>;

[[gnu::noinline, gnu::optimize("omit-frame-pointer")]] int recurse(int depth, const Body& body) {
  volatile char room[64];
  room[depth % 64] = 1;
  if (depth == 0) {
    body();
    return room[0];
  }
  const int below = recurse(depth - 1, body);
  return below + room[depth % 64];
}

struct Recorded {
  test::ProcessImage image;
  test::OwnedSample owned;
};

/// A stack of this process, `depth` frames without frame pointers on top of the benchmark's own.
void with_stack(int depth, const std::function<void(Recorded&)>& use) {
  recurse(depth, [&] {
    ucontext_t context;
    ::getcontext(&context);
    Recorded recorded;
    recorded.owned = test::sample_here(context, recorded.image);
    use(recorded);
  });
}

void set_per_frame(benchmark::State& state, size_t frames) {
  state.counters["frames"] = static_cast<double>(frames);
  state.counters["per_frame"] =
      benchmark::Counter(static_cast<double>(frames) * static_cast<double>(state.iterations()),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void unwind_warm(benchmark::State& state) {
  with_stack(static_cast<int>(state.range(0)), [&](Recorded& recorded) {
    Unwinder unwinder(recorded.image);
    UnwoundStack out;
    for (auto _ : state) {
      unwinder.unwind({.sample = recorded.owned.sample, .space = recorded.image.space()}, out);
      benchmark::DoNotOptimize(out.frames.data());
    }
    if (out.stack_class != StackClass::complete) state.SkipWithError("stack not complete");
    set_per_frame(state, out.frames.size());
  });
}
BENCHMARK(unwind_warm)->Arg(40)->Arg(400);

void unwind_cold(benchmark::State& state) {
  with_stack(40, [&](Recorded& recorded) {
    Unwinder unwinder(recorded.image);
    UnwoundStack out;
    AddressSpace space = recorded.image.space();
    const Mapping last = space.mappings().back();
    for (auto _ : state) {
      space.insert(last);  // a new generation: nothing cached holds any more
      unwinder.unwind({.sample = recorded.owned.sample, .space = space}, out);
    }
    set_per_frame(state, out.frames.size());
  });
}
BENCHMARK(unwind_cold);

void decode_cold_rows(benchmark::State& state) {
  with_stack(0, [&](Recorded& recorded) {
    // Every 101st byte of libc's code: each a row not seen before.
    const Mapping* mapping = recorded.image.space().find(RuntimeAddr{reinterpret_cast<uint64_t>(&::qsort)});
    const ModuleCfi* cfi = mapping == nullptr ? nullptr : recorded.image.find_cfi(mapping->module);
    if (cfi == nullptr) return state.SkipWithError("no libc");
    uint64_t address = raw(mapping->start);
    UnwindRow row;
    for (auto _ : state) {
      benchmark::DoNotOptimize(cfi->find_row(mapping->to_file(RuntimeAddr{address}), row));
      address += 101;
      if (address >= raw(mapping->end)) address = raw(mapping->start);
    }
  });
}
BENCHMARK(decode_cold_rows);

void unwind_libunwind_remote(benchmark::State& state) {
  with_stack(40, [&](Recorded& recorded) {
    const RawSample& sample = recorded.owned.sample;
    test::BytesReader bytes(sample.registers.value[x86_64::kRsp], sample.stack);
    size_t frames = 0;
    for (auto _ : state) {
      frames = unwind_with_libunwind({.registers = sample.registers,
                                      .space = recorded.image.space(),
                                      .modules = recorded.image,
                                      .memory = bytes})
                   .size();
    }
    set_per_frame(state, frames);
  });
}
BENCHMARK(unwind_libunwind_remote);

}  // namespace
}  // namespace strobe::unwind
