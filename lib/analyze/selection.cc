#include "analyze/selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace strobe::analyze {
namespace {

constexpr size_t kNamesInHint = 8;

bool is_meant(const std::string& asked, int32_t id, const std::string& name) {
  return asked.empty() || asked == name || asked == std::to_string(id);
}

const ProcessRow* process_of(const Profile& profile, const ThreadRow& thread) {
  const size_t index = thread.process.index();
  return index < profile.processes.size() ? &profile.processes[index] : nullptr;
}

std::string list_some(const std::set<std::string>& names) {
  std::string text;
  size_t count = 0;
  for (const std::string& name : names) {
    if (count == kNamesInHint) return text + ", …";
    text += (count++ == 0 ? "" : ", ") + name;
  }
  return text;
}

std::string describe_choices(const Profile& profile, bool threads) {
  std::set<std::string> names;
  if (threads) {
    for (const ThreadRow& row : profile.threads) {
      names.insert(fmt::format("{} ({})", profile.text(row.name), row.tid));
    }
  } else {
    for (const ProcessRow& row : profile.processes) {
      names.insert(fmt::format("{} ({})", profile.text(row.command), row.pid));
    }
  }
  return list_some(names);
}

}  // namespace

SelectedThreads select_all(const Profile& profile) { return SelectedThreads(profile.threads.size(), true); }

Result<SelectedThreads> select_threads(const Profile& profile, const Selection& selection) {
  SelectedThreads selected(profile.threads.size(), false);
  bool any_process = false;
  bool any = false;
  for (size_t i = 0; i < profile.threads.size(); ++i) {
    const ThreadRow& thread = profile.threads[i];
    const ProcessRow* process = process_of(profile, thread);
    if (!selection.process.empty() &&
        (process == nullptr || !is_meant(selection.process, process->pid, profile.text(process->command)))) {
      continue;
    }
    any_process = true;
    selected[i] = is_meant(selection.thread, thread.tid, profile.text(thread.name));
    any = any || selected[i];
  }
  if (!selection.process.empty() && !any_process) {
    return fail(ErrorCode::not_found, fmt::format("no process '{}' in this recording", selection.process),
                "it has: " + describe_choices(profile, false));
  }
  if (!selection.thread.empty() && !any) {
    return fail(ErrorCode::not_found, fmt::format("no thread '{}' in this recording", selection.thread),
                "it has: " + describe_choices(profile, true));
  }
  return selected;
}

}  // namespace strobe::analyze
