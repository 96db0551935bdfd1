// Names and places of definition of DWARF functions, each worked out once: abstract origins and declarations
// are followed, linkage names demangled, and functions without one (static, local) get the names of the
// scopes around them. For one Dwarf handle; one thread.
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

namespace strobe::symbolize {

struct FunctionInfo {
  std::string name;          ///< readable; empty where DWARF has none
  std::string linkage_name;  ///< empty where there is none
  std::string file;          ///< of the definition
  uint32_t line = 0;
};

class DwarfNames {
 public:
  /// Of a DW_TAG_subprogram or DW_TAG_inlined_subroutine. Valid as long as this object.
  const FunctionInfo& find(Dwarf_Die die);
  /// Whether both are instances of one function, inlined or not.
  [[nodiscard]] static bool is_same_function(Dwarf_Die a, Dwarf_Die b);

 private:
  /// "ns::Class::" by the address of a DIE in it, for the DIEs that may name functions or scopes.
  struct UnitScopes {
    bool with_locals = false;  ///< bodies of functions were searched as well
    std::unordered_map<const void*, std::string> prefix;
    std::unordered_map<const void*, Dwarf_Die>
        closures;  ///< of a lambda's function: the class, which has a place
  };
  /// The scopes of the unit of a declaration, searched as far as needed to find it; null without scopes.
  const UnitScopes* find_scopes(Dwarf_Die declaration);
  void collect_scopes(Dwarf_Die scope, const std::string& prefix, int depth, UnitScopes& scopes);

  std::unordered_map<const void*, std::unique_ptr<FunctionInfo>> functions_;
  std::unordered_map<const void*, UnitScopes> scopes_;  // by the address of the unit's DIE
};

/// The next sibling, or false at the end. Refuses to go backwards, so that a loop over siblings ends.
bool next_sibling(Dwarf_Die& die);

/// A path without "//" and "/./".
std::string tidy_path(const char* path);

}  // namespace strobe::symbolize
