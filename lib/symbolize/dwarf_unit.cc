#include "symbolize/dwarf_unit.h"

#include <dwarf.h>

#include <algorithm>
#include <utility>

namespace strobe::symbolize {
namespace {

constexpr int kMaxInlineDepth = 256;  // nesting of scopes and inlined calls
constexpr int kMaxUnitStepsBack = 8;  // overlapping ranges exist (identical code folding), but are few
constexpr size_t kMaxInlinedCalls = size_t{1} << 20;

uint32_t unsigned_attribute(Dwarf_Die& die, unsigned name) {
  Dwarf_Attribute attribute;
  Dwarf_Word value = 0;
  if (dwarf_formudata(dwarf_attr(&die, name, &attribute), &value) != 0 || value > UINT32_MAX) return 0;
  return static_cast<uint32_t>(value);
}

}  // namespace

DwarfUnit::DwarfUnit(Dwarf_Die line_die, Dwarf_Die function_die, DwarfFiles& files, DwarfNames& names)
    : line_die_(line_die), function_die_(function_die), files_(&files), names_(&names) {}

void DwarfUnit::prepare(std::span<const uint64_t> addresses) {
  prepared_.assign(addresses.begin(), addresses.end());
  prepared_places_ = files_->lines(line_die_).find(prepared_);
}

void DwarfUnit::read_functions() {
  functions_read_ = true;
  Dwarf* dwarf = dwarf_cu_getdwarf(function_die_.cu);
  for (const uint64_t offset : files_->scan(function_die_).functions) {
    Dwarf_Die die;
    if (dwarf_offdie(dwarf, offset, &die) == nullptr) continue;
    for_each_range(die, [&](uint64_t low, uint64_t high) { ranges_.push_back({low, high, offset}); });
  }
  std::ranges::sort(ranges_, [](const Range& a, const Range& b) {
    return std::pair(a.low, a.of) < std::pair(b.low, b.of);
  });
}

DwarfUnit::Function* DwarfUnit::find_function(uint64_t address) {
  if (!functions_read_) read_functions();
  auto after = std::ranges::upper_bound(ranges_, address, {}, &Range::low);
  for (int steps = 0; after != ranges_.begin() && steps < kMaxUnitStepsBack; ++steps) {
    --after;
    if (address >= after->high) continue;
    auto [entry, is_new] = functions_.try_emplace(after->of);
    Function& function = entry->second;
    if (!is_new) return &function;
    dwarf_offdie(dwarf_cu_getdwarf(function_die_.cu), after->of, &function.die);
    collect_calls(function.die, kNone, 0, function);
    return &function;
  }
  return nullptr;
}

void DwarfUnit::collect_calls(Dwarf_Die scope, uint32_t parent, int depth, Function& function) {
  Dwarf_Die child;
  if (depth > kMaxInlineDepth || dwarf_child(&scope, &child) != 0) return;
  do {
    const int tag = dwarf_tag(&child);
    if (tag == DW_TAG_inlined_subroutine) {
      if (function.calls.size() >= kMaxInlinedCalls) return;
      const auto index = static_cast<uint32_t>(function.calls.size());
      const size_t before = function.ranges.size();
      for_each_range(child, [&](uint64_t low, uint64_t high) {
        function.ranges.push_back({low, high, index});
      });
      if (function.ranges.size() == before) continue;  // nothing of it is left, nor of what is inside
      function.calls.push_back({child, parent});
      collect_calls(child, index, depth + 1, function);
    } else if (tag == DW_TAG_lexical_block || tag == DW_TAG_try_block || tag == DW_TAG_catch_block) {
      collect_calls(child, parent, depth + 1, function);
    }
  } while (next_sibling(child));
}

std::string DwarfUnit::call_file(Dwarf_Die& call) {
  Dwarf_Attribute attribute;
  if (dwarf_attr(&call, DW_AT_call_file, &attribute) == nullptr) return {};
  return files_->lines(function_die_).path(unsigned_attribute(call, DW_AT_call_file));
}

DwarfUnit::Place DwarfUnit::place_of(uint64_t address) {
  const LineProgram& lines = files_->lines(line_die_);
  const auto known = std::ranges::lower_bound(prepared_, address);
  LinePlace place;
  if (known != prepared_.end() && *known == address) {
    place = prepared_places_[static_cast<size_t>(known - prepared_.begin())];
  } else {
    place = lines.find({&address, 1}).front();
  }
  if (!place.is_known) return {};
  return {lines.path(place.file), place.line};
}

const DwarfUnit::Place& DwarfUnit::place_of_definition(Dwarf_Die die, const FunctionInfo& info) {
  auto [entry, is_new] = places_.try_emplace(&info, Place{info.file, info.line});
  Place& place = entry->second;
  if (!is_new || info.line != 0) return place;
  if (!functions_read_) read_functions();
  for (const Range& range : ranges_) {
    Dwarf_Die function;
    if (dwarf_offdie(dwarf_cu_getdwarf(function_die_.cu), range.of, &function) == nullptr) continue;
    if (!DwarfNames::is_same_function(function, die)) continue;
    uint64_t start = 0;  // of the first range: the cold part is another one
    for_each_range(function, [&](uint64_t low, uint64_t) { start = start == 0 ? low : start; });
    place = place_of(start);
    break;
  }
  return place;
}

AddressSymbols DwarfUnit::find(uint64_t address) {
  const Place here = place_of(address);
  SourceFrame place{.file = here.file, .line = here.line};  // it moves outwards call by call
  Function* function = find_function(address);
  if (function == nullptr) return place.line == 0 ? AddressSymbols{} : AddressSymbols{place};
  // The innermost call comes last of those that hold the address, as callers come before what is in them.
  uint32_t call = kNone;
  for (const Range& range : function->ranges) {
    if (range.low <= address && address < range.high && (call == kNone || range.of > call)) {
      call = static_cast<uint32_t>(range.of);
    }
  }
  AddressSymbols symbols;
  const auto add = [&](Dwarf_Die die) {
    const FunctionInfo& info = names_->find(die);
    const Place& definition = place_of_definition(die, info);
    place.function = info.name;
    place.linkage_name = info.linkage_name == info.name ? std::string() : info.linkage_name;
    place.function_file = definition.file;
    place.function_line = definition.line;
    symbols.push_back(place);
  };
  for (; call != kNone; call = function->calls[call].parent) {
    Dwarf_Die die = function->calls[call].die;
    add(die);
    place.file = call_file(die);
    place.line = unsigned_attribute(die, DW_AT_call_line);
  }
  add(function->die);
  return symbols;
}

}  // namespace strobe::symbolize
