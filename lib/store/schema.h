// The schema of a recording as SQL text (schema.sql, embedded by CMake), the numbers that name the format,
// and the limits that writer and reader agree on. A change here is a change of docs/formats/recording.md.
#pragma once

#include <cstddef>
#include <cstdint>

namespace strobe::store {

extern const char* const kSchemaSql;

inline constexpr int64_t kApplicationId = 0x53747262;  ///< "Strb"
inline constexpr int64_t kSchemaVersion = 1;

/// Longest text in a recording; the writer cuts longer ones, so that no name can make a recording unreadable.
inline constexpr size_t kMaxTextBytes = size_t{8} << 20;

}  // namespace strobe::store
