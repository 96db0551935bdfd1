#include "analyze/check_facts.h"

namespace strobe::analyze::check {
namespace {

constexpr size_t kMaxName = 4096;

/// The length of the pattern's element that begins there: a backslash goes with what is behind it.
size_t element_size(std::string_view pattern, size_t at) {
  return pattern[at] == '\\' && at + 1 < pattern.size() ? 2 : 1;
}

/// Bytes of the name that the element takes; 0 where it does not go with them.
size_t matched_bytes(std::string_view element, std::string_view rest) {
  if (rest.empty()) return 0;
  if (element == "?") {
    size_t size = 1;  // a whole character of UTF-8
    while (size < rest.size() && (static_cast<unsigned char>(rest[size]) & 0xc0) == 0x80) ++size;
    return size;
  }
  return rest.front() == element.back() ? 1 : 0;
}

}  // namespace

// Goes back to the last star only: what an earlier one took cannot matter any more.
bool matches_name(std::string_view pattern, std::string_view name) {
  name = name.substr(0, kMaxName);
  size_t at = 0;
  size_t in_name = 0;
  size_t star = std::string_view::npos;
  size_t star_took_until = 0;
  while (in_name < name.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      star_took_until = in_name;
      continue;
    }
    const size_t element = at < pattern.size() ? element_size(pattern, at) : 0;
    const size_t taken = element > 0 ? matched_bytes(pattern.substr(at, element), name.substr(in_name)) : 0;
    if (taken > 0) {
      at += element;
      in_name += taken;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      in_name = ++star_took_until;
    } else {
      return false;
    }
  }
  while (at < pattern.size() && pattern[at] == '*') ++at;
  return at == pattern.size();
}

}  // namespace strobe::analyze::check
