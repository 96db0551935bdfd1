#include "os/held_signals.h"

#include <pthread.h>

#include <ctime>
#include <initializer_list>

namespace strobe::os {

HeldSignals::HeldSignals() {
  ::sigemptyset(&held_);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
    struct sigaction action {};
    ::sigaction(number, nullptr, &action);
    // Held ones are kept for take() even where they are ignored, which must not end anything.
    if (action.sa_handler != SIG_IGN) ::sigaddset(&held_, number);
  }
  ::pthread_sigmask(SIG_BLOCK, &held_, &before_);
}

HeldSignals::~HeldSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

int HeldSignals::take() {
  const timespec now{};
  const int number = ::sigtimedwait(&held_, nullptr, &now);
  return number > 0 ? number : 0;
}

}  // namespace strobe::os
