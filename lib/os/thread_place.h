// Where and how promptly the calling thread runs. Requests only: what is refused stays as it was.
#pragma once

namespace strobe::os {

/// From now on the calling thread runs on this CPU only (sched_setaffinity(2)); false where it may not.
bool stay_on_cpu(int cpu);

/// The calling thread asks for short turns on the CPU, which Linux gives it the sooner when it wakes
/// (from 6.12 on: sched_setattr(2), sched_runtime of a normal thread).
void ask_for_short_turns();

}  // namespace strobe::os
