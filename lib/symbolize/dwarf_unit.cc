#include "symbolize/dwarf_unit.h"

#include <dwarf.h>

#include <algorithm>
#include <utility>

namespace strobe::symbolize {
namespace {

constexpr int kMaxDepth = 256;    // nesting of scopes and inlined calls
constexpr int kMaxStepsBack = 8;  // overlapping ranges exist (identical code folding), but are few
constexpr size_t kMaxInlinedCalls = size_t{1} << 20;

uint32_t unsigned_attribute(Dwarf_Die& die, unsigned name) {
  Dwarf_Attribute attribute;
  Dwarf_Word value = 0;
  if (dwarf_formudata(dwarf_attr(&die, name, &attribute), &value) != 0 || value > UINT32_MAX) return 0;
  return static_cast<uint32_t>(value);
}

bool holds_functions(int tag) {
  return tag == DW_TAG_namespace || tag == DW_TAG_class_type || tag == DW_TAG_structure_type ||
         tag == DW_TAG_union_type || tag == DW_TAG_enumeration_type || tag == DW_TAG_module;
}

}  // namespace

void DwarfUnit::read_functions(bool with_nested) {
  functions_.clear();
  ranges_.clear();
  collect_functions(function_die_, with_nested, 0);
  std::ranges::sort(ranges_, [](const Range& a, const Range& b) {
    return std::pair(a.low, a.index) < std::pair(b.low, b.index);
  });
  functions_read_ = true;
  nested_read_ = with_nested;
}

void DwarfUnit::collect_functions(Dwarf_Die scope, bool with_nested, int depth) {
  Dwarf_Die child;
  if (depth > kMaxDepth || dwarf_child(&scope, &child) != 0) return;
  do {
    const int tag = dwarf_tag(&child);
    if (tag == DW_TAG_subprogram) {
      const size_t before = ranges_.size();
      const auto index = static_cast<uint32_t>(functions_.size());
      for_each_range(child, [&](uint64_t low, uint64_t high) { ranges_.push_back({low, high, index}); });
      if (ranges_.size() > before) {
        functions_.push_back(std::make_unique<Function>());
        functions_.back()->die = child;
      }
      if (with_nested) collect_functions(child, true, depth + 1);
    } else if (holds_functions(tag) || (with_nested && tag == DW_TAG_lexical_block)) {
      if (dwarf_haschildren(&child) > 0) collect_functions(child, with_nested, depth + 1);
    }
  } while (next_sibling(child));
}

DwarfUnit::Function* DwarfUnit::look_up(uint64_t address) {
  auto after = std::ranges::upper_bound(ranges_, address, {}, &Range::low);
  for (int steps = 0; after != ranges_.begin() && steps < kMaxStepsBack; ++steps) {
    --after;
    if (address < after->high) return functions_[after->index].get();
  }
  return nullptr;
}

DwarfUnit::Function* DwarfUnit::find_function(uint64_t address) {
  if (!functions_read_) read_functions(false);
  Function* function = look_up(address);
  if (function != nullptr || nested_read_) return function;
  read_functions(true);  // functions inside of functions: local classes' methods, GNU C nested functions
  return look_up(address);
}

void DwarfUnit::collect_calls(Dwarf_Die scope, uint32_t parent, int depth, Function& function) {
  Dwarf_Die child;
  if (depth > kMaxDepth || dwarf_child(&scope, &child) != 0) return;
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
  Dwarf_Files* files = nullptr;
  size_t count = 0;
  if (dwarf_getsrcfiles(&function_die_, &files, &count) != 0) return {};
  const uint32_t index = unsigned_attribute(call, DW_AT_call_file);
  return index < count ? tidy_path(dwarf_filesrc(files, index, nullptr, nullptr)) : std::string();
}

DwarfUnit::Place DwarfUnit::place_of(uint64_t address) {
  Place place;
  Dwarf_Line* line = dwarf_getsrc_die(&line_die_, address);
  if (line == nullptr) return place;
  int number = 0;
  place.file = tidy_path(dwarf_linesrc(line, nullptr, nullptr));
  if (dwarf_lineno(line, &number) == 0 && number > 0) place.line = static_cast<uint32_t>(number);
  return place;
}

const DwarfUnit::Place& DwarfUnit::place_of_definition(Dwarf_Die die, const FunctionInfo& info) {
  auto [entry, is_new] = places_.try_emplace(&info, Place{info.file, info.line});
  Place& place = entry->second;
  if (!is_new || info.line != 0) return place;
  for (const auto& function : functions_) {
    if (!DwarfNames::is_same_function(function->die, die)) continue;
    uint64_t start = 0;  // of the first range: the cold part is another one
    for_each_range(function->die, [&](uint64_t low, uint64_t) { start = start == 0 ? low : start; });
    place = place_of(start);
    break;
  }
  return place;
}

AddressSymbols DwarfUnit::find(uint64_t address, DwarfNames& names) {
  const Place here = place_of(address);
  SourceFrame place{.file = here.file, .line = here.line};  // it moves outwards call by call
  Function* function = find_function(address);
  if (function == nullptr) return place.line == 0 ? AddressSymbols{} : AddressSymbols{place};
  if (!function->calls_read) {
    collect_calls(function->die, kNone, 0, *function);
    function->calls_read = true;
  }
  // The innermost call comes last of those that hold the address, as callers come before what is in them.
  uint32_t call = kNone;
  for (const Range& range : function->ranges) {
    if (range.low <= address && address < range.high && (call == kNone || range.index > call)) {
      call = range.index;
    }
  }
  AddressSymbols symbols;
  const auto add = [&](Dwarf_Die die) {
    const FunctionInfo& info = names.find(die);
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
