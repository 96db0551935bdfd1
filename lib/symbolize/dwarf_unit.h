// One DWARF compilation unit, read as far as asked: its functions by address, and per asked function its
// inlined calls. For one thread.
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "symbolize/dwarf_names.h"
#include "symbolize/symbolizer.h"

namespace strobe::symbolize {

/// Calls `use(low, high)` for every address range of a DIE; ranges at 0 (removed by the linker) are left out.
template <class Use>
void for_each_range(Dwarf_Die& die, Use use) {
  constexpr int kMaxRanges = 1 << 20;
  ptrdiff_t offset = 0;
  Dwarf_Addr base = 0;
  Dwarf_Addr low = 0;
  Dwarf_Addr high = 0;
  for (int count = 0; count < kMaxRanges; ++count) {
    offset = dwarf_ranges(&die, offset, &base, &low, &high);
    if (offset <= 0) return;
    if (low != 0 && low < high) use(low, high);
  }
}

class DwarfUnit {
 public:
  /// `line_die` has the line table; `function_die` the functions: another one for split DWARF. `files` and
  /// `names` outlive this.
  DwarfUnit(Dwarf_Die line_die, Dwarf_Die function_die, DwarfFiles& files, DwarfNames& names);

  /// Looks `addresses` up in the line table, which takes about as long for many as for one. Sorted, unique.
  void prepare(std::span<const uint64_t> addresses);
  /// The functions at an address, innermost first. Where no function of the unit holds it but the line table
  /// does (assembly), one frame without a function; empty where neither knows it.
  AddressSymbols find(uint64_t address);

 private:
  struct Range {
    uint64_t low = 0;
    uint64_t high = 0;
    uint64_t of = 0;  ///< a function's offset in .debug_info, or an index into Function::calls
  };
  struct Place {
    std::string file;
    uint32_t line = 0;
  };
  struct InlinedCall {
    Dwarf_Die die{};
    uint32_t parent = kNone;
  };
  struct Function {
    Dwarf_Die die{};
    std::vector<InlinedCall> calls;  ///< callers before those inlined into them
    std::vector<Range> ranges;
  };
  static constexpr uint32_t kNone = UINT32_MAX;

  void read_functions();
  static void collect_calls(Dwarf_Die scope, uint32_t parent, int depth, Function& function);
  Function* find_function(uint64_t address);
  /// From the line table.
  Place place_of(uint64_t address);
  /// Functions that compilers make of a part of another one (bodies of coroutines, OpenMP regions) have no
  /// declaration: they are where their first instruction is, inlined copies of them as well.
  const Place& place_of_definition(Dwarf_Die die, const FunctionInfo& info);
  [[nodiscard]] std::string call_file(Dwarf_Die& call);

  Dwarf_Die line_die_;
  Dwarf_Die function_die_;
  DwarfFiles* files_;
  DwarfNames* names_;
  bool functions_read_ = false;
  std::vector<Range> ranges_;                         // of functions, by low
  std::unordered_map<uint64_t, Function> functions_;  // those that were asked for, by offset
  std::vector<uint64_t> prepared_;
  std::vector<LinePlace> prepared_places_;
  std::unordered_map<const FunctionInfo*, Place> places_;
};

}  // namespace strobe::symbolize
