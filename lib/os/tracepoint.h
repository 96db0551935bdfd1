// Tracepoints of the kernel, as tracefs describes them. Nothing on the machine is changed: where tracefs is
// not mounted and the rights are there, it is read through a mount that nobody else sees and that ends with
// its descriptor (fsmount(2)). Free of state, from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace strobe::os {

/// A file of tracefs, as "events/sched/sched_switch/id". Needs root where it is not mounted, and mostly else.
Result<std::string> read_tracefs_file(const std::string& path);

/// A tracepoint about one thread.
struct Tracepoint {
  uint64_t id = 0;        ///< for perf_event_attr.config
  size_t pid_offset = 0;  ///< in its record: where the 4 bytes of the field "pid" are
};
/// `name` as "sched/sched_waking".
Result<Tracepoint> read_tracepoint(const std::string& name);

/// Where a field of 4 bytes is, by a tracepoint's file `format`. Pure.
[[nodiscard]] std::optional<size_t> find_field_offset(std::string_view format, std::string_view field);

/// Whether thread ids in tracepoints' records are those that this process sees: they are those of the first
/// pid namespace.
[[nodiscard]] bool sees_first_pids();

}  // namespace strobe::os
