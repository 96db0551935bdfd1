#include "os/process_memory.h"

#include <sys/uio.h>

namespace strobe::os {

bool ProcessMemory::read_memory(uint64_t address, std::span<std::byte> out) {
  return read_some(address, out) == out.size();
}

size_t ProcessMemory::read_some(uint64_t address, std::span<std::byte> out) {
  if (out.empty() || address + out.size() < address) return 0;
  iovec local{.iov_base = out.data(), .iov_len = out.size()};
  // NOLINTNEXTLINE(performance-no-int-to-ptr): an address in another process
  iovec remote{.iov_base = reinterpret_cast<void*>(address), .iov_len = out.size()};
  // The manual promises partial transfers by whole iovec elements only; the kernel stops at the first page
  // that is missing and reports what it copied, which is what we want at the end of a stack.
  const ssize_t got = ::process_vm_readv(pid_, &local, 1, &remote, 1, 0);
  return got > 0 ? static_cast<size_t>(got) : 0;
}

}  // namespace strobe::os
