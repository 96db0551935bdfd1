#include "analyze/own_waits.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "analyze/stack_sums.h"
#include "analyze/thread_states.h"

namespace strobe::analyze {
namespace {

constexpr double kMinSeconds = 1e-6;

/// Python's own library and what comes with it: "/usr/lib/python3.11/threading.py", "<frozen runpy>"; not
/// what was installed by the user.
bool is_standard_library(const FunctionIdentity& function) {
  const std::string_view file = function.file;
  if (file.empty() || file.starts_with("<frozen ")) return true;  // without a file: C, named by Python
  return file.find("/lib/python3") != std::string_view::npos &&
         file.find("/site-packages/") == std::string_view::npos &&
         file.find("/dist-packages/") == std::string_view::npos;
}

bool is_below_programs(const FunctionIdentity& function) {
  if (function.language == Language::kernel || function.pseudo) return true;
  const std::string module = basename_of(function.module);
  return module.starts_with("libc.so") || module.starts_with("libpthread") ||
         module.starts_with("ld-linux") || module.starts_with("libstdc++") || module.starts_with("[vdso]") ||
         module.starts_with("ld-musl");
}

}  // namespace

std::optional<uint32_t> find_own_function(const Profile& profile, const FrameFunctions& functions,
                                          StackId stack) {
  std::optional<uint32_t> python;
  std::optional<uint32_t> native;
  while (stack.index() < profile.stacks.size()) {
    const FrameId frame = profile.stacks[stack.index()].frame;
    const bool interpreter =
        frame.index() < profile.frames.size() && profile.frames[frame.index()].kind == FrameKind::interpreter;
    const auto keys = functions.frames.at(frame);
    for (auto key = keys.rbegin(); key != keys.rend(); ++key) {  // innermost first
      const FunctionIdentity& function = functions.functions[*key];
      if (function.language == Language::python) {
        if (!is_standard_library(function)) return *key;
        if (!python) python = *key;
      } else if (!native && !interpreter && !is_below_programs(function)) {
        native = *key;
      }
    }
    stack = parent_of(profile, stack);
  }
  return python ? python : native;
}

std::vector<WaitPlace> find_own_waits(const Profile& profile) {
  if (!profile.info.wall || profile.stretches.empty()) return {};
  const StretchWeights weights = weigh_stretches(profile, find_working_threads(profile));
  const FrameFunctions functions = frame_functions(profile);
  std::map<std::pair<ThreadState, uint32_t>, double> sums;
  std::map<StackId, std::optional<uint32_t>> known;
  for (size_t i = 0; i < profile.stretches.size(); ++i) {
    const StretchRow& stretch = profile.stretches[i];
    if (stretch.stack.is_none() || weights.stretches[i].waiting < kMinSeconds) continue;
    const auto [place, fresh] = known.try_emplace(stretch.stack);
    if (fresh) place->second = find_own_function(profile, functions, stretch.stack);
    if (place->second) sums[{stretch.state, *place->second}] += weights.stretches[i].waiting;
  }
  std::vector<WaitPlace> result;
  result.reserve(sums.size());
  for (const auto& [key, sum] : sums) result.push_back({key.first, functions.functions[key.second], sum});
  std::ranges::stable_sort(result, std::ranges::greater{}, &WaitPlace::seconds);
  return result;
}

}  // namespace strobe::analyze
