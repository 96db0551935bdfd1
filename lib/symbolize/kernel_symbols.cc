#include "symbolize/kernel_symbols.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

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

}  // namespace

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

Result<KernelSymbols> KernelSymbols::read(const std::string& path) {
  auto text = read_text_file(path, kMaxKallsymsBytes);
  if (!text) return pass(std::move(text));
  KernelSymbols symbols;
  symbols.text_.assign(text->begin(), text->end());
  symbols.ranges_ = parse_kallsyms({symbols.text_.data(), symbols.text_.size()});
  if (symbols.ranges_.ranges().empty()) {
    return fail(ErrorCode::not_permitted, path + " shows no addresses",
                "kernel names need root, or sysctl kernel.kptr_restrict=0");
  }
  return symbols;
}

}  // namespace strobe::symbolize
