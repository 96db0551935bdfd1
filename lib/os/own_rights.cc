#include "os/own_rights.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace strobe::os {
namespace {

constexpr std::array kNeeded = {
    CAP_PERFMON,          // events per CPU, opened when the target turns out to fork a lot
    CAP_IPC_LOCK,         // a ring in place of one that died
    CAP_BPF,              // programs on such events
    CAP_SYS_PTRACE,       // memory, maps and files of targets
    CAP_SYSLOG,           // addresses in /proc/kallsyms
    CAP_KILL,             // signals handed on to a launched program that changed its user
    CAP_DAC_READ_SEARCH,  // binaries and debug files of others
    CAP_DAC_OVERRIDE,     // the recording, in a folder of somebody else (sudo)
};

}  // namespace

void drop_unneeded_rights() {
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> rights{};
  if (::syscall(SYS_capget, &header, rights.data()) != 0) return;
  std::array<uint32_t, _LINUX_CAPABILITY_U32S_3> needed{};
  for (const int capability : kNeeded) {
    needed[static_cast<size_t>(CAP_TO_INDEX(capability))] |= CAP_TO_MASK(capability);
  }
  for (size_t i = 0; i < rights.size(); ++i) {
    rights[i].effective &= needed[i];
    rights[i].permitted &= needed[i];
    rights[i].inheritable = 0;
  }
  // Only ever less than before, which the kernel always grants.
  static_cast<void>(::syscall(SYS_capset, &header, rights.data()));
}

}  // namespace strobe::os
