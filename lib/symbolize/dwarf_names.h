// Names and places of definition of DWARF functions, each worked out once: abstract origins and declarations
// are followed, linkage names demangled, and functions without one (static, local) get the names of the
// scopes around them. For one Dwarf handle; one thread.
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "symbolize/dwarf_files.h"

namespace strobe::symbolize {

struct FunctionInfo {
  std::string name;          ///< readable; empty where DWARF has none
  std::string linkage_name;  ///< empty where there is none
  std::string file;          ///< of the definition
  uint32_t line = 0;
};

class DwarfNames {
 public:
  /// `files` outlives this.
  explicit DwarfNames(DwarfFiles& files) : files_(&files) {}
  /// Of a DW_TAG_subprogram or DW_TAG_inlined_subroutine. Valid as long as this object.
  const FunctionInfo& find(Dwarf_Die die);
  /// Whether both are instances of one function, inlined or not.
  [[nodiscard]] static bool is_same_function(Dwarf_Die a, Dwarf_Die b);

 private:
  /// What a declaration is in.
  struct Surroundings {
    std::string prefix;       ///< "ns::Class::"
    bool is_closure = false;  ///< a lambda's class: it has a place where its function has none
    Dwarf_Die closure{};
  };
  Surroundings surroundings_of(Dwarf_Die declaration);
  std::string file_of_definition(Dwarf_Die die);

  DwarfFiles* files_;
  std::unordered_map<const void*, std::unique_ptr<FunctionInfo>> functions_;
};

/// The next sibling, or false at the end. Refuses to go backwards, so that a loop over siblings ends.
bool next_sibling(Dwarf_Die& die);

/// A path without "//" and "/./".
std::string tidy_path(std::string_view path);

}  // namespace strobe::symbolize
