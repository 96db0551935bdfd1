// Source text as views get it: through an interface, so that everything behind a Profile stays a pure
// function of its input. The implementation that knows file systems is workflow/source_finder.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace strobe {

/// Larger files are not read: their lines are shown without text.
inline constexpr uint64_t kMaxSourceBytes = uint64_t{16} << 20;

/// What came of looking for a source file.
enum class SourceState : uint8_t {
  found,
  absent,       ///< nowhere
  not_regular,  ///< a FIFO, device, folder, or a file of /proc or /sys
  unreadable,   ///< there, but the system refused it
  too_large,
  binary,     ///< holds NUL bytes: no text
  ambiguous,  ///< several files fit equally well
};

/// A short constant name, used in JSON: "found", "too_large", …
[[nodiscard]] std::string_view name_of(SourceState state);

/// Where the text comes from.
enum class SourcePlace : uint8_t {
  recording,  ///< embedded in the recording
  as_named,   ///< the path that the debug information names, or that path in the target's own root
  mapped,     ///< by --source-map
  nearby,     ///< below the current directory, by the end of its path
};

/// "recording", "as_named", "mapped", "nearby".
[[nodiscard]] std::string_view name_of(SourcePlace place);

/// A source file, or why there is none.
struct SourceFile {
  SourceState state = SourceState::absent;
  SourcePlace place = SourcePlace::as_named;
  std::string path;          ///< where it was found or, where it could not be used, lies
  std::string text;          ///< any bytes but NUL; empty unless found
  int64_t mtime_ns = 0;      ///< of its last change, since the epoch; 0 unknown
  std::string md5;           ///< of `text`, lower-case hex; empty unless found
  std::string expected_md5;  ///< as the debug information has it; empty where it has none
};

/// Gives source text to views. For one thread.
class SourceProvider {
 public:
  virtual ~SourceProvider() = default;
  /// The file that a recording calls `path`. Valid as long as the provider.
  virtual const SourceFile& find_source(const std::string& path) = 0;
};

}  // namespace strobe
