#include "symbolize/dwarf_names.h"

#include <dwarf.h>

#include <string_view>
#include <utility>

#include "symbolize/demangle.h"

namespace strobe::symbolize {
namespace {

constexpr int kMaxReferences = 16;
constexpr int kMaxScopeDepth = 64;
constexpr size_t kMaxPrefixBytes = 4096;

/// The DIE that `die` is an instance of (DW_AT_abstract_origin, through all steps), or itself.
Dwarf_Die abstract_root(Dwarf_Die die) {
  for (int steps = 0; steps < kMaxReferences; ++steps) {
    Dwarf_Attribute attribute;
    Dwarf_Die origin;
    if (dwarf_attr(&die, DW_AT_abstract_origin, &attribute) == nullptr) break;
    if (dwarf_formref_die(&attribute, &origin) == nullptr) break;
    die = origin;
  }
  return die;
}

/// The declaration inside of its class or namespace, where `die` is a definition outside of it.
Dwarf_Die declaration_of(Dwarf_Die die) {
  Dwarf_Attribute attribute;
  Dwarf_Die declaration;
  if (dwarf_attr(&die, DW_AT_specification, &attribute) != nullptr &&
      dwarf_formref_die(&attribute, &declaration) != nullptr) {
    return declaration;
  }
  return die;
}

const char* integrated_string(Dwarf_Die& die, unsigned name) {
  Dwarf_Attribute attribute;
  return dwarf_formstring(dwarf_attr_integrate(&die, name, &attribute));
}

/// Languages where a function's DW_AT_name lacks its scopes.
bool has_scopes(Dwarf_Die& unit) {
  switch (dwarf_srclang(&unit)) {
    case DW_LANG_C:
    case DW_LANG_C89:
    case DW_LANG_C99:
    case DW_LANG_C11:
    case DW_LANG_Mips_Assembler:
    case DW_LANG_Go:
      return false;
    default:
      return true;
  }
}

/// A class without a name inside of a function is a lambda's: several in one function are told apart by line.
std::string name_of_scope(Dwarf_Die& scope, int tag) {
  if (const char* name = dwarf_diename(&scope); name != nullptr) return name;
  if (tag == DW_TAG_namespace) return "(anonymous namespace)";
  int line = 0;
  if (tag != DW_TAG_class_type && tag != DW_TAG_structure_type) return "(anonymous)";
  if (dwarf_decl_line(&scope, &line) != 0 || line <= 0) return "{lambda}";
  return "{lambda:" + std::to_string(line) + "}";
}

bool has_line(Dwarf_Die& die) {
  int line = 0;
  return dwarf_decl_line(&die, &line) == 0 && line > 0;
}

}  // namespace

bool next_sibling(Dwarf_Die& die) {
  const void* before = die.addr;
  Dwarf_Die next;
  if (dwarf_siblingof(&die, &next) != 0 || next.addr <= before) return false;
  die = next;
  return true;
}

std::string tidy_path(std::string_view path) {
  std::string_view rest = path;
  std::string tidy;
  if (rest.starts_with('/')) tidy = "/";
  while (!rest.empty()) {
    const size_t slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
    if (part.empty() || part == ".") continue;
    if (!tidy.empty() && tidy.back() != '/') tidy += '/';
    tidy += part;
  }
  return tidy;
}

bool DwarfNames::is_same_function(Dwarf_Die a, Dwarf_Die b) {
  return abstract_root(a).addr == abstract_root(b).addr;
}

/// libdw's own dwarf_decl_file takes 0 for "none", which in DWARF 5 is the file that was compiled, as clang
/// counts.
std::string DwarfNames::file_of_definition(Dwarf_Die die) {
  Dwarf_Attribute attribute;
  Dwarf_Word index = 0;
  if (dwarf_formudata(dwarf_attr_integrate(&die, DW_AT_decl_file, &attribute), &index) != 0) return {};
  Dwarf_Die unit;  // the attribute's own: with link-time optimization another one than the DIE's
  Dwarf_Half version = 0;
  if (dwarf_cu_info(attribute.cu, &version, nullptr, &unit, nullptr, nullptr, nullptr, nullptr) != 0)
    return {};
  return files_->lines(unit).path(index);
}

const FunctionInfo& DwarfNames::find(Dwarf_Die die) {
  Dwarf_Die root = abstract_root(die);
  auto& entry = functions_[root.addr];
  if (entry != nullptr) return *entry;
  entry = std::make_unique<FunctionInfo>();
  FunctionInfo& info = *entry;
  const char* linkage = integrated_string(root, DW_AT_linkage_name);
  if (linkage == nullptr) linkage = integrated_string(root, DW_AT_MIPS_linkage_name);
  Dwarf_Die placed = root;
  if (linkage != nullptr) {
    info.linkage_name = linkage;
    info.name = demangle(linkage);
  } else if (const char* name = integrated_string(root, DW_AT_name); name != nullptr) {
    Surroundings around = surroundings_of(declaration_of(root));
    if (around.is_closure && !has_line(root)) placed = around.closure;
    info.name = std::move(around.prefix) + name;
  }
  info.file = file_of_definition(placed);
  int line = 0;
  if (dwarf_decl_line(&placed, &line) == 0 && line > 0) info.line = static_cast<uint32_t>(line);
  return info;
}

DwarfNames::Surroundings DwarfNames::surroundings_of(Dwarf_Die declaration) {
  Surroundings around;
  Dwarf_Die unit;
  if (dwarf_diecu(&declaration, &unit, nullptr, nullptr) == nullptr || !has_scopes(unit)) return around;
  Dwarf* dwarf = dwarf_cu_getdwarf(declaration.cu);
  const UnitScan& scan = files_->scan(unit);
  uint32_t scope = find_scope_around(scan, dwarf_dieoffset(&declaration));
  for (int depth = 0; scope != kNoScope && depth < kMaxScopeDepth; ++depth) {
    Dwarf_Die die;
    if (around.prefix.size() > kMaxPrefixBytes ||
        dwarf_offdie(dwarf, scan.scopes[scope].begin, &die) == nullptr) {
      break;
    }
    const int tag = dwarf_tag(&die);
    if (depth == 0 && (tag == DW_TAG_class_type || tag == DW_TAG_structure_type)) {
      around.is_closure = dwarf_diename(&die) == nullptr;
      around.closure = die;
    }
    const char* function = tag == DW_TAG_subprogram ? integrated_string(die, DW_AT_name) : nullptr;
    std::string name = function != nullptr ? function : "";
    if (tag != DW_TAG_subprogram) name = name_of_scope(die, tag);
    around.prefix = name + "::" + around.prefix;
    scope = scan.scopes[scope].parent;
  }
  return around;
}

}  // namespace strobe::symbolize
