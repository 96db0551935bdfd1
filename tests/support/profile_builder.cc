#include "support/profile_builder.h"

#include <cmath>

namespace strobe::test {
namespace {

template <class Id>
Id next_id(size_t size) {
  return Id{static_cast<uint32_t>(size)};
}

uint64_t ns_of(double seconds) { return static_cast<uint64_t>(std::llround(seconds * 1e9)); }

}  // namespace

ProfileBuilder::ProfileBuilder() {
  profile.state = RecordingState::symbolized;
  profile.info.strobe_version = "0.1.0";
  profile.info.command = "./app 10";
  profile.info.hostname = "host";
  profile.info.kernel_release = "6.1.0";
  profile.info.architecture = "x86_64";
  profile.info.start_unix_ns = 1'700'000'000'000'000'000;
  profile.info.duration_ns = 2'000'000'000;
  profile.info.period_ns = 999'983;
  profile.info.kernel_sampled = true;
  profile.quality.engine = "perf";
  profile.quality.rate_hz = 1000;
  profile.quality.kernel_sampled = true;
}

StringId ProfileBuilder::text(const std::string& text) {
  const auto [place, inserted] = texts_.try_emplace(text, next_id<StringId>(profile.strings.size()));
  if (inserted) profile.strings.push_back(text);
  return place->second;
}

ModuleId ProfileBuilder::module(const std::string& path, ModuleKind kind) {
  ModuleRow row;
  row.kind = kind;
  row.path = text(path);
  profile.modules.push_back(row);
  return next_id<ModuleId>(profile.modules.size() - 1);
}

ProcessId ProfileBuilder::process(int32_t pid, const std::string& command, ProcessId parent) {
  ProcessRow row;
  row.pid = pid;
  row.parent = parent;
  row.command = text(command);
  row.command_line = text("./" + command + " 10");
  row.end_ns = profile.info.duration_ns;
  row.exited = true;
  profile.processes.push_back(row);
  ++profile.quality.processes_seen;
  return next_id<ProcessId>(profile.processes.size() - 1);
}

ThreadId ProfileBuilder::thread(ProcessId process, int32_t tid, const std::string& name, double cpu_seconds) {
  ThreadRow row;
  row.process = process;
  row.tid = tid;
  row.name = text(name);
  row.end_ns = profile.info.duration_ns;
  row.cpu_ns = ns_of(cpu_seconds);
  profile.threads.push_back(row);
  return next_id<ThreadId>(profile.threads.size() - 1);
}

FunctionId ProfileBuilder::function(const std::string& name, const std::string& file, uint32_t line,
                                    ModuleId module, Language language) {
  FunctionRow row;
  row.name = text(name);
  row.module = module;
  if (!file.empty()) row.file = text(file);
  row.line = line;
  row.language = language;
  profile.functions.push_back(row);
  return next_id<FunctionId>(profile.functions.size() - 1);
}

FrameId ProfileBuilder::frame(FunctionId function, uint32_t line, FrameId outer) {
  const FunctionRow& of = profile.functions[function.index()];
  FrameRow row;
  row.kind = of.language == Language::kernel ? FrameKind::kernel : FrameKind::native;
  row.module = of.module;
  row.function = function;
  row.line = line;
  row.file = of.file;
  row.outer = outer;
  row.address = 0x1000 + profile.frames.size() * 16;
  profile.frames.push_back(row);
  return next_id<FrameId>(profile.frames.size() - 1);
}

FrameId ProfileBuilder::nameless_frame(ModuleId module, uint64_t address) {
  FrameRow row;
  row.module = module;
  row.address = address;
  profile.frames.push_back(row);
  return next_id<FrameId>(profile.frames.size() - 1);
}

StackId ProfileBuilder::stack(const std::vector<FrameId>& frames) {
  StackId at;
  for (const FrameId frame : frames) {
    const auto [place, inserted] = stacks_.try_emplace({at, frame}, next_id<StackId>(profile.stacks.size()));
    if (inserted) profile.stacks.push_back({at, frame});
    at = place->second;
  }
  return at;
}

void ProfileBuilder::samples(ThreadId thread, StackId stack, uint64_t count, StackClass stack_class) {
  for (uint64_t i = 0; i < count; ++i) {
    profile.samples.push_back({profile.samples.size() * 1'000'000, thread, stack, stack_class});
  }
}

StretchRow& ProfileBuilder::stretch(ThreadId thread, StackId stack, ThreadState state, double start,
                                    double end) {
  profile.info.wall = true;
  StretchRow row;
  row.start_ns = ns_of(start);
  row.end_ns = ns_of(end);
  row.thread = thread;
  row.state = state;
  row.stack = stack;
  row.stack_class = stack.is_none() ? StackClass::none : StackClass::complete;
  profile.stretches.push_back(row);
  return profile.stretches.back();
}

void ProfileBuilder::waited(ThreadId thread, double waited, double runnable) {
  profile.info.wall = true;
  ThreadRow& row = profile.threads[thread.index()];
  row.waited_ns = ns_of(waited);
  row.runnable_ns = ns_of(runnable);
  row.end_ns = row.start_ns + row.cpu_ns + row.waited_ns;
}

Profile ProfileBuilder::build() const {
  Profile built = profile;
  SampleCounts& counts = built.quality.samples;
  counts.stored = built.samples.size();
  counts.taken = counts.stored + counts.lost_queue + counts.late;
  for (const ThreadRow& thread : built.threads) {
    counts.expected += static_cast<double>(thread.cpu_ns) * 1e-9 * built.quality.rate_hz;
  }
  for (const SampleRow& sample : built.samples) {
    ++built.quality.stacks.by_class[static_cast<size_t>(sample.stack_class)];
  }
  built.quality.symbols.frames = built.frames.size();
  for (const FrameRow& frame : built.frames)
    built.quality.symbols.missing += frame.function.is_none() ? 1 : 0;
  return built;
}

Profile varied_profile() {
  ProfileBuilder b;
  const ModuleId app = b.module("/usr/bin/app");
  const ModuleId library = b.module("/usr/lib/libplain.so.1");
  const ModuleId libc = b.module("/usr/lib/libc.so.6");
  const ModuleId kernel = b.module("[kernel]", ModuleKind::kernel);
  const ProcessId parent = b.process(100, "app");
  const ProcessId child = b.process(105, "helper", parent);
  b.profile.processes[parent.index()].exit_status = 0;
  b.profile.info.exit_status = 0;
  const ThreadId main_thread = b.thread(parent, 100, "app", 1.0);
  const ThreadId worker = b.thread(parent, 101, "worker", 0.5);
  b.thread(parent, 102, "brief", 0.0004);
  const ThreadId helper = b.thread(child, 105, "helper", 0.1);

  const FrameId start = b.frame(b.function("_start", "", 0, libc));
  const FrameId main = b.frame(b.function("main", "/src/app/main.cc", 10, app), 14);
  const FrameId walk = b.frame(b.function("walk(Node*)", "/src/app/tree.cc", 20, app), 25);
  const FrameId outer =
      b.frame(b.function("sum<double>(double const*, unsigned long)", "/src/app/sum.h", 5, app), 8);
  b.profile.frames[outer.index()].kind = FrameKind::inlined;
  const FrameId inlined = b.frame(b.function("add(double, double)", "/src/app/sum.h", 1, app), 2, outer);
  const FrameId nameless = b.nameless_frame(library, 0x1234);
  const FrameId also_nameless = b.nameless_frame(library, 0x5678);
  const FrameId read = b.frame(b.function("read", "", 0, libc));
  const FrameId sys_read = b.frame(b.function("ksys_read", "", 0, kernel, Language::kernel));

  b.samples(main_thread, b.stack({start, main, inlined}), 600);
  b.samples(main_thread, b.stack({start, main, walk, walk, walk}), 250);
  b.samples(main_thread, b.stack({start, main}), 49);
  b.samples(main_thread, b.stack({start, main, read, sys_read}), 100, StackClass::completed);
  b.samples(main_thread, StackId::none(), 1, StackClass::none);
  b.samples(worker, b.stack({nameless}), 300, StackClass::incomplete);
  b.samples(worker, b.stack({nameless, also_nameless}), 200, StackClass::incomplete);
  b.samples(helper, b.stack({start, main, inlined}), 100);
  b.profile.quality.stacks.blame = {{"/usr/lib/libplain.so.1", LossReason::no_unwind_info, 500}};
  b.profile.quality.symbols.blame = {{"/usr/lib/libplain.so.1", LossReason::no_symbols, 2}};
  b.profile.quality.samples.lost_kernel = 2;
  b.profile.quality.engine_note = "perf events are allowed";
  b.profile.quality.overhead = {
      .strobe_cpu_ns = 8'000'000, .strobe_peak_bytes = 20'000'000, .ring_bytes = 4'194'304};
  return b.build();
}

namespace {

/// The samples added since `first`, `step` seconds apart from `from` on, in a state of Python.
void place_samples(Profile& profile, size_t first, double from, double step, PythonState python) {
  for (size_t i = first; i < profile.samples.size(); ++i) {
    profile.samples[i].time_ns = ns_of(from + step * static_cast<double>(i - first));
    profile.samples[i].python = python;
  }
}

}  // namespace

Profile waiting_profile() {
  ProfileBuilder b;
  b.profile.info.command = "python3 jobs.py";
  b.profile.info.runnable_source = "run_delay";
  b.profile.quality.offcpu = {.stretches = 1206, .kept = 31, .lost = 1};
  const ModuleId python = b.module("/usr/bin/python3");
  const ModuleId libc = b.module("/usr/lib/libc.so.6");
  const ModuleId kernel = b.module("[kernel]", ModuleKind::kernel);
  const ProcessId process = b.process(200, "python3");
  const ThreadId main = b.thread(process, 200, "MainThread", 0.2);
  const ThreadId one = b.thread(process, 201, "worker-1", 0.9);
  const ThreadId two = b.thread(process, 202, "worker-2", 0.7);
  const ThreadId blind = b.thread(process, 203, "native", 0.1);
  const auto function = [&](const char* name, uint32_t line) {
    const FrameId frame = b.frame(b.function(name, "/src/jobs.py", line, python, Language::python), line + 2);
    b.profile.frames[frame.index()].kind = FrameKind::python;
    return frame;
  };
  const FrameId module = function("<module>", 1);
  const FrameId compute = function("compute", 10);
  const FrameId update = function("update", 20);
  const FrameId fetch = function("fetch", 30);
  const FrameId futex = b.frame(b.function("pthread_cond_timedwait", "", 0, libc));
  const FrameId futex_wait = b.frame(b.function("futex_wait", "", 0, kernel, Language::kernel));
  const FrameId read = b.frame(b.function("read", "", 0, libc));
  const FrameId sleep = b.frame(b.function("clock_nanosleep", "", 0, libc));
  const StackId computing = b.stack({compute});
  const StackId updating = b.stack({compute, update});
  const StackId wants_gil = b.stack({compute, futex, futex_wait});
  const StackId wants_lock = b.stack({compute, update, futex, futex_wait});
  const auto put_samples = [&](ThreadId thread, StackId stack, uint64_t count, double from,
                               PythonState state) {
    const size_t first = b.profile.samples.size();
    b.samples(thread, stack, count);
    place_samples(b.profile, first, from, 0.001, state);
  };
  put_samples(main, b.stack({module}), 200, 0.0, PythonState::python);
  put_samples(one, computing, 600, 0.2, PythonState::python);
  put_samples(two, computing, 300, 0.8, PythonState::python);
  put_samples(one, updating, 300, 1.1, PythonState::python);
  put_samples(two, updating, 400, 1.4, PythonState::native_nogil);

  const auto wait_for_gil = [&](ThreadId thread, double from, double to, ThreadId owner) {
    StretchRow& row = b.stretch(thread, wants_gil, ThreadState::gil, from, to);
    row.python = PythonState::gil_wait;
    row.object = b.text("interpreter 0");
    row.object_address = 0x7f0000001000;
    row.owner = owner;
  };
  const auto wait_for_lock = [&](ThreadId thread, double from, double to, ThreadId owner, uint32_t weight) {
    StretchRow& row = b.stretch(thread, wants_lock, ThreadState::lock, from, to);
    row.python = PythonState::native_nogil;
    row.object = b.text("totals_lock");
    row.object_address = 0x7f0000002040;
    row.owner = owner;
    row.weight = weight;
  };
  wait_for_gil(two, 0.2, 0.8, one);
  wait_for_gil(one, 0.8, 1.1, two);
  b.stretch(main, b.stack({module, fetch, read}), ThreadState::io, 0.2, 0.9).object = b.text("pipe:[77]");
  b.stretch(main, b.stack({module, sleep}), ThreadState::sleep, 0.9, 1.9).runnable_ns = ns_of(0.1);
  for (int i = 0; i < 20; ++i) wait_for_lock(two, 1.1 + 0.015 * i, 1.1 + 0.015 * i + 0.0002, one, 50);
  wait_for_lock(one, 1.4, 1.8, two, 1);
  b.stretch(one, b.stack({module, futex, futex_wait}), ThreadState::cond, 1.8, 1.9);
  StretchRow& unknown = b.stretch(one, wants_lock, ThreadState::lock, 1.9, 1.95);
  unknown.object_address = 0x7f0000003080;
  b.stretch(two, StackId::none(), ThreadState::other, 1.8, 1.85);
  b.waited(main, 1.7, 0.1);
  b.waited(one, 1.1, 0.25);
  b.waited(two, 1.0, 0.1);
  b.waited(blind, 1.9, 0.0);
  b.profile.threads[main.index()].voluntary_switches = 3;
  b.profile.threads[one.index()].voluntary_switches = 5;
  b.profile.threads[two.index()].voluntary_switches = 1193;
  b.profile.threads[two.index()].forced_switches = 5;
  return b.build();
}

Profile hostile_profile() {
  ProfileBuilder b;
  const ModuleId app = b.module("/tmp/\x1b]0;title\x07/a\npp");
  const ProcessId process = b.process(1, "e\x1b[2Jvil\r");
  const ThreadId thread = b.thread(process, 1, "\xe2\x80\xaegnp.exe", 1.0);
  const FrameId escape = b.frame(b.function("clear\x1b[2J\x1b[1;1H", "/src/\tx\n.c", 3, app), 4);
  const FrameId broken = b.frame(b.function("bad\xff\xc0\xaf\xed\xa0\x80utf8", "", 0, app));
  const FrameId override_frame =
      b.frame(b.function("a\xe2\x80\xae"
                         "cba\xc2\x9b"
                         "31m",
                         "", 0, app));
  const FrameId huge = b.frame(b.function(std::string(100'000, 'x'), "", 0, app));
  const FrameId quoted = b.frame(b.function("quo\"te\\back", "/src/ä日本.c", 1, app), 1);
  const FrameId nameless = b.nameless_frame(app, 1);
  for (const FrameId frame : {escape, broken, override_frame, huge, quoted, nameless}) {
    b.samples(thread, b.stack({frame}), 10);
  }
  b.profile.info.command = "x\x1b[31m\xff";
  b.profile.quality.engine = "perf\x1b[0m";
  b.profile.quality.warnings = {"line\nbreak\x1b[5m"};
  return b.build();
}

Profile poor_profile() {
  ProfileBuilder b;
  const std::string hostile = "/tmp/\x1b]0;title\x07/lib\nevil\xe2\x80\xae.so";
  const ModuleId app = b.module("/usr/bin/app");
  const ModuleId evil = b.module(hostile);
  const ModuleId generated = b.module("[jit]", ModuleKind::jit);
  const ModuleId kernel = b.module("[kernel]", ModuleKind::kernel);
  const ProcessId process = b.process(100, "app");
  const ThreadId good = b.thread(process, 100, "app", 1.0);
  const ThreadId bad = b.thread(process, 101, "re\x1b[1mnder", 0.5);
  const FrameId main = b.frame(b.function("main", "/src/app/main.cc", 10, app), 14);
  const FrameId nameless = b.nameless_frame(evil, 0x10);
  const FrameId code = b.nameless_frame(generated, 0x7f0000);
  const FrameId in_kernel = b.nameless_frame(kernel, 0xffffffff81000000);
  b.profile.frames[in_kernel.index()].kind = FrameKind::kernel;

  b.samples(good, b.stack({main}), 700);
  b.samples(good, b.stack({main, in_kernel}), 100);
  b.samples(bad, b.stack({nameless}), 200, StackClass::incomplete);
  b.samples(bad, b.stack({code}), 100, StackClass::incomplete);
  b.samples(bad, b.stack({main, nameless}), 50, StackClass::truncated);
  b.samples(bad, StackId::none(), 30, StackClass::none);
  Quality& quality = b.profile.quality;
  quality.stacks.blame = {
      {hostile, LossReason::no_unwind_info, 120}, {"[jit]", LossReason::no_unwind_info, 100},
      {hostile, LossReason::bad_unwind_info, 60}, {"", LossReason::stack_copy_short, 50},
      {"", LossReason::no_registers, 30},         {"", LossReason::unreadable_memory, 12},
      {"/usr/bin/app", LossReason::loop, 8}};
  quality.symbols.blame = {{hostile, LossReason::no_symbols, 1},
                           {"[jit]", LossReason::no_symbols, 1},
                           {"[kernel]", LossReason::no_symbols, 1}};
  quality.samples.lost_kernel = 90;
  return b.build();
}

}  // namespace strobe::test
