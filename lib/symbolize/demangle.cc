#include "symbolize/demangle.h"

#include <libiberty/demangle.h>

#include <charconv>
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
bool run_demangler(const char* mangled, bool rust, bool in_full, Output& output) {
  if (setjmp(output.give_up) != 0) return false;
  output.size = 0;
  // Its own limit refuses every name above 1,024 characters, which templates exceed; ours replaces it.
  const int options = DMGL_NO_RECURSE_LIMIT | (in_full ? DMGL_PARAMS | DMGL_ANSI : 0);
  return (rust ? rust_demangle_callback(mangled, options, append_piece, &output)
               : cplus_demangle_v3_callback(mangled, options, append_piece, &output)) != 0;
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

/// GCC names the parts of a coroutine F by a function that takes F's frame, whose type is named
/// "<length>F.Frame". Returns F, or the name itself.
std::string_view coroutine_of(std::string_view name) {
  constexpr std::string_view kFrame = ".Frame";
  if (!name.ends_with(kFrame)) return name;
  for (size_t at = name.find("_Z", 1); at != std::string_view::npos; at = name.find("_Z", at + 1)) {
    size_t digits = at;
    while (digits > 0 && name[digits - 1] >= '0' && name[digits - 1] <= '9') --digits;
    size_t length = 0;
    std::from_chars(name.data() + digits, name.data() + at, length);
    if (length == name.size() - at) return name.substr(at, length - kFrame.size());
  }
  return name;
}

struct CoroutineSuffix {
  std::string_view suffix;
  std::string_view part;
};
/// GCC: actor, destroy; clang: resume, destroy, cleanup.
constexpr CoroutineSuffix kCoroutineSuffixes[] = {{".actor", " [resume]"},
                                                  {".resume", " [resume]"},
                                                  {".destroy", " [destroy]"},
                                                  {".cleanup", " [cleanup]"}};

std::string demangle_as(std::string_view linkage_name, bool in_full) {
  std::string_view name = without_suffixes(linkage_name);
  const std::string_view part = coroutine_part(name);
  if (!part.empty()) name = coroutine_of(name.substr(0, name.rfind('.')));
  std::string bare(name);
  const bool maybe_rust = bare.starts_with("_R") || bare.starts_with("_ZN");
  const bool maybe_cxx = bare.starts_with("_Z");
  if ((!maybe_rust && !maybe_cxx) || bare.size() > kMaxMangledBytes) return bare;
  Output output;
  if ((maybe_rust && run_demangler(bare.c_str(), true, in_full, output)) ||
      (maybe_cxx && run_demangler(bare.c_str(), false, in_full, output))) {
    return std::string(output.text, output.size).append(part);
  }
  return bare;
}

}  // namespace

std::string_view coroutine_part(std::string_view linkage_name) {
  const std::string_view name = without_suffixes(linkage_name);
  if (!name.starts_with("_Z")) return {};
  for (const CoroutineSuffix& known : kCoroutineSuffixes) {
    if (name.ends_with(known.suffix)) return known.part;
  }
  return {};
}

std::string demangle(std::string_view linkage_name) { return demangle_as(linkage_name, false); }

std::string demangle_in_full(std::string_view linkage_name) { return demangle_as(linkage_name, true); }

}  // namespace strobe::symbolize
