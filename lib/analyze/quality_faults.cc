#include "analyze/quality_faults.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace strobe::analyze {
namespace {

constexpr double kMostOfThem = 0.6;          // of the incomplete stacks: one thread or process is to blame
constexpr double kFarMoreThanItsPart = 1.5;  // times its part of the samples

double share_of(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

bool is_nameless(const FrameRow& frame) {
  return frame.function.is_none() && (frame.kind == FrameKind::native || frame.kind == FrameKind::kernel);
}

const ModuleRow* module_of(const Profile& profile, const FrameRow& frame) {
  return frame.module.index() < profile.modules.size() ? &profile.modules[frame.module.index()] : nullptr;
}

/// Frames of all modules of one name, and their samples.
void count_frames(const Profile& profile, std::map<std::string, NamelessModule>& modules) {
  std::vector<uint64_t> leaf_samples(profile.frames.size());
  for (const SampleRow& sample : profile.samples) {
    if (sample.stack.index() >= profile.stacks.size()) continue;
    const size_t frame = profile.stacks[sample.stack.index()].frame.index();
    if (frame < leaf_samples.size()) ++leaf_samples[frame];
  }
  for (size_t i = 0; i < profile.frames.size(); ++i) {
    const FrameRow& frame = profile.frames[i];
    const ModuleRow* row = module_of(profile, frame);
    if (row == nullptr || frame.kind == FrameKind::inlined || frame.kind == FrameKind::python) continue;
    const auto module = modules.find(profile.text(row->path));
    if (module == modules.end()) continue;
    module->second.kind = row->kind;
    ++module->second.frames;
    if (is_nameless(frame)) module->second.samples += leaf_samples[i];
  }
}

/// Stored and incomplete samples of a thread or process.
struct Part {
  uint64_t stored = 0;
  uint64_t not_complete = 0;
};

bool is_to_blame(const Part& part, uint64_t all_stored, uint64_t all_not_complete) {
  const double faults = share_of(part.not_complete, all_not_complete);
  return faults >= kMostOfThem && faults >= kFarMoreThanItsPart * share_of(part.stored, all_stored);
}

}  // namespace

bool is_complete(StackClass stack_class) {
  return stack_class == StackClass::complete || stack_class == StackClass::completed;
}

std::vector<StackFault> find_stack_faults(const Quality& quality) {
  std::vector<StackFault> faults;
  for (const Blame& blame : quality.stacks.blame) {
    faults.push_back(
        {blame.module, blame.reason, blame.count, share_of(blame.count, quality.samples.stored)});
  }
  return faults;
}

std::vector<NamelessModule> find_nameless_modules(const Profile& profile) {
  std::map<std::string, NamelessModule> modules;
  for (const Blame& blame : profile.quality.symbols.blame) {  // most first
    auto [module, is_new] = modules.try_emplace(blame.module);
    if (is_new) module->second.reason = blame.reason;
    module->second.missing += blame.count;
  }
  count_frames(profile, modules);
  std::vector<NamelessModule> rows;
  for (auto& [name, module] : modules) {
    module.module = name;
    module.share = share_of(module.samples, profile.quality.samples.stored);
    rows.push_back(std::move(module));
  }
  std::stable_sort(rows.begin(), rows.end(), [](const NamelessModule& a, const NamelessModule& b) {
    return std::tuple(b.samples, b.missing) < std::tuple(a.samples, a.missing);
  });
  return rows;
}

std::vector<ThreadFault> find_thread_faults(const Profile& profile) {
  std::vector<Part> parts(profile.threads.size());
  uint64_t all = 0;
  for (const SampleRow& sample : profile.samples) {
    if (sample.thread.index() >= parts.size()) continue;
    Part& part = parts[sample.thread.index()];
    ++part.stored;
    if (is_complete(sample.stack_class)) continue;
    ++part.not_complete;
    ++all;
  }
  std::vector<ThreadFault> faults;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].not_complete == 0) continue;
    const ThreadRow& thread = profile.threads[i];
    ThreadFault fault{.tid = thread.tid,
                      .thread = profile.text(thread.name),
                      .stored = parts[i].stored,
                      .not_complete = parts[i].not_complete,
                      .share = share_of(parts[i].not_complete, all)};
    if (thread.process.index() < profile.processes.size()) {
      const ProcessRow& process = profile.processes[thread.process.index()];
      fault.pid = process.pid;
      fault.process = profile.text(process.command);
    }
    faults.push_back(std::move(fault));
  }
  std::stable_sort(faults.begin(), faults.end(), [](const ThreadFault& a, const ThreadFault& b) {
    return a.not_complete > b.not_complete;
  });
  return faults;
}

std::string name_faulty_thread(const std::vector<ThreadFault>& faults, uint64_t stored) {
  Part whole{.stored = stored};
  for (const ThreadFault& fault : faults) whole.not_complete += fault.not_complete;
  if (faults.empty()) return {};
  const ThreadFault& first = faults.front();
  if (is_to_blame({first.stored, first.not_complete}, whole.stored, whole.not_complete)) {
    return fmt::format("thread {} ({}) of process {} has {:.0f} % of them", first.tid, first.thread,
                       first.pid, first.share * 100);
  }
  std::map<int32_t, Part> processes;
  for (const ThreadFault& fault : faults) {
    processes[fault.pid].stored += fault.stored;
    processes[fault.pid].not_complete += fault.not_complete;
  }
  for (const auto& [pid, part] : processes) {
    if (!is_to_blame(part, whole.stored, whole.not_complete)) continue;
    const auto named = std::find_if(faults.begin(), faults.end(),
                                    [&, id = pid](const ThreadFault& fault) { return fault.pid == id; });
    return fmt::format("process {} ({}) has {:.0f} % of them", pid, named->process,
                       share_of(part.not_complete, whole.not_complete) * 100);
  }
  return {};
}

}  // namespace strobe::analyze
