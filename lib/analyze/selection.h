// Which threads a report is about: all, or those of a process or of a name the user gave.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "model/recording.h"

namespace strobe::analyze {

struct Selection {
  std::string process;  ///< a pid or a command name; empty: every process
  std::string thread;   ///< a tid or a thread name; empty: every thread
};

/// By thread of the profile: whether it is in the selection.
using SelectedThreads = std::vector<bool>;

/// Fails where something was asked for and nothing matches; the hint names what there is.
Result<SelectedThreads> select_threads(const Profile& profile, const Selection& selection);

/// Every thread.
[[nodiscard]] SelectedThreads select_all(const Profile& profile);

}  // namespace strobe::analyze
