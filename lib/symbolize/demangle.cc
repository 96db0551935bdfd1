#include "symbolize/demangle.h"

#include <libiberty/demangle.h>

#include <csetjmp>
#include <cstddef>

namespace strobe::symbolize {
namespace {

// libiberty keeps about 100 bytes of stack per character and recurses per nesting level, so that this much
// stays below 2 MiB of stack; longer names are not demangled.
constexpr size_t kMaxMangledBytes = 4096;
// Substitutions let a short name stand for an exponentially long one.
constexpr size_t kMaxReadableBytes = size_t{16} << 10;

struct Output {
  std::jmp_buf give_up;
  size_t size = 0;
  char text[kMaxReadableBytes];
};

extern "C" void append_piece(const char* piece, size_t size, void* opaque) {
  auto* output = static_cast<Output*>(opaque);
  // The demangler knows no way to be told to stop. It holds nothing but stack here, so it can be left by a
  // jump.
  if (size > sizeof output->text - output->size) std::longjmp(output->give_up, 1);
  __builtin_memcpy(output->text + output->size, piece, size);
  output->size += size;
}

/// Leaves the readable name in `output`. Only trivial objects live here: longjmp ends in this function.
bool run_demangler(const char* mangled, bool rust, Output& output) {
  if (setjmp(output.give_up) != 0) return false;
  output.size = 0;
  // Its own limit refuses every name above 1,024 characters, which templates exceed; ours replaces it.
  constexpr int kOptions = DMGL_NO_RECURSE_LIMIT;
  return (rust ? rust_demangle_callback(mangled, kOptions, append_piece, &output)
               : cplus_demangle_v3_callback(mangled, kOptions, append_piece, &output)) != 0;
}

bool is_clone_suffix(std::string_view word) {
  for (const std::string_view known :
       {"isra", "constprop", "part", "cold", "lto_priv", "localalias", "llvm", "clone", "unlikely", "hot"}) {
    if (word == known) return true;
  }
  return !word.empty() && word.find_first_not_of("0123456789") == std::string_view::npos;
}

/// "name@@VERSION" and "name.isra.0.cold" to "name".
std::string_view without_suffixes(std::string_view name) {
  const size_t version = name.find('@', 1);
  if (version != std::string_view::npos) name = name.substr(0, version);
  for (;;) {
    const size_t dot = name.rfind('.');
    if (dot == std::string_view::npos || dot == 0 || !is_clone_suffix(name.substr(dot + 1))) return name;
    name = name.substr(0, dot);
  }
}

}  // namespace

std::string demangle(std::string_view linkage_name) {
  std::string bare(without_suffixes(linkage_name));
  const bool maybe_rust = bare.starts_with("_R") || bare.starts_with("_ZN");
  const bool maybe_cxx = bare.starts_with("_Z");
  if ((!maybe_rust && !maybe_cxx) || bare.size() > kMaxMangledBytes) return bare;
  Output output;
  if (maybe_rust && run_demangler(bare.c_str(), true, output)) return {output.text, output.size};
  if (maybe_cxx && run_demangler(bare.c_str(), false, output)) return {output.text, output.size};
  return bare;
}

}  // namespace strobe::symbolize
