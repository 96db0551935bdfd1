#include "analyze/exchange.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "analyze/thread_states.h"

namespace strobe::analyze {
namespace {

constexpr std::string_view kPipe = "pipe:[";
constexpr std::string_view kArrow = " -> ";

/// One name for both ends: "tcp A -> B" and "tcp B -> A" are one connection. Empty for what leads nowhere.
std::string channel_of(const std::string& object) {
  if (object.starts_with(kPipe) || object.starts_with("unix ")) return object;
  const size_t space = object.find(' ');
  const size_t arrow = object.find(kArrow);
  if (space == std::string::npos || arrow == std::string::npos || arrow <= space) return {};
  std::string near = object.substr(space + 1, arrow - space - 1);
  std::string far = object.substr(arrow + kArrow.size());
  if (far < near) std::swap(near, far);
  return object.substr(0, space + 1) + near + std::string(kArrow) + far;
}

}  // namespace

double measure_exchange(const Profile& profile, const SelectedThreads& selected) {
  if (profile.processes.size() < 2 || profile.stretches.empty()) return 0;
  const StretchWeights weights = weigh_stretches(profile, selected);
  struct Channel {
    std::set<ProcessId> processes;  // of all threads, selected or not
    double seconds = 0;
  };
  std::map<std::string, Channel> channels;
  for (size_t i = 0; i < profile.stretches.size(); ++i) {
    const StretchRow& stretch = profile.stretches[i];
    if (stretch.state != ThreadState::io || stretch.object.is_none()) continue;
    std::string name = channel_of(profile.text(stretch.object));
    if (name.empty() || stretch.thread.index() >= profile.threads.size()) continue;
    Channel& channel = channels[std::move(name)];
    channel.processes.insert(profile.threads[stretch.thread.index()].process);
    channel.seconds += weights.stretches[i].waiting;
  }
  double sum = 0;
  for (const auto& [name, channel] : channels) {
    if (channel.processes.size() > 1 || name.starts_with(kPipe)) sum += channel.seconds;
  }
  return sum;
}

}  // namespace strobe::analyze
