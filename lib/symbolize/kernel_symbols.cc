#include "symbolize/kernel_symbols.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "symbolize/cache_file.h"
#include "symbolize/module_files.h"

namespace strobe::symbolize {
namespace {

constexpr size_t kMaxKallsymsBytes = size_t{256} << 20;
constexpr uint64_t kLastSymbolBytes = 4096;  // the last symbol has no successor to end it

struct KernelSymbol {
  uint64_t address = 0;
  bool is_function = false;
  std::string_view name;
};

/// "ffffffff81000000 T name" with an optional "\t[module]".
bool parse_line(std::string_view line, KernelSymbol& symbol) {
  const char* end = line.data() + line.size();
  const auto [rest, error] = std::from_chars(line.data(), end, symbol.address, 16);
  if (error != std::errc{} || end - rest < 4 || rest[0] != ' ' || rest[2] != ' ') return false;
  const char type = rest[1];
  symbol.is_function = type == 't' || type == 'T' || type == 'w' || type == 'W';
  symbol.name = std::string_view(rest + 3, static_cast<size_t>(end - rest - 3));
  symbol.name = symbol.name.substr(0, symbol.name.find_first_of("\t "));
  return symbol.address != 0 && !symbol.name.empty();
}

std::string stored_path(const std::string& cache_directory) { return cache_directory + "/symbols/kernel"; }

/// One line that is another one where addresses may mean something else: after a boot, and with other modules
/// or modules at other places. Empty where that cannot be told.
std::string describe_kernel() {
  constexpr size_t kMaxBytes = size_t{1} << 20;
  const auto boot = read_text_file("/proc/sys/kernel/random/boot_id", kMaxBytes);
  if (!boot || boot->empty()) return {};
  std::string text = "strobe-kernel-1 " + boot->substr(0, boot->find('\n'));
  const auto modules = read_text_file("/proc/modules", kMaxBytes);  // a kernel may be built without modules
  std::string_view rest = modules ? std::string_view(*modules) : std::string_view();
  while (!rest.empty()) {  // "name size users by,whom state address"; users come and go
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    text += fmt::format(" {}@{}", line.substr(0, line.find(' ')), line.substr(line.rfind(' ') + 1));
  }
  return text + '\n';
}

}  // namespace

std::string format_kallsyms(const NamedRanges& ranges) {
  std::string text;
  uint64_t end = 0;
  for (const NamedRange& range : ranges.ranges()) {
    if (end != 0 && end != range.start) fmt::format_to(std::back_inserter(text), "{:x} d -\n", end);
    fmt::format_to(std::back_inserter(text), "{:x} t {}\n", range.start, range.name);
    end = range.end;
  }
  if (end != 0) fmt::format_to(std::back_inserter(text), "{:x} d -\n", end);
  return text;
}

NamedRanges parse_kallsyms(std::string_view text) {
  std::vector<KernelSymbol> symbols;
  while (!text.empty()) {
    const size_t size = std::min(text.find('\n'), text.size());
    KernelSymbol symbol;
    if (parse_line(text.substr(0, size), symbol)) symbols.push_back(symbol);
    text.remove_prefix(std::min(size + 1, text.size()));
  }
  std::ranges::stable_sort(symbols, {}, &KernelSymbol::address);
  std::vector<NamedRange> ranges;
  for (size_t i = 0; i < symbols.size(); ++i) {
    // Of several names for one address the first function stands (the kernel lists the plain one first).
    if (!symbols[i].is_function) continue;
    if (!ranges.empty() && ranges.back().start == symbols[i].address) continue;
    size_t next = i + 1;
    while (next < symbols.size() && symbols[next].address == symbols[i].address) ++next;
    const uint64_t end =
        next < symbols.size() ? symbols[next].address : symbols[i].address + kLastSymbolBytes;
    ranges.push_back({symbols[i].address, end, symbols[i].name});
  }
  return NamedRanges(std::move(ranges));
}

std::optional<NamedRange> find_in_kallsyms(std::string_view lines, uint64_t address) {
  std::optional<KernelSymbol> found;
  size_t low = 0;  // the last line at or before the address is `found`, or begins in [low, high)
  size_t high = lines.size();
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    const size_t before = middle == 0 ? std::string_view::npos : lines.rfind('\n', middle - 1);
    const size_t start = before == std::string_view::npos ? 0 : std::max(low, before + 1);
    const size_t end = std::min(lines.find('\n', start), lines.size());
    KernelSymbol symbol;
    if (!parse_line(lines.substr(start, end - start), symbol)) return std::nullopt;
    if (symbol.address > address) {
      high = start;
    } else {
      found = symbol;
      low = end + 1;
    }
  }
  if (!found || !found->is_function || low >= lines.size()) return std::nullopt;
  KernelSymbol next;
  const size_t end = std::min(lines.find('\n', low), lines.size());
  if (!parse_line(lines.substr(low, end - low), next)) return std::nullopt;
  return NamedRange{found->address, next.address, found->name};
}

Result<KernelSymbols> KernelSymbols::read(const std::string& path) {
  auto text = read_text_file(path, kMaxKallsymsBytes);
  if (!text) return pass(std::move(text));
  const NamedRanges ranges = parse_kallsyms(*text);
  if (ranges.ranges().empty()) {
    return fail(ErrorCode::not_permitted, path + " shows no addresses",
                "kernel names need root, or sysctl kernel.kptr_restrict=0");
  }
  return KernelSymbols(format_kallsyms(ranges), 0);
}

std::optional<KernelSymbols> KernelSymbols::read_stored(const std::string& cache_directory) {
  if (cache_directory.empty()) return std::nullopt;
  auto text = read_cache_file(stored_path(cache_directory));
  const std::string kernel = describe_kernel();
  if (!text || kernel.empty() || !text->starts_with(kernel)) return std::nullopt;
  return KernelSymbols(std::move(*text), kernel.size());
}

void KernelSymbols::store(const std::string& cache_directory) const {
  const std::string kernel = describe_kernel();
  if (cache_directory.empty() || kernel.empty()) return;
  write_cache_file(stored_path(cache_directory), kernel + text_.substr(begin_));
}

}  // namespace strobe::symbolize
