#include "base/result.h"

#include <cerrno>
#include <cstring>

namespace strobe {
namespace {

ErrorCode code_of(int sys_errno) {
  switch (sys_errno) {
    case EPERM:
    case EACCES:
      return ErrorCode::not_permitted;
    case ENOENT:
    case ENOTDIR:
    case ENODEV:
    case ENXIO:
      return ErrorCode::not_found;
    case ESRCH:
      return ErrorCode::gone;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOSPC:
    case EDQUOT:
    case EAGAIN:
      return ErrorCode::no_resources;
    case EINVAL:
      return ErrorCode::invalid_argument;
    case ENOSYS:
    case EOPNOTSUPP:
      return ErrorCode::unsupported;
    default:
      return ErrorCode::io;
  }
}

}  // namespace

tl::unexpected<Error> fail(ErrorCode code, std::string what, std::string hint) {
  return tl::unexpected<Error>(Error{code, std::move(what), std::move(hint), 0});
}

Error make_errno_error(int sys_errno, std::string_view what, std::string hint) {
  char text[128];
  const char* reason = ::strerror_r(sys_errno, text, sizeof text);  // GNU form: may ignore `text`
  return Error{code_of(sys_errno), std::string(what) + ": " + reason, std::move(hint), sys_errno};
}

tl::unexpected<Error> from_errno(std::string_view what, std::string hint) {
  const int sys_errno = errno;
  return tl::unexpected<Error>(make_errno_error(sys_errno, what, std::move(hint)));
}

}  // namespace strobe
