// MD5 (RFC 1321) of bytes: DWARF 5 line tables name the contents of source files by it. It tells files apart
// that differ by accident; it is no protection against somebody who wants two files to look the same.
#pragma once

#include <string>

#include "base/byte_reader.h"

namespace strobe {

/// 32 lower-case hexadecimal digits.
[[nodiscard]] std::string md5_hex(Bytes bytes);

}  // namespace strobe
