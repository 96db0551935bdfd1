// Reads all rows of an open recording into a Profile. Foreign bytes: every number is checked against its
// field, every table against the order of its ids, the whole against the size of the file and validate.h.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "model/recording.h"
#include "store/database.h"

namespace strobe::store {

/// `size_bytes` of the file bounds what its rows may add up to: a damaged or hostile file can name the same
/// pages over and over.
Result<Profile> load_profile(Database& database, uint64_t size_bytes);

}  // namespace strobe::store
