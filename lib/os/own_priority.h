// When Strobe's own threads get a CPU.
#pragma once

namespace strobe::os {

/// For a thread that holds up others while it works: puts it before all ordinary threads, and where that is
/// refused (it needs CAP_SYS_NICE) asks to wait less and be interrupted sooner. For short work only. The
/// calling thread, until it ends.
void put_this_thread_first();

}  // namespace strobe::os
