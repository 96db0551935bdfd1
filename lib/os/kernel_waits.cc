#include "os/kernel_waits.h"

#include <algorithm>
#include <charconv>

#include "os/procfs.h"

namespace strobe::os {
namespace {

constexpr size_t kMaxKallsymsBytes = size_t{256} << 20;
constexpr uint64_t kMaxFunctionBytes = 16'384;

}  // namespace

KernelWaits KernelWaits::read() {
  const auto text = read_proc_file("/proc/kallsyms", kMaxKallsymsBytes);
  return text ? decode(*text) : KernelWaits{};
}

KernelWaits KernelWaits::decode(std::string_view kallsyms) {
  KernelWaits waits;
  std::vector<uint64_t> starts;  // of all symbols: each ends where the next one begins
  while (!kallsyms.empty()) {
    const size_t size = std::min(kallsyms.find('\n'), kallsyms.size());
    const std::string_view line = kallsyms.substr(0, size);
    kallsyms.remove_prefix(std::min(size + 1, kallsyms.size()));
    uint64_t address = 0;
    const char* end = line.data() + line.size();
    const auto [rest, error] = std::from_chars(line.data(), end, address, 16);
    if (error != std::errc{} || end - rest < 4 || rest[0] != ' ' || rest[2] != ' ' || address == 0) continue;
    starts.push_back(address);
    std::string_view name(rest + 3, static_cast<size_t>(end - rest - 3));
    name = name.substr(0, name.find_first_of("\t "));
    const bool code = rest[1] == 't' || rest[1] == 'T' || rest[1] == 'w' || rest[1] == 'W';
    const KernelWait wait = code ? wait_of_kernel_function(name) : KernelWait::none;
    if (wait != KernelWait::none) waits.places_.push_back({.start = address, .wait = wait});
  }
  std::ranges::sort(starts);
  std::ranges::sort(waits.places_, {}, &Place::start);
  const auto same = [](const Place& a, const Place& b) { return a.start == b.start; };
  waits.places_.erase(std::unique(waits.places_.begin(), waits.places_.end(), same), waits.places_.end());
  for (Place& place : waits.places_) {
    const auto next = std::ranges::upper_bound(starts, place.start);
    place.end = next == starts.end() ? place.start + kMaxFunctionBytes : *next;
  }
  return waits;
}

KernelWait KernelWaits::find(std::span<const uint64_t> chain) const {
  for (const uint64_t address : chain) {
    const auto behind = std::ranges::upper_bound(places_, address, {}, &Place::start);
    if (behind == places_.begin()) continue;
    const Place& place = *std::prev(behind);
    if (address <= place.end) return place.wait;  // a return address may be the function's very end
  }
  return KernelWait::none;
}

}  // namespace strobe::os
