#include "workflow/moment_profile.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include "base/clock.h"

namespace strobe::workflow {
namespace {

constexpr size_t kMaxFramePointers = 64;           // tried for one thread
constexpr uint64_t kMaxFrameBytes = 1 << 20;       // between a frame pointer and the caller's
constexpr size_t kFramePointerSearch = 32 * 1024;  // bytes of stack

template <class Row>
void append(std::vector<Row>& to, std::vector<Row>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

template <class Id, class Row>
void replace(std::vector<Row>& rows, std::vector<std::pair<Id, Row>>& changed) {
  for (auto& [id, row] : changed) {
    rows.resize(std::max(rows.size(), id.index() + 1));
    rows[id.index()] = std::move(row);
  }
}

void apply_delta(RecordingDelta delta, Profile& profile) {
  append(profile.strings, delta.strings);
  append(profile.modules, delta.modules);
  append(profile.functions, delta.functions);
  append(profile.frames, delta.frames);
  append(profile.stacks, delta.stacks);
  append(profile.samples, delta.samples);
  replace(profile.processes, delta.processes);
  replace(profile.threads, delta.threads);
}

void add_sample(record::SampleSink& sink, const ThreadLook& look, uint64_t frame_pointer) {
  RawSample sample;
  sample.time_ns = monotonic_now_ns();
  sample.pid = look.pid;
  sample.tid = look.tid;
  sample.has_registers = true;
  sample.registers = look.registers;
  if (frame_pointer != 0) sample.registers.value[x86_64::kRbp] = frame_pointer;
  sample.stack = look.stack;
  sample.stack_full = look.stack_full;
  if (look.has_python) sample.python = &look.python;
  sink.on_sample(sample);
}

bool is_whole(const SampleRow& sample) {
  return sample.stack_class == StackClass::complete || sample.stack_class == StackClass::completed;
}

/// The kernel tells the stack pointer and the program counter of a blocked thread only. Where a function
/// keeps its frame by the frame pointer, that is one of these: a place on the stack with a caller's frame
/// pointer and a return address. Innermost first.
std::vector<uint64_t> find_frame_pointers(const ThreadLook& look, const AddressSpace& space) {
  std::vector<uint64_t> found;
  const uint64_t base = look.registers.value[x86_64::kRsp];
  const size_t size = std::min(look.stack.size(), kFramePointerSearch);
  for (size_t at = 0; at + 16 <= size && found.size() < kMaxFramePointers; at += 8) {
    uint64_t words[2];
    std::memcpy(words, look.stack.data() + at, sizeof words);
    const uint64_t place = base + at;
    const bool points_up = words[0] > place && words[0] - place < kMaxFrameBytes;
    if ((points_up || words[0] == 0) && space.find(RuntimeAddr{words[1]}) != nullptr) found.push_back(place);
  }
  return found;
}

/// Adds what the sink has; the first whole sample of those since `first`, or `first` itself.
uint32_t choose_sample(const Profile& profile, size_t first) {
  const auto begin = profile.samples.begin() + static_cast<ptrdiff_t>(first);
  const auto whole = std::find_if(begin, profile.samples.end(), is_whole);
  return static_cast<uint32_t>(whole == profile.samples.end() ? first : whole - profile.samples.begin());
}

}  // namespace

MomentProfile make_moment_profile(record::SampleSink& sink, const std::vector<ThreadLook>& looks) {
  MomentProfile result;
  Profile& profile = result.profile;
  profile.state = RecordingState::recorded;
  for (const ThreadLook& look : looks) {
    if (!look.has_registers) {
      result.samples.push_back(MomentProfile::kNoSample);
      continue;
    }
    const size_t first = profile.samples.size();
    add_sample(sink, look, 0);
    apply_delta(sink.take_delta(), profile);
    if (profile.samples.size() == first) {
      result.samples.push_back(MomentProfile::kNoSample);
      continue;
    }
    if (!is_whole(profile.samples[first]) && look.blocked) {
      const AddressSpace& space = sink.tracker().process(look.pid, monotonic_now_ns()).space;
      for (const uint64_t pointer : find_frame_pointers(look, space)) add_sample(sink, look, pointer);
      apply_delta(sink.take_delta(), profile);
    }
    result.samples.push_back(choose_sample(profile, first));
  }
  return result;
}

}  // namespace strobe::workflow
