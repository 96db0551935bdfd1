// Files in the user's cache directory: readable by their owner only, replaced as a whole. Whatever is wrong
// with one makes it absent, not an error; writing is best effort.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace strobe::symbolize {

inline constexpr size_t kMaxCacheBytes = size_t{64} << 20;

/// Nothing but a regular file of our own user, no link, of at most kMaxCacheBytes.
[[nodiscard]] std::optional<std::string> read_cache_file(const std::string& path);

/// Makes the directories, and replaces the file atomically. What is too large is not written.
void write_cache_file(const std::string& path, std::string_view content);

}  // namespace strobe::symbolize
