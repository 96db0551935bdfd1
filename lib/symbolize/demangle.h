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
/// A C++ coroutine's parts are "ns::generator [resume]", "[destroy]" and "[cleanup]".
[[nodiscard]] std::string demangle(std::string_view linkage_name);

/// The same with parameters ("std::sort<int*>(int*, int*)") and, for templates, the return type.
[[nodiscard]] std::string demangle_in_full(std::string_view linkage_name);

/// The part of a coroutine that a symbol stands for: " [resume]", " [destroy]", " [cleanup]"; mostly empty.
[[nodiscard]] std::string_view coroutine_part(std::string_view linkage_name);

}  // namespace strobe::symbolize
