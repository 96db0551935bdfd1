// What a thread does, by what one look at it told. Pure.
#pragma once

#include "model/dump.h"
#include "workflow/thread_look.h"

namespace strobe::workflow {

[[nodiscard]] ThreadState state_of(const ThreadLook& look);

}  // namespace strobe::workflow
