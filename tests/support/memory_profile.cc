#include "support/memory_profile.h"

#include "support/profile_builder.h"

namespace strobe::test {
namespace {

constexpr uint64_t kMiB = 1 << 20;
constexpr uint64_t kMs = 1'000'000;

struct Processes {
  ProcessId app;
  ProcessId child;
};

Processes add_processes(ProfileBuilder& b) {
  b.profile.info.duration_ns = 2'000 * kMs;
  const ProcessId app = b.process(100, "app");
  const ProcessId child = b.process(101, "app-child", app);
  b.thread(app, 100, "app", 0.5);
  b.thread(child, 101, "app-child", 0.25);
  b.profile.processes[1].start_ns = 500 * kMs;
  b.profile.processes[1].end_ns = 1'500 * kMs;
  b.profile.processes[1].exited = true;
  return {app, child};
}

void add_counters(ProfileBuilder& b, const Processes& of) {
  const auto add = [&](uint64_t ms, ProcessId process, uint64_t rss, std::optional<uint64_t> pss,
                       uint64_t faults) {
    b.profile.counters.push_back({.time_ns = ms * kMs,
                                  .process = process,
                                  .rss_bytes = rss * kMiB,
                                  .anonymous_bytes = (rss - 2) * kMiB,
                                  .file_bytes = kMiB,
                                  .shmem_bytes = kMiB,
                                  .peak_rss_bytes = rss * kMiB + 4096,
                                  .pss_bytes = pss ? std::optional(*pss * kMiB) : std::nullopt,
                                  .private_bytes = pss ? std::optional(*pss * kMiB / 2) : std::nullopt,
                                  .minor_faults = faults,
                                  .major_faults = faults / 1'000});
  };
  add(10, of.app, 8, 6, 500);
  add(400, of.app, 64, 62, 15'000);
  add(600, of.child, 64, 33, 100);
  add(600, of.app, 70, 39, 16'000);
  add(1'400, of.child, 66, 36, 900);
  add(1'400, of.app, 72, {}, 17'000);
  add(1'900, of.app, 20, 18, 17'500);
}

MemoryRow row(ProcessId process, StackId stack, MemoryKind kind, MemoryAmount allocated, MemoryAmount peak,
              MemoryAmount live, MemoryAmount temporary) {
  return {.process = process,
          .stack = stack,
          .kind = kind,
          .allocated = allocated,
          .peak = peak,
          .live = live,
          .temporary = temporary};
}

void add_allocations(ProfileBuilder& b, const Processes& of) {
  const ModuleId app = b.module("/usr/bin/app");
  const ModuleId python = b.module("/usr/bin/python3.11");
  const FrameId main = b.frame(b.function("main", "/src/app/main.cc", 10, app), 14);
  const FrameId build = b.frame(b.function("Tree::build(int)", "/src/app/tree.cc", 20, app), 25);
  const FrameId leaf = b.frame(b.function("Tree::leaf()", "/src/app/tree.cc", 40, app), 41);
  const FrameId print = b.frame(b.function("print(std::string const&)", "/src/app/print.cc", 5, app), 7);
  const FrameId cache = b.frame(b.function("Cache.put", "/src/cache.py", 30, python, Language::python), 33);
  const FrameId nameless = b.nameless_frame(b.module("/usr/lib/libplain.so.1"), 0x1234);
  const StackId tree = b.stack({main, build, build, leaf});
  const StackId printing = b.stack({main, print});
  const StackId cached = b.stack({cache});
  const StackId plain = b.stack({main, nameless});
  constexpr MemoryKind malloc = MemoryKind::malloc;
  b.profile.memory = {
      row(of.app, tree, malloc, {48 * kMiB, 1'000'000}, {40 * kMiB, 800'000}, {kMiB, 10'000}, {}),
      row(of.app, b.stack({main, build}), malloc, {8 * kMiB, 100}, {8 * kMiB, 100}, {}, {}),
      row(of.app, printing, malloc, {16 * kMiB, 500'000}, {64, 2}, {}, {16 * kMiB - 64, 499'998}),
      row(of.app, cached, MemoryKind::python, {4 * kMiB, 60'000}, {3 * kMiB, 50'000}, {3 * kMiB, 50'000},
          {kMiB, 9'000}),
      row(of.app, plain, malloc, {1'000'000, 10}, {500'000, 5}, {500'000, 5}, {}),
      row(of.app, {}, malloc, {4096, 4}, {}, {4096, 4}, {}),
      row(of.app, plain, MemoryKind::mmap, {64 * kMiB, 2}, {64 * kMiB, 2}, {32 * kMiB, 1}, {}),
      row(of.child, printing, malloc, {2 * kMiB, 64}, {kMiB, 32}, {kMiB, 32}, {}),
  };
  MemoryProcessRow first{.peak_bytes = 52 * kMiB,
                         .peak_ns = 450 * kMs,
                         .mapped_peak_bytes = 64 * kMiB,
                         .mapped_peak_ns = 300 * kMs,
                         .invalid_frees = 1};
  first.sizes[0] = {0, 3};
  first.sizes[6] = {48 * kMiB, 1'000'000};
  first.sizes[7] = {20 * kMiB, 560'000};
  first.sizes[17] = {8 * kMiB, 100};
  first.sizes[48] = {uint64_t{1} << 50, 1};
  MemoryProcessRow second{.peak_bytes = kMiB, .peak_ns = 1'300 * kMs};
  second.sizes[16] = {2 * kMiB, 64};
  b.profile.memory_processes = {{of.app, first}, {of.child, second}};
  b.profile.memory_points = {{100 * kMs, of.app, kMiB, 0},
                             {300 * kMs, of.app, 20 * kMiB, 64 * kMiB},
                             {450 * kMs, of.app, 52 * kMiB, 64 * kMiB},
                             {1'000 * kMs, of.child, kMiB, 0},
                             {1'900 * kMs, of.app, 5 * kMiB, 32 * kMiB}};
  b.profile.quality.memory = {.processes = 2, .events = 3'120'000};
}

}  // namespace

Profile memory_profile() {
  ProfileBuilder b;
  const Processes processes = add_processes(b);
  b.profile.info.memory = {.mode = MemoryMode::all, .python_allocators = true};
  add_counters(b, processes);
  add_allocations(b, processes);
  return b.build();
}

Profile sampled_memory_profile() {
  Profile profile = memory_profile();
  profile.info.memory = {.mode = MemoryMode::sampled, .interval_bytes = 524'288};
  for (MemoryRow& row : profile.memory) {
    for (MemoryAmount* amount : {&row.allocated, &row.peak, &row.live, &row.temporary}) {
      amount->variance = static_cast<double>(amount->bytes) * 524'288;
    }
  }
  profile.quality.memory.lost = 12;
  profile.quality.memory.not_judged = "the agent in 101 turned itself off: its ring was full for 2 s";
  profile.quality.memory.unseen = {
      {.pid = 300, .command = "go\x1b[31m", .reason = "static binary", .count = 2}};
  return profile;
}

Profile resident_profile() {
  ProfileBuilder b;
  const Processes processes = add_processes(b);
  add_counters(b, processes);
  return b.build();
}

}  // namespace strobe::test
