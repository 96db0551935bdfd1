// Bytes for people.
#pragma once

#include <string>

namespace strobe::report {

/// "0 B", "1023 B", "1.5 KiB", "61.0 MiB", "2.0 GiB", "3.1 TiB".
[[nodiscard]] std::string bytes_text(double bytes);

}  // namespace strobe::report
