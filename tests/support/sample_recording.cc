#include "support/sample_recording.h"

#include <algorithm>

namespace strobe::test {
namespace {

Quality first_quality() {
  Quality quality;
  quality.engine = "to be replaced";
  quality.warnings = {"to be replaced", "and removed"};
  quality.stacks.blame = {{"to be replaced", LossReason::loop, 1}, {"and removed", LossReason::loop, 1}};
  return quality;
}

Quality last_quality() {
  Quality quality;
  quality.engine = "perf per-cpu";
  quality.engine_note = "perf events are allowed";
  quality.rate_hz = 1000.017;
  quality.kernel_sampled = true;
  quality.samples = {
      .expected = 3.5, .taken = 9, .stored = 4, .lost_kernel = 2, .lost_queue = 3, .late = 2, .throttled = 1};
  quality.stacks.by_class = {1, 1, 1, 0, 1};
  quality.stacks.blame = {{"/usr/lib/libz.so", LossReason::no_unwind_info, 7}, {"", LossReason::loop, 1}};
  quality.symbols = {.frames = 11, .missing = 4, .blame = {{"/bin/app", LossReason::no_symbols, 4}}};
  quality.processes_seen = 2;
  quality.unsampled = {{.pid = 77, .command = "true", .reason = "too short", .count = 5, .cpu_ns = 123'456}};
  quality.overhead = {.target_stopped_ns = 1,
                      .longest_stop_ns = 2,
                      .stops = 3,
                      .strobe_cpu_ns = 4,
                      .strobe_peak_bytes = 5,
                      .ring_bytes = 6};
  quality.offcpu = {.stretches = 40, .kept = 3, .lost = 1};
  quality.memory = {.processes = 1,
                    .events = 1'000'000,
                    .lost = 2,
                    .not_judged = "the agent turned itself off",
                    .unseen = {{.pid = 78, .command = "go", .reason = "static binary", .count = 2}}};
  quality.warnings = {"One warning.", "Another."};
  return quality;
}

RecordingInfo info() {
  return {.strobe_version = "0.1.0",
          .command = "./app -x",
          .hostname = "host",
          .kernel_release = "6.1.0",
          .architecture = "x86_64",
          .start_unix_ns = 1'700'000'000'123'456'789,
          .start_monotonic_ns = 5'000,
          .duration_ns = 9'000'000,
          .period_ns = 999'983,
          .kernel_sampled = true,
          .pooled_sampling = true,
          .wall = true,
          .runnable_source = "run_delay",
          .memory = {.mode = MemoryMode::sampled, .interval_bytes = 524'288, .python_allocators = true},
          .exit_status = 143};
}

RecordingDelta first_delta() {
  RecordingDelta delta;
  delta.strings = {"", "app", "/bin/app"};
  delta.modules = {{.kind = ModuleKind::file,
                    .path = StringId{2},
                    .build_id = "00ffab",
                    .process = ProcessId{0},
                    .file_size = 4096,
                    .mtime_ns = -5}};
  delta.processes = {{ProcessId{0}, {.pid = 100, .command = StringId{1}, .start_ns = 1}}};
  delta.threads = {{ThreadId{0}, {.process = ProcessId{0}, .tid = 100, .name = StringId{1}, .start_ns = 1}}};
  delta.frames = {{.kind = FrameKind::native, .module = ModuleId{0}, .address = 0x1234}};
  delta.stacks = {{.frame = FrameId{0}}};
  delta.samples = {{.time_ns = 2'000'000'000'000,
                    .thread = ThreadId{0},
                    .stack = StackId{0},
                    .stack_class = StackClass::complete}};
  delta.stretches = {{.start_ns = 2, .end_ns = 2, .thread = ThreadId{0}}};
  delta.counters = {{.time_ns = 5, .process = ProcessId{0}, .rss_bytes = 1}};
  delta.memory = {{0, {.process = ProcessId{0}, .stack = StackId{0}, .allocated = {1, 1, 0}}}};
  delta.memory_processes = {{ProcessId{0}, {.peak_bytes = 1, .sizes = {{{}, {1, 1}}}}}};
  delta.memory_points = {{.time_ns = 6, .process = ProcessId{0}, .live_bytes = 1}};
  delta.quality = first_quality();
  return delta;
}

RecordingDelta second_delta() {
  RecordingDelta delta;
  delta.first_string = 3;
  delta.first_module = delta.first_frame = delta.first_stack = 1;
  delta.strings = {"[kernel]", "child", "./app '-x'"};
  delta.modules = {{.kind = ModuleKind::kernel, .path = StringId{3}}};
  delta.processes = {
      {ProcessId{1}, {.pid = 101, .parent = ProcessId{0}, .command = StringId{4}, .start_ns = 5}},
      {ProcessId{0},
       {.pid = 100,
        .command = StringId{1},
        .command_line = StringId{5},
        .start_ns = 1,
        .end_ns = 8,
        .exited = true,
        .exit_status = 143,
        .user_ns = 70,
        .system_ns = 30}}};
  delta.threads = {
      {ThreadId{1},
       {.process = ProcessId{1}, .tid = 102, .name = StringId{4}, .start_ns = 5, .end_ns = 7, .cpu_ns = 2}},
      {ThreadId{0},
       {.process = ProcessId{0},
        .tid = 100,
        .name = StringId{1},
        .start_ns = 1,
        .end_ns = 8,
        .cpu_ns = 6,
        .waited_ns = 1,
        .runnable_ns = 1,
        .voluntary_switches = 37,
        .forced_switches = 3}}};
  delta.frames = {{.kind = FrameKind::kernel, .module = ModuleId{1}, .address = 0xffff'ffff'8100'0000},
                  {.kind = FrameKind::python, .line = 12, .file = StringId{2}}};
  delta.stacks = {{.parent = StackId{0}, .frame = FrameId{1}}, {.parent = StackId{1}, .frame = FrameId{2}}};
  delta.samples = {
      {.time_ns = 1, .thread = ThreadId{1}, .stack = StackId{2}, .stack_class = StackClass::completed},
      {.time_ns = 3, .thread = ThreadId{1}, .stack = StackId{1}, .stack_class = StackClass::truncated},
      {.time_ns = 4, .thread = ThreadId{0}, .stack_class = StackClass::none}};
  delta.stretches = {{.start_ns = 3,
                      .end_ns = 7,
                      .thread = ThreadId{1},
                      .state = ThreadState::cond,
                      .runnable_ns = 4,
                      .weight = 38,
                      .stack = StackId{2},
                      .stack_class = StackClass::complete,
                      .python = PythonState::gil_wait,
                      .object = StringId{2},
                      .object_address = 0xffff'ffff'ff60'0000,
                      .owner = ThreadId{0},
                      .waker = ThreadId{1}},
                     {.start_ns = 6, .end_ns = 8, .thread = ThreadId{0}, .state = ThreadState::runnable}};
  delta.counters = {{.time_ns = 7,
                     .process = ProcessId{1},
                     .rss_bytes = 60,
                     .anonymous_bytes = 10,
                     .file_bytes = 20,
                     .shmem_bytes = 30,
                     .swap_bytes = 40,
                     .peak_rss_bytes = 70,
                     .pss_bytes = 50,
                     .private_bytes = 0,
                     .minor_faults = 8,
                     .major_faults = 9}};
  delta.memory = {{0,
                   {.process = ProcessId{0},
                    .stack = StackId{0},
                    .allocated = {1'000, 11, 12.5},
                    .peak = {900, 9, 1.25},
                    .live = {24, 2, 0.5},
                    .temporary = {100, 1, 1e300}}},
                  {1, {.process = ProcessId{1}, .kind = MemoryKind::fault, .allocated = {8192, 2}}}};
  delta.memory_processes = {{ProcessId{1}, {}},
                            {ProcessId{0},
                             {.peak_bytes = 900,
                              .peak_ns = 4,
                              .mapped_peak_bytes = 4096,
                              .mapped_peak_ns = 3,
                              .invalid_frees = 1,
                              .sizes = {{{}, {1, 1}, {1'000, 10}}}}}};
  delta.memory_points = {{.time_ns = 8, .process = ProcessId{0}, .live_bytes = 24, .mapped_bytes = 4096}};
  delta.quality = last_quality();
  delta.info = info();
  return delta;
}

}  // namespace

std::vector<RecordingDelta> sample_deltas() { return {first_delta(), RecordingDelta{}, second_delta()}; }

Profile sample_profile() {
  Profile profile;
  profile.state = RecordingState::recorded;
  const auto append = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
  for (const RecordingDelta& delta : sample_deltas()) {
    append(profile.strings, delta.strings);
    append(profile.modules, delta.modules);
    append(profile.frames, delta.frames);
    append(profile.stacks, delta.stacks);
    append(profile.samples, delta.samples);
    append(profile.stretches, delta.stretches);
    append(profile.counters, delta.counters);
    append(profile.memory_points, delta.memory_points);
    for (const auto& [id, row] : delta.memory) {
      profile.memory.resize(std::max(profile.memory.size(), size_t{id} + 1));
      profile.memory[id] = row;
    }
    for (const auto& [id, row] : delta.processes) {
      profile.processes.resize(std::max(profile.processes.size(), id.index() + 1));
      profile.processes[id.index()] = row;
    }
    for (const auto& [id, row] : delta.threads) {
      profile.threads.resize(std::max(profile.threads.size(), id.index() + 1));
      profile.threads[id.index()] = row;
    }
    for (const auto& row : delta.memory_processes) {
      std::erase_if(profile.memory_processes, [&](const auto& old) { return old.first == row.first; });
      profile.memory_processes.push_back(row);
    }
    std::ranges::sort(profile.memory_processes, {}, [](const auto& row) { return row.first; });
    if (delta.quality) profile.quality = *delta.quality;
    if (delta.info) profile.info = *delta.info;
  }
  return profile;
}

SymbolDelta sample_symbols(const std::string& name) {
  SymbolDelta delta;
  delta.first_string = 6;
  delta.first_frame = 3;
  delta.strings = {name, "_Z" + name, "main.cc", "caller"};
  delta.functions = {{.name = StringId{6},
                      .linkage_name = StringId{7},
                      .module = ModuleId{0},
                      .file = StringId{8},
                      .line = 10},
                     {.name = StringId{9}, .module = ModuleId{1}, .language = Language::kernel}};
  delta.changed_frames = {{FrameId{0},
                           {.kind = FrameKind::native,
                            .module = ModuleId{0},
                            .address = 0x1234,
                            .function = FunctionId{0},
                            .line = 14,
                            .file = StringId{8},
                            .outer = FrameId{3}}}};
  delta.frames = {{.kind = FrameKind::inlined,
                   .module = ModuleId{0},
                   .function = FunctionId{1},
                   .line = 20,
                   .file = StringId{8}}};
  delta.quality = last_quality();
  delta.quality.symbols.missing = 1;
  return delta;
}

}  // namespace strobe::test
