// What the system says of this process and this machine, for `strobe doctor`: settings, limits, capabilities
// and the signs of a container. Reads only; nothing is tried. Any thread.
#pragma once

#include "model/rights.h"

namespace strobe::os {

[[nodiscard]] SystemSettings read_settings();
[[nodiscard]] OwnFacts read_own_facts();

/// Whether /proc/kallsyms shows addresses; its first lines are enough to tell.
[[nodiscard]] bool kernel_addresses_are_visible();

/// Whether the description of a tracepoint every kernel has can be read, and its number.
struct TracepointNumber {
  Attempt read;
  uint64_t id = 0;
};
[[nodiscard]] TracepointNumber read_switch_tracepoint();

/// Makes and removes an empty file in `path`, or where that does not exist in the nearest folder above it
/// that does: Strobe would make the ones between.
[[nodiscard]] Attempt try_write_folder(const std::string& path);

/// Whether the library that talks to debuginfod servers can be loaded. Contacts nobody.
[[nodiscard]] bool has_debuginfod_library();

/// The value of a line of a /proc/…/status text ("CapEff"), without blanks around it; empty where there is
/// none. Pure.
[[nodiscard]] std::string_view find_status_value(std::string_view status, std::string_view name);

}  // namespace strobe::os
