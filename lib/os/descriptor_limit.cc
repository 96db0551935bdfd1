#include "os/descriptor_limit.h"

#include <sys/resource.h>

#include <algorithm>
#include <utility>

namespace strobe::os {

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);  // refused: then there are fewer to be opened
}

UniqueFd keep_if_plenty(UniqueFd fd) {
  constexpr rlim_t kReserve = 40;
  rlimit limit{};
  if (!fd || ::getrlimit(RLIMIT_NOFILE, &limit) != 0) return fd;
  // The kernel hands out the lowest number that is free, so a high one means that few are left.
  const rlim_t kept = std::max(limit.rlim_cur, kReserve) - kReserve;
  return static_cast<rlim_t>(fd.get()) < kept ? std::move(fd) : UniqueFd();
}

}  // namespace strobe::os
