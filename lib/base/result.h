// Errors are values. Every fallible function returns Result<T>; the Error says what failed, on what,
// and what the user can do next. Nothing here prints, logs or throws.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace strobe {

/// What kind of failure it is, for code that has to choose; people read `what` and `hint`.
enum class ErrorCode : uint8_t {
  invalid_argument,  ///< the caller's or user's words are off
  not_found,         ///< no such process, file, symbol
  not_permitted,     ///< the kernel refused
  no_resources,      ///< descriptors, locked memory, disk space
  unsupported,       ///< this kernel, CPU or file format cannot do it
  malformed,         ///< foreign bytes are not what they claim to be
  gone,              ///< the process ended meanwhile
  io,                ///< anything else the system reported
};

struct Error {
  ErrorCode code = ErrorCode::io;
  std::string what;   ///< what failed, on what: "open /proc/12/maps: Permission denied"
  std::string hint;   ///< the user's next step; empty where there is none
  int sys_errno = 0;  ///< errno where the system reported it, else 0
};

/// A value or an Error, which the caller has to look at. A class of its own and not an alias, because
/// only a class can be [[nodiscard]]; std::expected (C++23) can take its place.
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
  // NOLINTNEXTLINE(google-explicit-constructor): stands for the base
  Result(tl::expected<T, Error> value) : tl::expected<T, Error>(std::move(value)) {}
};

/// An error to return: `return fail(ErrorCode::malformed, "not an ELF file")`.
[[nodiscard]] tl::unexpected<Error> fail(ErrorCode code, std::string what, std::string hint = {});

/// The one place where errno becomes an Error. `what` names the call and its object.
[[nodiscard]] Error make_errno_error(int sys_errno, std::string_view what, std::string hint = {});

/// `return from_errno("open " + path)`: reads errno, so it has to be called first thing after the failure.
[[nodiscard]] tl::unexpected<Error> from_errno(std::string_view what, std::string hint = {});

/// Passes an error on from a Result of another type.
template <class T>
[[nodiscard]] tl::unexpected<Error> pass(Result<T>&& result) {
  return tl::unexpected<Error>(std::move(result).error());
}

}  // namespace strobe
