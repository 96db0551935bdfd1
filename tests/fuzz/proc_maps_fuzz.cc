// Hostile texts of procfs: maps, stat, schedstat and command lines. A target chooses paths, names and
// arguments.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "os/proc_maps.h"
#include "os/procfs.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace strobe::os;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const ProcMapping& mapping : parse_proc_maps(text)) {
    if (mapping.start >= mapping.end || mapping.path.find('\n') != std::string::npos) std::abort();
  }
  if (const auto stat = decode_stat(text)) {
    // The name is a part of the text between parentheses.
    if (text.find("(" + stat->comm + ")") == std::string_view::npos) std::abort();
  }
  static_cast<void>(decode_schedstat(text));
  // Quoting only adds, and a text with unprintable or special bytes is never left bare.
  const std::string quoted = quote_command_line(text);
  const size_t arguments_end = text.ends_with('\0') ? size - 1 : size;
  if (quoted.size() < arguments_end) std::abort();
  return 0;
}
