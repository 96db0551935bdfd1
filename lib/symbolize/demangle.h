// Linker names to readable ones: C++ (Itanium ABI), Rust (v0 and legacy). Names come from foreign files and
// are hostile: length, recursion and output are bounded; what does not demangle within them stays as it is.
// Pure and thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace strobe::symbolize {

/// The readable name without parameters and return type ("ns::Class::method", "std::sort<int*>"); Rust's
/// hash suffixes, compilers' clone suffixes (".isra.0", ".cold") and symbol versions ("@@GLIBC_2.2") are
/// dropped. Names that are not mangled come back as they are, but for these suffixes.
[[nodiscard]] std::string demangle(std::string_view linkage_name);

}  // namespace strobe::symbolize
