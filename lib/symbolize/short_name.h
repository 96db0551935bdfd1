// Readable names made short: what a reader needs to know which function it is, without the arguments of
// templates. Pure text to text, for demangled C++ and Rust names and those of DWARF; names of other languages
// come back as they are. Thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace strobe::symbolize {

/// "std::vector<int, std::allocator<int> >::push_back" to "std::vector<…>::push_back"; parameter lists and
/// inline namespaces of the standard library are dropped, its strings and streams called by their usual
/// names. Operators, conversions, lambdas, anonymous namespaces and Rust's "<Type as Trait>" stay. A name
/// whose brackets do not match is left as it is from there on.
[[nodiscard]] std::string short_name(std::string_view name);

}  // namespace strobe::symbolize
