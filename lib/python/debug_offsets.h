// _Py_DebugOffsets: from 3.13 on an interpreter says at the start of its _PyRuntime, after a cookie and its
// version, where its fields are. Hostile input: an offset that cannot be is refused. Pure.
// Source: Include/internal/pycore_debug_offsets.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/byte_reader.h"
#include "base/result.h"
#include "python/layout.h"

namespace strobe::python {

/// What is the same in every version that has the structure.
struct DebugHeader {
  uint32_t version_hex = 0;
  bool free_threaded = false;
};
inline constexpr size_t kDebugHeaderBytes = 24;
/// The whole structure of the newest version that we know.
inline constexpr size_t kDebugOffsetsBytes = 888;

/// nullopt where the cookie is not there.
[[nodiscard]] std::optional<DebugHeader> decode_debug_header(Bytes bytes);

/// Overrides `layout`, which is the table of that version, by what `bytes`, the beginning of _PyRuntime, say.
/// malformed where an offset is implausible. How many fields differed from the table.
Result<int> apply_debug_offsets(Bytes bytes, Layout& layout);

}  // namespace strobe::python
