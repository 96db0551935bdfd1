// Where the threads of a program that do its work (RunFacts) waited: for every state, the functions of the
// program's own code that led there. Waiting itself always happens in the kernel and in libraries that wrap
// it, which tell nothing. Pure.
#pragma once

#include <vector>

#include "analyze/run_summary.h"

namespace strobe::analyze {

/// Most seconds first. Empty where waiting was not recorded or no stretch has a stack.
[[nodiscard]] std::vector<WaitPlace> find_own_waits(const Profile& profile);

/// The function of a stack to name: the innermost Python function outside the standard library, else the
/// innermost Python function, else the innermost named function that is neither the kernel's nor the C
/// library's. None where there is none.
[[nodiscard]] std::optional<uint32_t> find_own_function(const Profile& profile,
                                                        const FrameFunctions& functions, StackId stack);

}  // namespace strobe::analyze
