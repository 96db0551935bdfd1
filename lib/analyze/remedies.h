// The commands that would change a refusal, for this user on this machine. What cannot help (sudo under
// no_new_privs, sysctl in a container) is not proposed, or with the place where it would.
#pragma once

#include <string>
#include <vector>

#include "model/rights.h"

namespace strobe::analyze {

/// What stands behind a refused perf_event_open.
enum class RefusalCause : uint8_t {
  seccomp,   ///< a filter of the container or sandbox
  paranoid,  ///< kernel.perf_event_paranoid
  absent,    ///< the kernel does not have it
  resource,  ///< descriptors or memory
  other,     ///< a security module, most likely
};
[[nodiscard]] RefusalCause cause_of_perf_refusal(const MachineFacts& facts, const Attempt& attempt);

/// `capability` as in capabilities(7), without "CAP_": "PERFMON". Rights that are there are not proposed.
[[nodiscard]] bool has_capability(const OwnFacts& own, std::string_view capability);

/// "sudo sysctl NAME=VALUE", with the note where it has to be done.
[[nodiscard]] std::string sysctl_command(const OwnFacts& own, std::string_view setting);

/// Ways to that capability: setcap on the program, the container's options, root.
[[nodiscard]] std::vector<std::string> capability_remedies(const OwnFacts& own, std::string_view capability);

/// What would allow BPF programs on perf events, which takes CAP_PERFMON as well.
[[nodiscard]] std::vector<std::string> bpf_remedies(const OwnFacts& own);

/// What would let perf events through that were refused; `paranoid` is the level that would do.
[[nodiscard]] std::vector<std::string> perf_remedies(const MachineFacts& facts, const Attempt& attempt,
                                                     int paranoid);

/// Appends those that are not there yet.
void add_remedies(std::vector<std::string>& remedies, const std::vector<std::string>& more);

/// "Permission denied (EACCES)" and the like; "worked", "not tried".
[[nodiscard]] std::string describe(const Attempt& attempt);

}  // namespace strobe::analyze
