#include "stack_judge.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "unwind/core/frame_pointer.h"
#include "unwind/core/step.h"

namespace strobe::test {

namespace {

constexpr size_t kLongestCall = 16;
constexpr uint8_t kCallRelative = 0xe8;

int32_t displacement_at(Bytes code, size_t offset) {
  int32_t value = 0;
  std::memcpy(&value, code.data() + offset, sizeof value);
  return value;
}

}  // namespace

const char* name_of(Verdict verdict) {
  constexpr const char* kNames[kVerdictCount] = {"equal", "libunwind stops early", "libunwind is disproven",
                                                 "libunwind goes on behind the end", "unexplained"};
  return kNames[static_cast<size_t>(verdict)];
}

std::vector<uint64_t> addresses_of(const unwind::UnwoundStack& stack) {
  std::vector<uint64_t> out;
  for (const UnwoundFrame& frame : stack.frames) out.push_back(raw(frame.address));
  return out;
}

StackJudge::Place StackJudge::place_of(uint64_t address) const {
  const Mapping* mapping = space_->find(RuntimeAddr{address});
  if (mapping == nullptr) return {};
  return {modules_->find_cfi(mapping->module), raw(mapping->to_file(RuntimeAddr{address})), mapping->bias};
}

uint64_t StackJudge::function_start(uint64_t lookup_address) const {
  const Place place = place_of(lookup_address);
  unwind::Fde fde;
  if (place.module == nullptr ||
      place.module->find_fde(FileAddr{place.file_address}, fde) != unwind::ModuleCfi::Lookup::found) {
    return 0;
  }
  return fde.pc_begin + place.bias;
}

bool StackJudge::is_signal_frame(uint64_t address) const {
  const Place place = place_of(address);
  return place.module != nullptr &&
         unwind::is_signal_trampoline(place.module->code_at(FileAddr{place.file_address}));
}

bool StackJudge::is_thread_start(uint64_t lookup_address) const {
  const Place place = place_of(lookup_address);
  if (place.module == nullptr) return false;
  unwind::UnwindRow row;
  const auto found = place.module->find_row(FileAddr{place.file_address}, row);
  return found == unwind::ModuleCfi::Lookup::found
             ? unwind::is_outermost(row)
             : place.module->is_entry_code(FileAddr{place.file_address});
}

Evidence StackJudge::examine(const std::vector<uint64_t>& frames) const {
  Evidence evidence;
  for (size_t i = 1; i < frames.size(); ++i) {
    const uint64_t address = frames[i];
    if (is_signal_frame(frames[i]) || is_signal_frame(frames[i - 1])) continue;  // entered by the kernel
    const Place place = place_of(address - 1);
    const Bytes before = place.module == nullptr
                             ? Bytes{}
                             : place.module->code_at(FileAddr{place.file_address + 1 - kLongestCall});
    if (before.size() < kLongestCall) {
      ++evidence.unreadable;
      continue;
    }
    const Bytes call = before.first(kLongestCall);
    if (!unwind::ends_in_call(call)) {
      ++evidence.contradicted;
      continue;
    }
    ++evidence.calls;
    if (static_cast<uint8_t>(call[kLongestCall - 5]) != kCallRelative) continue;
    const uint64_t target = address + static_cast<uint64_t>(int64_t{displacement_at(call, kLongestCall - 4)});
    const bool inner_is_call = i > 1;
    const uint64_t function = function_start(frames[i - 1] - (inner_is_call ? 1 : 0));
    if (target == function) ++evidence.direct_calls;
    // A tail call leaves the called function for another one, so only a target that is no code disproves.
    if (place_of(target).module == nullptr) ++evidence.contradicted;
  }
  return evidence;
}

Verdict StackJudge::judge(const unwind::UnwoundStack& ours, const std::vector<uint64_t>& theirs) const {
  const std::vector<uint64_t> frames = addresses_of(ours);
  if (frames == theirs) return Verdict::equal;
  const size_t common = static_cast<size_t>(
      std::mismatch(frames.begin(), frames.end(), theirs.begin(), theirs.end()).first - frames.begin());
  const Evidence evidence = examine(frames);
  const bool proven = evidence.contradicted == 0 && evidence.unreadable == 0;
  const bool reached_end =
      ours.stack_class == StackClass::complete || ours.reason == LossReason::stack_copy_short;
  if (common == theirs.size() && proven && reached_end) return Verdict::libunwind_stops_early;
  if (common == frames.size() && is_thread_start(frames.back() - (frames.size() > 1 ? 1 : 0))) {
    return Verdict::libunwind_goes_on;
  }
  const Evidence other = examine(theirs);
  if (proven && reached_end && (other.contradicted != 0 || other.unreadable != 0)) {
    return Verdict::libunwind_is_disproven;
  }
  return Verdict::unexplained;
}

std::string StackJudge::describe(const std::vector<uint64_t>& frames, size_t first) const {
  std::string text;
  for (size_t i = first; i < frames.size() && i < first + 6; ++i) {
    const Mapping* mapping = space_->find(RuntimeAddr{frames[i]});
    text += mapping == nullptr ? fmt::format(" ?{:#x}", frames[i])
                               : fmt::format(" {}+{:#x}", mapping->module.value,
                                             raw(mapping->to_file(RuntimeAddr{frames[i]})));
  }
  return text;
}

}  // namespace strobe::test
