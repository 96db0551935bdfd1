// STROBE_CHECK: a broken invariant of Strobe itself ends the program with the place. Never for foreign
// input or system errors: those are Results.
#pragma once

namespace strobe::detail {
[[noreturn]] void check_failed(const char* condition, const char* file, int line);
}

#define STROBE_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::strobe::detail::check_failed(#condition, __FILE__, __LINE__))
