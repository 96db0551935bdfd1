// Looking up names: addresses all over a program with megabytes of debug information (this one), with an
// empty cache and with a full one, and demangling.
#include <benchmark/benchmark.h>

#include <filesystem>
#include <string>

#include "base/mapped_file.h"
#include "elf/elf_file.h"
#include "support/temporary_folder.h"
#include "symbolize/demangle.h"
#include "symbolize/symbolizer.h"

namespace strobe::symbolize {
namespace {

class NoDiagnostics final : public Diagnostics {
 public:
  void warn(std::string) override {}
};

/// `count` addresses spread evenly over the functions of this program; empty where it cannot be read.
ModuleRequest request_for_self(size_t count) {
  ModuleRequest request;
  request.path = std::filesystem::read_symlink("/proc/self/exe").string();
  const auto file = MappedFile::open(request.path);
  if (!file) return request;
  const auto elf = elf::ElfFile::parse(file->bytes());
  if (!elf) return request;
  request.module.build_id = elf->build_id();
  const auto symbols = elf->function_symbols();
  const size_t step = std::max<size_t>(symbols.size() / count, 1);
  for (size_t i = 0; i < symbols.size(); i += step) {
    if (symbols[i].size != 0) request.addresses.push_back(raw(symbols[i].address) + symbols[i].size / 2);
  }
  std::ranges::sort(request.addresses);
  const auto rest = std::ranges::unique(request.addresses);
  request.addresses.erase(rest.begin(), rest.end());
  return request;
}

void symbolize_addresses(benchmark::State& state, const std::string& cache_directory) {
  const std::vector<ModuleRequest> requests{request_for_self(static_cast<size_t>(state.range(0)))};
  const SymbolizeOptions options{.cache_directory = cache_directory, .debug_directories = {}};
  NoDiagnostics diagnostics;
  if (requests[0].addresses.empty()) return state.SkipWithError("cannot read this program");
  if (!cache_directory.empty()) static_cast<void>(symbolize(requests, options, diagnostics));
  for (auto _ : state) {
    const auto answers = symbolize(requests, options, diagnostics);
    if (answers[0].symbols.size() != requests[0].addresses.size()) state.SkipWithError("answers are missing");
  }
  state.counters["addresses"] = static_cast<double>(requests[0].addresses.size());
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * requests[0].addresses.size()));
}

void symbolize_cold(benchmark::State& state) { symbolize_addresses(state, ""); }
BENCHMARK(symbolize_cold)->Arg(100)->Arg(2000)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();

void symbolize_cached(benchmark::State& state) {
  const test::TemporaryFolder folder;
  symbolize_addresses(state, folder.file("cache"));
}
BENCHMARK(symbolize_cached)->Arg(2000)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();

void demangle_name(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(demangle(
        "_ZNSt8_Rb_treeISsSt4pairIKSsiESt10_Select1stIS2_ESt4lessISsESaIS2_EE16_M_insert_uniqueEOS2_"));
  }
}
BENCHMARK(demangle_name);

}  // namespace
}  // namespace strobe::symbolize
