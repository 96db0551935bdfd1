// Machines and targets as `strobe doctor` would find them, for tests of its judgement.
#pragma once

#include "model/rights.h"

namespace strobe::test {

[[nodiscard]] MachineFacts root_machine();         ///< everything is allowed
[[nodiscard]] MachineFacts user_machine();         ///< an ordinary user at paranoid 2, yama 1
[[nodiscard]] MachineFacts debian_user_machine();  ///< the same at paranoid 3: ptrace only
[[nodiscard]] MachineFacts container_machine();    ///< docker: its seccomp filter refuses perf
[[nodiscard]] MachineFacts closed_machine();       ///< a filter refuses perf and ptrace

[[nodiscard]] TargetFacts own_target();      ///< everything is allowed
[[nodiscard]] TargetFacts refused_target();  ///< everything is refused

[[nodiscard]] Attempt worked();
[[nodiscard]] Attempt refused(int sys_errno);

}  // namespace strobe::test
