// What CPU time was spent for, where that is no business of the program's own: starting up, and serialising
// or moving data between processes. Known by names of functions anywhere on a stack; the lists are in the
// source and in docs/comparing.md. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "model/recording.h"

namespace strobe::analyze {

enum class Purpose : uint8_t {
  own,      ///< everything else
  startup,  ///< executing and forking, the loader, starting an interpreter, importing
  copying,  ///< pickling, marshalling, messages between processes
};

/// By stack of the profile. What serves both is start-up: importing unmarshals code.
[[nodiscard]] std::vector<Purpose> find_purposes(const Profile& profile);

}  // namespace strobe::analyze
