// What a thread waits for, by the number of the system call it is blocked in (call_state_<architecture>.cc).
#pragma once

#include <cstdint>

#include "model/dump.h"

namespace strobe::os {

/// ThreadState::other for calls that tell nothing.
[[nodiscard]] ThreadState state_of_call(uint64_t number);

/// Whether it is futex(2), whose first argument is the address waited for.
[[nodiscard]] bool is_futex(uint64_t number);

}  // namespace strobe::os
