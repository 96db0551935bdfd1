// What a thread does, by what one look at it told. Pure.
#pragma once

#include "model/dump.h"
#include "workflow/thread_look.h"

namespace strobe::workflow {

[[nodiscard]] ThreadState state_of(const ThreadLook& look);

/// The same, once its functions have names: they tell locks from conditions where the futex does not.
[[nodiscard]] ThreadState state_by_functions(ThreadState state, const std::vector<DumpedFrame>& frames);

}  // namespace strobe::workflow
