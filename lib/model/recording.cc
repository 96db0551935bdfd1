#include "model/recording.h"

#include <utility>

namespace strobe {

const std::string& Profile::text(StringId id) const {
  static const std::string empty;
  return id.index() < strings.size() ? strings[id.index()] : empty;
}

void apply(SymbolDelta&& delta, Profile& profile) {
  profile.strings.resize(delta.first_string);
  for (std::string& text : delta.strings) profile.strings.push_back(std::move(text));
  profile.functions = std::move(delta.functions);
  profile.frames.resize(delta.first_frame);
  for (auto& [id, row] : delta.changed_frames) {
    if (id.index() < profile.frames.size()) profile.frames[id.index()] = row;
  }
  profile.frames.insert(profile.frames.end(), delta.frames.begin(), delta.frames.end());
  profile.quality = std::move(delta.quality);
  profile.state = RecordingState::symbolized;
}

}  // namespace strobe
