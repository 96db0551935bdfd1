#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "analyze/machine_findings.h"
#include "analyze/remedies.h"

namespace strobe::analyze {
namespace {

constexpr double kMiB = 1024.0 * 1024.0;
constexpr double kSampleBytes = 16.5 * 1024;  // one with the usual copy of the stack
constexpr double kUsualRate = 1000;           // samples a second of one busy CPU
constexpr double kEnoughSeconds = 0.1;        // of samples in a ring: Strobe looks every few milliseconds
constexpr uint64_t kFewDescriptors = 4096;

}  // namespace

Finding rings_finding(const MachineFacts& facts) {
  Finding finding{.id = "rings", .title = "ring buffers"};
  const auto granted = static_cast<double>(facts.perf.ring_bytes);
  const double cpus = static_cast<double>(std::max<size_t>(facts.cpus, 1));
  if (facts.perf.ring_bytes == 0) {
    finding.state = facts.perf.user.worked() ? FindingState::refused : FindingState::absent;
    finding.found = facts.perf.user.worked() ? "no memory for them" : "not tried: there are no perf events";
    if (facts.perf.user.worked()) finding.remedies = {"ulimit -l unlimited, as root or by limits.conf(5)"};
    return finding;
  }
  const double seconds = granted / cpus / (kSampleBytes * kUsualRate);
  finding.found = fmt::format("{:.1f} MiB on {} CPUs, room for {:.2f} s of 1,000 samples a second",
                              granted / kMiB, facts.cpus, seconds);
  if (facts.perf.ring_bytes >= facts.perf.wanted_ring_bytes) return finding;
  finding.found += fmt::format(" ({:.0f} MiB wanted; locked memory {:.1f} MiB, perf_event_mlock_kb {})",
                               static_cast<double>(facts.perf.wanted_ring_bytes) / kMiB,
                               static_cast<double>(facts.own.locked_memory_bytes) / kMiB,
                               facts.settings.perf_event_mlock_kb.value_or(0));
  if (seconds >= kEnoughSeconds) {
    finding.meaning = "enough at the usual rate; far above it samples may be lost, and are counted";
  } else {
    finding.state = FindingState::limited;
    finding.meaning = "samples may be lost, and are counted";
  }
  const auto per_cpu_kb =
      static_cast<uint64_t>(static_cast<double>(facts.perf.wanted_ring_bytes) / cpus / 1024);
  finding.remedies = {sysctl_command(facts.own, fmt::format("kernel.perf_event_mlock_kb={}", per_cpu_kb + 4)),
                      "ulimit -l unlimited, as root or by limits.conf(5)"};
  add_remedies(finding.remedies, capability_remedies(facts.own, "IPC_LOCK"));
  return finding;
}

Finding descriptors_finding(const MachineFacts& facts) {
  Finding finding{.id = "descriptors", .title = "open files"};
  const uint64_t threads = facts.own.open_files / (facts.cpus + 1);
  finding.found = fmt::format("up to {}: `attach` with perf events to about {} threads at once",
                              facts.own.open_files, threads);
  if (facts.own.open_files >= kFewDescriptors) return finding;
  finding.state = FindingState::limited;
  finding.meaning = "a program with more threads when Strobe attaches cannot be sampled with perf events";
  finding.remedies = {"ulimit -Hn 65536, as root or by limits.conf(5)"};
  return finding;
}

Finding confinement_finding(const MachineFacts& facts) {
  Finding finding{.id = "confinement", .title = "confinement"};
  const OwnFacts& own = facts.own;
  std::vector<std::string> signs;
  if (!own.container.empty()) signs.push_back("a container (" + own.container + ")");
  if (own.user_namespace) signs.emplace_back("a user namespace");
  if (own.seccomp) signs.emplace_back("a seccomp filter");
  if (own.no_new_privs) signs.emplace_back("no_new_privs");
  if (signs.empty()) {
    finding.found = "none found";
    return finding;
  }
  for (const std::string& sign : signs) finding.found += (finding.found.empty() ? "" : ", ") + sign;
  const bool harmless = facts.perf.stack_copy.worked() && facts.child.trace.worked();
  finding.state = harmless ? FindingState::ok : FindingState::limited;
  finding.meaning = harmless ? "nothing that Strobe needs is refused by it"
                             : "what is refused above may be refused by it: settings are changed outside";
  return finding;
}

Finding debuginfod_finding(const MachineFacts& facts) {
  Finding finding{.id = "debuginfod", .title = "debuginfod"};
  const bool servers = !facts.debuginfod_urls.empty();
  finding.found =
      fmt::format("{}; {}; no server was contacted",
                  facts.debuginfod_library ? "libdebuginfod is there" : "libdebuginfod is not installed",
                  servers ? "DEBUGINFOD_URLS is set" : "DEBUGINFOD_URLS is not set");
  if (facts.debuginfod_library && servers) return finding;
  finding.state = FindingState::absent;
  finding.meaning = "names come from the files of this machine only";
  if (!facts.debuginfod_library) finding.remedies.emplace_back("apt install libdebuginfod1");
  if (!servers) finding.remedies.emplace_back("export DEBUGINFOD_URLS=https://debuginfod.debian.net");
  return finding;
}

Finding cache_finding(const MachineFacts& facts) {
  Finding finding{.id = "cache", .title = "symbol cache"};
  const FolderFacts& cache = facts.cache;
  if (cache.write.worked()) {
    finding.found = cache.path + " can be written";
    return finding;
  }
  finding.state = FindingState::limited;
  finding.found = cache.path.empty()
                      ? "neither HOME nor XDG_CACHE_HOME is set"
                      : fmt::format("{} cannot be written: {}", cache.path, describe(cache.write));
  finding.meaning = "symbols are read anew for every report: the same names, more slowly";
  finding.remedies = {"export XDG_CACHE_HOME=/a/folder/of/yours"};
  return finding;
}

Finding recordings_finding(const MachineFacts& facts) {
  Finding finding{.id = "recordings", .title = "this folder"};
  if (facts.recordings.write.worked()) {
    finding.found = "recordings can be written here";
    return finding;
  }
  finding.state = FindingState::limited;
  finding.found = "it cannot be written: " + describe(facts.recordings.write);
  finding.meaning = "recordings need another place";
  finding.remedies = {"strobe run -o /tmp/NAME.strobe -- COMMAND"};
  return finding;
}

Finding terminal_finding(const MachineFacts& facts) {
  Finding finding{.id = "terminal", .title = "terminal"};
  const TerminalFacts& terminal = facts.terminal;
  if (!terminal.is_terminal) {
    finding.found = "standard output is none: reports are plain and not cut to a width";
    return finding;
  }
  finding.found = fmt::format("{} columns, {}", terminal.columns, terminal.color ? "colour" : "no colour");
  return finding;
}

}  // namespace strobe::analyze
