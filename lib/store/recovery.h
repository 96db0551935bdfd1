// What a recording that was not written to its end is worth: first pure work on the Profile, then the same
// stored. One thread per Database.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "model/recording.h"
#include "store/database.h"

namespace strobe::store {

/// Turns an open profile into a recorded one: what still ran ends with the last thing recorded, counts follow
/// from the samples that are there, CPU seconds the kernel did not report any more are estimated from
/// samples. Adds `warning` to the quality.
void close_open_profile(Profile& profile, const std::string& warning);

/// Stores what close_open_profile() changed, in one transaction.
Result<void> store_closed_profile(Database& database, const Profile& profile);

/// Reads an open recording, closes it and stores that. `size_bytes` as for load_profile().
Result<void> close_recording(Database& database, uint64_t size_bytes, const std::string& warning);

}  // namespace strobe::store
