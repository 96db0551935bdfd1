// What naming addresses costs with a large debug file: `large_debug FILE [COUNT…]` takes COUNT addresses
// spread over the functions of FILE, symbolizes them without a cache and again with it, and prints seconds
// and the peak of memory (VmHWM: anonymous memory, and mapped pages of the file while they are mapped). Each
// figure comes from a process of its own. Any file with debug information will do; large ones are in the
// packages of debug symbols.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <string>

#include "base/clock.h"
#include "support/temporary_folder.h"
#include "symbolize/module_files.h"
#include "symbolize/symbolizer.h"

namespace {

using namespace strobe;

class NoDiagnostics final : public Diagnostics {
 public:
  void warn(std::string) override {}
};

symbolize::ModuleRequest request_for(const std::string& path, size_t count) {
  symbolize::ModuleRequest request{.path = path};
  const auto file = symbolize::load_elf_file(path);
  if (!file) return request;
  request.module.build_id = file->elf.build_id();
  const auto symbols = file->elf.function_symbols();
  const size_t step = std::max<size_t>(symbols.size() / count, 1);
  for (size_t i = 0; i < symbols.size() && request.addresses.size() < count; i += step) {
    if (symbols[i].size != 0) request.addresses.push_back(raw(symbols[i].address) + symbols[i].size / 2);
  }
  return request;
}

long peak_kib() {
  const auto status = symbolize::read_text_file("/proc/self/status", size_t{1} << 16);
  if (!status) return 0;
  const size_t at = status->find("VmHWM:");
  return at == std::string::npos ? 0 : std::strtol(status->c_str() + at + 6, nullptr, 10);
}

/// What this process has used.
uint64_t cpu_now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

void symbolize_once(const symbolize::ModuleRequest& request, const std::string& cache, const char* label) {
  const pid_t child = ::fork();
  if (child != 0) {
    ::waitpid(child, nullptr, 0);
    return;
  }
  // The peak counts from here on (proc(5), clear_refs), not what finding the addresses took.
  if (FILE* reset = std::fopen("/proc/self/clear_refs", "w"); reset != nullptr) {
    std::fputs("5", reset);
    std::fclose(reset);
  }
  const long before = peak_kib();
  const uint64_t start = monotonic_now_ns();
  NoDiagnostics diagnostics;
  const auto answers = symbolize::symbolize({request}, {.cache_directory = cache}, diagnostics);
  const double seconds = seconds_of(monotonic_now_ns() - start);
  const double cpu_seconds = seconds_of(cpu_now_ns());
  size_t with_line = 0;
  size_t frames = 0;
  for (const auto& symbols : answers[0].symbols) {
    frames += symbols.size();
    if (!symbols.empty() && symbols.front().line != 0) ++with_line;
  }
  std::printf(
      "%8zu addresses  %-8s %7.3f s  %7.3f CPU s  %6.1f MiB peak (%.1f before)  %zu with a line, %zu "
      "frames\n",
      request.addresses.size(), label, seconds, cpu_seconds, static_cast<double>(peak_kib()) / 1024,
      static_cast<double>(before) / 1024, with_line, frames);
  std::fflush(stdout);
  ::_exit(0);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: large_debug FILE [COUNT...]\n", stderr);
    return 2;
  }
  std::vector<size_t> counts;
  for (int i = 2; i < argc; ++i) {
    size_t count = 0;
    std::from_chars(argv[i], argv[i] + std::strlen(argv[i]), count);
    if (count != 0) counts.push_back(count);
  }
  if (counts.empty()) counts = {100, 1000, 10'000, 50'000};
  for (const size_t count : counts) {
    const test::TemporaryFolder folder;
    const std::string cache = folder.file("cache");
    const auto request = request_for(std::filesystem::absolute(argv[1]), count);
    symbolize_once(request, "", "first");
    symbolize_once(request, cache, "filling");
    symbolize_once(request, cache, "cached");
  }
  return 0;
}
