#include "symbolize/choose_names.h"

#include <map>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "symbolize/demangle.h"
#include "symbolize/short_name.h"

namespace strobe::symbolize {
namespace {

std::string full_name(const Profile& profile, const FunctionRow& function) {
  const std::string& linkage = profile.text(function.linkage_name);
  const bool is_mangled = linkage.starts_with("_Z") || linkage.starts_with("_R");
  return is_mangled ? demangle_in_full(linkage) : profile.text(function.name);
}

/// Only ELF files have names that were mangled; those of JIT maps may hold anything.
bool has_choice(const Profile& profile, const FunctionRow& function) {
  if (function.language != Language::native || profile.text(function.name).empty()) return false;
  return function.module.index() < profile.modules.size() &&
         profile.modules[function.module.index()].kind == ModuleKind::file;
}

/// What a reader sees of a function whose place in the source is not known.
using Look = std::tuple<std::string, ModuleId>;

std::vector<std::string> brief_names(const Profile& profile) {
  std::vector<std::string> names(profile.functions.size());
  std::map<Look, std::vector<size_t>> alike;
  for (size_t i = 0; i < names.size(); ++i) {
    const FunctionRow& function = profile.functions[i];
    if (!has_choice(profile, function)) continue;
    names[i] = short_name(profile.text(function.name));
    if (function.line == 0) alike[{names[i], function.module}].push_back(i);
  }
  for (const auto& [look, functions] : alike) {
    if (functions.size() < 2) continue;
    // Clones of one function have one full name, and stay one row under the short one.
    const std::string first = full_name(profile, profile.functions[functions.front()]);
    bool differ = false;
    for (const size_t i : functions) differ = differ || full_name(profile, profile.functions[i]) != first;
    if (!differ) continue;
    for (const size_t i : functions) names[i] = full_name(profile, profile.functions[i]);
  }
  return names;
}

std::vector<std::string> full_names(const Profile& profile) {
  std::vector<std::string> names(profile.functions.size());
  for (size_t i = 0; i < names.size(); ++i) {
    if (has_choice(profile, profile.functions[i])) names[i] = full_name(profile, profile.functions[i]);
  }
  return names;
}

}  // namespace

void choose_names(Profile& profile, NameStyle style) {
  const std::vector<std::string> names =
      style == NameStyle::full ? full_names(profile) : brief_names(profile);
  std::unordered_map<std::string, StringId> added;
  for (size_t i = 0; i < names.size(); ++i) {
    FunctionRow& function = profile.functions[i];
    if (names[i].empty() || names[i] == profile.text(function.name)) continue;
    const StringId next{static_cast<uint32_t>(profile.strings.size())};
    const auto [entry, is_new] = added.try_emplace(names[i], next);
    if (is_new) profile.strings.push_back(names[i]);
    function.name = entry->second;
  }
}

}  // namespace strobe::symbolize
