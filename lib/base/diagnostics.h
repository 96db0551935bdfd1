// Where library code sends warnings for the user. Nothing in lib/ prints: the command line passes a sink.
#pragma once

#include <string>

namespace strobe {

class Diagnostics {
 public:
  virtual ~Diagnostics() = default;
  /// One sentence for the user. May be called from the recorder's threads; implementations lock.
  virtual void warn(std::string message) = 0;
};

}  // namespace strobe
