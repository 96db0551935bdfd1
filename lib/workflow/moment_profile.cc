#include "workflow/moment_profile.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "record/frame_pointer_search.h"

namespace strobe::workflow {
namespace {

template <class Id, class Row>
void replace(std::vector<Row>& rows, std::vector<std::pair<Id, Row>>& changed) {
  for (auto& [id, row] : changed) {
    rows.resize(std::max(rows.size(), id.index() + 1));
    rows[id.index()] = std::move(row);
  }
}

/// The rows of a recording that has just begun.
Profile make_profile(RecordingDelta delta) {
  Profile profile;
  profile.state = RecordingState::recorded;
  profile.strings = std::move(delta.strings);
  profile.modules = std::move(delta.modules);
  profile.functions = std::move(delta.functions);
  profile.frames = std::move(delta.frames);
  profile.stacks = std::move(delta.stacks);
  profile.samples = std::move(delta.samples);
  replace(profile.processes, delta.processes);
  replace(profile.threads, delta.threads);
  return profile;
}

/// The look as a sample; its spans are borrowed from it.
RawSample make_sample(const ThreadLook& look) {
  RawSample sample;
  sample.time_ns = monotonic_now_ns();
  sample.pid = look.pid;
  sample.tid = look.tid;
  sample.has_registers = true;
  sample.registers = look.registers;
  sample.stack = look.stack;
  sample.stack_full = look.stack_full;
  if (look.has_python) sample.python = &look.python;
  return sample;
}

}  // namespace

MomentProfile make_moment_profile(record::SampleSink& sink, std::vector<ThreadLook>& looks) {
  MomentProfile result;
  record::FramePointerSearch frame_pointers(sink.modules());
  uint32_t samples = 0;
  for (ThreadLook& look : looks) {
    result.samples.push_back(look.has_registers ? samples++ : MomentProfile::kNoSample);
    if (!look.has_registers) continue;
    const AddressSpace& space = sink.tracker().process(look.pid, monotonic_now_ns()).space;
    if (look.has_python) sink.on_python(look.pid, look.python);
    RawSample sample = make_sample(look);
    const uint64_t frame_pointer = look.blocked ? frame_pointers.find(sample, space) : 0;
    if (frame_pointer != 0) sample.registers.value[x86_64::kRbp] = frame_pointer;
    sink.on_sample(sample);
  }
  result.profile = make_profile(sink.take_delta());
  return result;
}

}  // namespace strobe::workflow
