// Keeps the signals that ask a program to end from ending this one in the middle of something, and tells
// whether any came. Signals that were ignored before stay so. For the thread that makes it, while there are
// no others.
#pragma once

#include <csignal>

namespace strobe::os {

class HeldSignals {
 public:
  HeldSignals();
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;
  /// Puts the mask back. What came and was not taken takes effect then.
  ~HeldSignals();

  /// The number of a signal that came, which is done with it; 0: none.
  [[nodiscard]] int take();

 private:
  sigset_t held_{};
  sigset_t before_{};
};

}  // namespace strobe::os
