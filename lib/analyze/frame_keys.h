// What each frame of a profile stands for: functions (frame_functions) or source lines (frame_lines), one
// per level of inlining. Tables are sums over these keys (stack_sums.h).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/recording.h"

namespace strobe::analyze {

/// By frame, its keys, the outermost inlined-into function first, the innermost code last.
struct FrameKeys {
  std::vector<uint32_t> begin;  ///< by frame: where its keys start; one more than there are frames
  std::vector<uint32_t> keys;
  std::vector<FrameId> sources;  ///< parallel to `keys`: the frame row each key came from
  uint32_t key_count = 0;

  [[nodiscard]] std::span<const uint32_t> at(FrameId frame) const;
  [[nodiscard]] std::span<const FrameId> sources_at(FrameId frame) const;
};

/// One function as reports know it. Functions that look the same to the reader (same name, file and line)
/// are one, also where the recording has several rows of them.
struct FunctionIdentity {
  std::string name;    ///< "libfoo.so [no symbols]" for all nameless code of one module; empty: a whole file
  std::string file;    ///< empty where unknown
  uint32_t line = 0;   ///< of the definition; 0 unknown
  std::string module;  ///< path or pseudo-name
  Language language = Language::native;
  bool pseudo = false;  ///< stands for something that is no function
  friend bool operator==(const FunctionIdentity&, const FunctionIdentity&) = default;
  friend auto operator<=>(const FunctionIdentity&, const FunctionIdentity&) = default;
};

/// What a row of a table stands for.
enum class Grouping : uint8_t { function, line, file, module, thread, process };

struct FrameFunctions {
  FrameKeys frames;  ///< keys are indices into `functions`
  std::vector<FunctionIdentity> functions;
  Grouping grouping =
      Grouping::function;  ///< what `functions` are instead, after group_frames() (grouping.h)
};
[[nodiscard]] FrameFunctions frame_functions(const Profile& profile);

struct LineIdentity {
  uint32_t function = 0;  ///< index into FrameFunctions::functions
  StringId file;
  uint32_t line = 0;
};

struct FrameLines {
  FrameKeys frames;  ///< keys are indices into `lines`
  std::vector<LineIdentity> lines;
};
[[nodiscard]] FrameLines frame_lines(const Profile& profile, const FrameFunctions& functions);

/// The part of a path after its last slash; all of it where that is empty.
[[nodiscard]] std::string basename_of(const std::string& path);

}  // namespace strobe::analyze
