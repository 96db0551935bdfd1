// Strobe's own privileges: where it was started with more than it needs, it gives the rest up once events are
// open, before it reads a byte that a target could have prepared.
#pragma once

namespace strobe::os {

/// Reduces the calling thread (and those it starts) to the capabilities that recording and symbolizing can
/// still need: CAP_PERFMON, CAP_IPC_LOCK, CAP_BPF, CAP_SYS_PTRACE, CAP_SYSLOG, CAP_KILL and reading or
/// writing any file. Programs it would start gain nothing either (PR_SET_NO_NEW_PRIVS). Cannot fail: rights
/// are only given up. Linux has capabilities per thread (capabilities(7)): every thread that runs already
/// calls this itself.
void drop_unneeded_rights();

}  // namespace strobe::os
