// What a recording that was never finished is worth: pure work on the Profile. recover() in recording_file.h
// stores the result.
#pragma once

#include <string>

#include "model/recording.h"

namespace strobe::store {

/// Turns an open profile into a recorded one: what still ran ends with the last thing recorded, counts follow
/// from the samples that are there, CPU seconds the kernel did not report any more are estimated from
/// samples. Adds `warning` to the quality.
void close_open_profile(Profile& profile, const std::string& warning);

}  // namespace strobe::store
