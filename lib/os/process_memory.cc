#include "os/process_memory.h"

#include <sys/uio.h>

#include <algorithm>
#include <array>

namespace strobe::os {
namespace {

constexpr size_t kMaxPieces = 128;  // IOV_MAX is 1024; a fixed array keeps the stack small

/// One call for at most kMaxPieces; how many were filled.
size_t read_batch(pid_t pid, std::span<const MemoryPiece> pieces) {
  std::array<iovec, kMaxPieces> local{};
  std::array<iovec, kMaxPieces> remote{};
  for (size_t i = 0; i < pieces.size(); ++i) {
    local[i] = {.iov_base = pieces[i].out.data(), .iov_len = pieces[i].out.size()};
    // NOLINTNEXTLINE(performance-no-int-to-ptr): an address in another process
    remote[i] = {.iov_base = reinterpret_cast<void*>(pieces[i].address), .iov_len = pieces[i].out.size()};
  }
  const ssize_t got = ::process_vm_readv(pid, local.data(), pieces.size(), remote.data(), pieces.size(), 0);
  auto left = got > 0 ? static_cast<size_t>(got) : 0;
  size_t filled = 0;
  while (filled < pieces.size() && pieces[filled].out.size() <= left) left -= pieces[filled++].out.size();
  return filled;
}

}  // namespace

bool ProcessMemory::read_memory(uint64_t address, std::span<std::byte> out) {
  return read_some(address, out) == out.size();
}

size_t ProcessMemory::read_many(std::span<const MemoryPiece> pieces) {
  size_t filled = 0;
  while (filled < pieces.size()) {
    const auto batch = pieces.subspan(filled, std::min(kMaxPieces, pieces.size() - filled));
    const size_t count = read_batch(pid_, batch);
    filled += count;
    if (count < batch.size()) break;
  }
  return filled;
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
