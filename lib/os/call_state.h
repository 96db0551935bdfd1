// What a thread waits for, by the number of the system call it is blocked in (call_state_<architecture>.cc).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/byte_reader.h"
#include "model/thread_state.h"

namespace strobe::os {

/// ThreadState::other for calls that tell nothing.
[[nodiscard]] ThreadState state_of_call(uint64_t number);

/// Whether it is futex(2), whose first argument is the address waited for.
[[nodiscard]] bool is_futex(uint64_t number);

/// Which argument is the descriptor of the file waited for; none where there is none, or several.
[[nodiscard]] std::optional<size_t> descriptor_argument(uint64_t number);

/// The number of the call made by the instructions that end `code`, where they tell: it is loaded right
/// before. The program counter of a thread in a system call is behind the instruction that makes it.
[[nodiscard]] std::optional<uint64_t> call_before(Bytes code);

}  // namespace strobe::os
