#include "symbolize/symbolizer.h"

#include <sys/auxv.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <system_error>
#include <thread>
#include <utility>

#include "elf/go_table.h"
#include "os/proc_maps.h"
#include "symbolize/demangle.h"
#include "symbolize/dwarf_module.h"
#include "symbolize/kernel_symbols.h"
#include "symbolize/module_files.h"
#include "symbolize/perf_map.h"
#include "symbolize/symbol_cache.h"
#include "symbolize/symbol_index.h"

namespace strobe::symbolize {
namespace {

SourceFrame frame_of(std::string_view linkage_name) {
  SourceFrame frame{.function = demangle(linkage_name)};
  if (frame.function != linkage_name) frame.linkage_name = linkage_name;
  return frame;
}

/// Gives the outermost frame the symbol table's name where DWARF has none, or its linkage name: DWARF has
/// none for static functions.
void complete_with_symbol(const elf::Symbol& symbol, AddressSymbols& symbols) {
  if (symbols.empty()) symbols.emplace_back();
  SourceFrame& outermost = symbols.back();
  SourceFrame named = frame_of(symbol.name);
  // DWARF calls every part of a coroutine by the coroutine's name.
  const std::string_view part = coroutine_part(symbol.name);
  if (!outermost.function.empty() && !outermost.function.ends_with(part)) outermost.function += part;
  if (outermost.function.empty()) {
    outermost.function = std::move(named.function);
    outermost.linkage_name = std::move(named.linkage_name);
  } else if (outermost.linkage_name.empty()) {
    outermost.linkage_name = std::move(named.linkage_name);
  }
}

bool is_named(const AddressSymbols& symbols) { return !symbols.empty() && !symbols.front().function.empty(); }

/// What Go's own table knows, also of a stripped program: inlined calls are not told apart by it, and its
/// debug information does not say where functions begin.
void complete_with_go_table(const elf::GoTable& table, FileAddr address, AddressSymbols& symbols) {
  const auto function = table.find_function(address);
  if (!function || function->name.empty()) return;
  const bool has_names = !symbols.empty() && !symbols.back().function.empty();
  if (!has_names || symbols.front().line == 0) {
    SourceFrame frame{.function = has_names ? symbols.back().function : std::string(function->name)};
    frame.file = table.file_at(*function, address);
    frame.line = table.line_at(*function, address);
    symbols = {std::move(frame)};
  }
  SourceFrame& outermost = symbols.back();
  if (outermost.function_line != 0) return;
  outermost.function_file = table.file_at(*function, function->begin);
  outermost.function_line = function->line;
}

/// The path of a package of .dwo files beside the program or its debug file; empty where there is none.
std::string find_package(const ModuleFiles& files) {
  for (const auto* file : {&files.module, &files.debug}) {
    if (!*file) continue;
    std::string path = (*file)->path + ".dwp";
    if (::access(path.c_str(), F_OK) == 0) return path;
  }
  return {};
}

/// Answers the addresses at `wanted` from symbol tables and DWARF.
void resolve_in_files(const ModuleRequest& request, const ModuleFiles& files, const SymbolizeOptions& options,
                      const std::vector<size_t>& wanted, ModuleSymbols& answer) {
  const elf::ElfFile* module = files.module ? &files.module->elf : nullptr;
  const LoadedFile* separate = files.debug ? &*files.debug : files.mini ? &*files.mini : nullptr;
  const elf::ElfFile* debug = separate != nullptr ? &separate->elf : nullptr;
  const SymbolIndex index(module, debug);
  const std::optional<elf::GoTable> go = module != nullptr ? elf::GoTable::find(*module) : std::nullopt;
  std::unique_ptr<DwarfSource> dwarf;
  const std::string package = find_package(files);
  if (files.debug) dwarf = DwarfSource::open(*files.debug, options.debug_directories, package);
  if (!dwarf && files.module) dwarf = DwarfSource::open(*files.module, options.debug_directories, package);
  std::vector<uint64_t> addresses;
  addresses.reserve(wanted.size());
  for (const size_t i : wanted) addresses.push_back(request.addresses[i]);
  std::vector<AddressSymbols> found(addresses.size());
  if (dwarf) {
    DwarfAnswers answers = find_in_dwarf(*dwarf, addresses);
    found = std::move(answers.symbols);
    answer.lost = describe_losses(answers.losses, request.path, package);
  }
  size_t next = 0;
  for (const size_t i : wanted) {
    const FileAddr address{request.addresses[i]};
    AddressSymbols symbols = std::move(found[next++]);
    if (const elf::Symbol* symbol = index.find(address); symbol != nullptr) {
      complete_with_symbol(*symbol, symbols);
    } else if (symbols.empty()) {
      if (const auto stub = index.find_plt_name(address)) symbols.push_back({.function = *stub});
    }
    if (go) complete_with_go_table(*go, address, symbols);
    answer.symbols[i] = std::move(symbols);
  }
}

std::string missing_note(const std::string& path, const ModuleFiles& files) {
  if (!files.module && !files.debug) return files.note.empty() ? path + " could not be read" : files.note;
  return path +
         " has no symbols for some of its code: install its debug symbols (Debian: the -dbgsym package)";
}

ModuleSymbols symbolize_file(const ModuleRequest& request, const SymbolizeOptions& options) {
  ModuleSymbols answer;
  answer.symbols.resize(request.addresses.size());
  ModuleFiles files = find_module_files(request.module, request.path, request.pid, options.debug_directories);
  add_fetched_file(request.module, request.path, options.fetch_debug_file, files);
  answer.reason = files.module || files.debug ? LossReason::no_symbols : LossReason::module_unreadable;
  if (answer.reason == LossReason::no_symbols) {
    SymbolCache cache(options.cache_directory, files);
    std::vector<size_t> wanted;
    for (size_t i = 0; i < request.addresses.size(); ++i) {
      if (const AddressSymbols* known = cache.find(request.addresses[i]); known != nullptr) {
        answer.symbols[i] = *known;
      } else {
        wanted.push_back(i);
      }
    }
    if (!wanted.empty()) {
      resolve_in_files(request, files, options, wanted, answer);
      for (const size_t i : wanted) cache.insert(request.addresses[i], answer.symbols[i]);
      // What is missing may turn up, and would have to be said again.
      if (answer.lost.empty()) cache.store();
    }
  }
  const bool all_named = std::ranges::all_of(answer.symbols, is_named);
  if (all_named) answer.reason = LossReason::none;
  if (!all_named) answer.note = missing_note(request.path, files);
  answer.refused = files.refused;
  return answer;
}

/// Every process of this boot has the same vDSO image, so ours stands for the target's.
ModuleSymbols symbolize_vdso(const ModuleRequest& request) {
  ModuleSymbols answer;
  answer.symbols.resize(request.addresses.size());
  answer.reason = LossReason::module_unreadable;
  const uint64_t start = ::getauxval(AT_SYSINFO_EHDR);
  const auto mappings = os::read_proc_maps(::getpid());
  if (start == 0 || !mappings) return answer;
  const auto own = std::ranges::find(*mappings, start, &os::ProcMapping::start);
  if (own == mappings->end()) return answer;
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel told where it mapped the vDSO
  const Bytes image(reinterpret_cast<const std::byte*>(start), own->end - own->start);
  const auto file = elf::ElfFile::parse(image);
  if (!file) return answer;
  if (!request.module.build_id.empty() && request.module.build_id != file->build_id()) {
    answer.note = "the kernel's [vdso] has changed since the recording";
    return answer;
  }
  answer.reason = LossReason::no_symbols;
  const SymbolIndex index(&*file, nullptr);
  for (size_t i = 0; i < request.addresses.size(); ++i) {
    const elf::Symbol* symbol = index.find(FileAddr{request.addresses[i]});
    if (symbol != nullptr) answer.symbols[i] = {frame_of(symbol->name)};
  }
  return answer;
}

/// The kernel's symbols, from the cache where it names all the addresses.
Result<KernelSymbols> find_kernel_symbols(const std::vector<uint64_t>& addresses,
                                          const SymbolizeOptions& options) {
  auto stored = KernelSymbols::read_stored(options.cache_directory);
  const auto is_named = [&](uint64_t address) { return stored->find(address).has_value(); };
  if (stored && std::ranges::all_of(addresses, is_named)) return std::move(*stored);
  auto fresh = KernelSymbols::read();
  if (fresh) fresh->store(options.cache_directory);
  return fresh;
}

ModuleSymbols symbolize_kernel(const ModuleRequest& request, const SymbolizeOptions& options) {
  ModuleSymbols answer;
  answer.symbols.resize(request.addresses.size());
  answer.reason = LossReason::no_symbols;
  const auto kernel = find_kernel_symbols(request.addresses, options);
  if (!kernel) {
    answer.note = kernel.error().hint.empty() ? kernel.error().what : kernel.error().hint;
    return answer;
  }
  for (size_t i = 0; i < request.addresses.size(); ++i) {
    if (const auto range = kernel->find(request.addresses[i])) answer.symbols[i] = {frame_of(range->name)};
  }
  return answer;
}

ModuleSymbols symbolize_jit(const ModuleRequest& request) {
  ModuleSymbols answer;
  answer.symbols.resize(request.addresses.size());
  answer.reason = LossReason::no_symbols;
  if (request.pid <= 0) return answer;
  const auto map = PerfMap::open(request.pid);
  if (!map) {
    answer.note =
        map.error().code == ErrorCode::not_found
            ? "generated code is nameless: let the runtime write a perf map (node --perf-basic-prof, "
              "java -XX:+DumpPerfMapAtExit, python3 -X perf)"
            : map.error().what;
    return answer;
  }
  for (size_t i = 0; i < request.addresses.size(); ++i) {
    const NamedRange* range = map->find(request.addresses[i]);
    if (range != nullptr) answer.symbols[i] = {frame_of(range->name)};
  }
  return answer;
}

ModuleSymbols symbolize_module(const ModuleRequest& request, const SymbolizeOptions& options) {
  if (request.addresses.empty()) return {};
  switch (request.module.kind) {
    case ModuleKind::file:
      return symbolize_file(request, options);
    case ModuleKind::vdso:
      return symbolize_vdso(request);
    case ModuleKind::kernel:
    case ModuleKind::kernel_module:
      return symbolize_kernel(request, options);
    case ModuleKind::jit:
      return symbolize_jit(request);
    case ModuleKind::unknown:
      break;
  }
  return {.symbols = std::vector<AddressSymbols>(request.addresses.size()), .reason = LossReason::no_mapping};
}

}  // namespace

std::vector<ModuleSymbols> symbolize(const std::vector<ModuleRequest>& requests,
                                     const SymbolizeOptions& options, Diagnostics& diagnostics) {
  std::vector<ModuleSymbols> answers(requests.size());
  // Largest first, so that no thread starts with the longest work when the others are done.
  std::vector<size_t> order(requests.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, std::ranges::greater{},
                           [&](size_t i) { return requests[i].addresses.size(); });
  std::atomic<size_t> next{0};  // hands out indices; the join of the threads publishes their answers
  const auto work = [&] {
    for (size_t i = next.fetch_add(1); i < order.size(); i = next.fetch_add(1)) {
      answers[order[i]] = symbolize_module(requests[order[i]], options);
    }
  };
  size_t threads = options.threads != 0 ? options.threads : std::max(1u, std::thread::hardware_concurrency());
  threads = std::min(threads, requests.size());
  {
    std::vector<std::jthread> helpers;
    try {
      for (size_t i = 1; i < threads; ++i) helpers.emplace_back(work);
    } catch (const std::system_error&) {
      // No more threads to be had: those there are, and this one, do it.
    }
    work();
  }
  for (size_t i = 0; i < requests.size(); ++i) {
    const bool changed = answers[i].reason == LossReason::module_unreadable && !answers[i].note.empty();
    if (changed && requests[i].module.kind == ModuleKind::file) diagnostics.warn(answers[i].note);
  }
  return answers;
}

}  // namespace strobe::symbolize
