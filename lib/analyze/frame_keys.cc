#include "analyze/frame_keys.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace strobe::analyze {
namespace {

constexpr size_t kMaxInlining = 256;  // levels; a longer chain is a loop in a damaged recording

/// The frame and everything it was inlined into, outermost first.
std::vector<FrameId> inline_chain(const Profile& profile, FrameId frame) {
  std::vector<FrameId> chain;
  while (frame.index() < profile.frames.size() && chain.size() < kMaxInlining) {
    chain.push_back(frame);
    frame = profile.frames[frame.index()].outer;
  }
  std::reverse(chain.begin(), chain.end());
  return chain;
}

const ModuleRow* find_module(const Profile& profile, ModuleId id) {
  return id.index() < profile.modules.size() ? &profile.modules[id.index()] : nullptr;
}

Language language_of(const ModuleRow* module, FrameKind kind) {
  if (kind == FrameKind::python) return Language::python;
  const bool kernel = kind == FrameKind::kernel ||
                      (module != nullptr &&
                       (module->kind == ModuleKind::kernel || module->kind == ModuleKind::kernel_module));
  return kernel ? Language::kernel : Language::native;
}

FunctionIdentity named_identity(const Profile& profile, const FunctionRow& row) {
  const ModuleRow* module = find_module(profile, row.module);
  return {.name = profile.text(row.name),
          .file = profile.text(row.file),
          .line = row.line,
          .module = module != nullptr ? profile.text(module->path) : std::string(),
          .language = row.language};
}

FunctionIdentity nameless_identity(const Profile& profile, const FrameRow& frame) {
  const ModuleRow* module = find_module(profile, frame.module);
  const std::string path = module != nullptr ? profile.text(module->path) : std::string("[unknown]");
  return {.name = basename_of(path) + " [no symbols]",
          .module = path,
          .language = language_of(module, frame.kind),
          .pseudo = true};
}

class FunctionTableBuilder {
 public:
  explicit FunctionTableBuilder(const Profile& profile)
      : profile_(&profile),
        by_row_(profile.functions.size(), kUnset),
        by_module_(profile.modules.size() + 1, kUnset) {}

  uint32_t key_of(FrameId id) {
    const FrameRow& frame = profile_->frames[id.index()];
    const size_t row = frame.function.index();
    if (row < by_row_.size() && !profile_->text(profile_->functions[row].name).empty()) {
      if (by_row_[row] == kUnset) by_row_[row] = intern(named_identity(*profile_, profile_->functions[row]));
      return by_row_[row];
    }
    const size_t module = std::min(frame.module.index(), by_module_.size() - 1);
    if (by_module_[module] == kUnset) by_module_[module] = intern(nameless_identity(*profile_, frame));
    return by_module_[module];
  }
  std::vector<FunctionIdentity> take_functions() { return std::move(functions_); }

 private:
  static constexpr uint32_t kUnset = UINT32_MAX;

  uint32_t intern(FunctionIdentity identity) {
    FunctionIdentity key = identity;
    // An inline function of a header is the same function in whatever module a copy of it ended up.
    if (key.file.starts_with('/') && key.line != 0) key.module.clear();
    const auto [place, inserted] = ids_.try_emplace(std::move(key), static_cast<uint32_t>(functions_.size()));
    if (inserted) functions_.push_back(std::move(identity));
    return place->second;
  }

  const Profile* profile_;
  std::vector<uint32_t> by_row_;
  std::vector<uint32_t> by_module_;
  std::map<FunctionIdentity, uint32_t> ids_;
  std::vector<FunctionIdentity> functions_;
};

}  // namespace

std::span<const uint32_t> FrameKeys::at(FrameId frame) const {
  if (frame.index() + 1 >= begin.size()) return {};
  return std::span(keys).subspan(begin[frame.index()], begin[frame.index() + 1] - begin[frame.index()]);
}

std::span<const FrameId> FrameKeys::sources_at(FrameId frame) const {
  if (frame.index() + 1 >= begin.size()) return {};
  return std::span(sources).subspan(begin[frame.index()], begin[frame.index() + 1] - begin[frame.index()]);
}

FrameFunctions frame_functions(const Profile& profile) {
  FrameFunctions result;
  FunctionTableBuilder builder(profile);
  result.frames.begin.push_back(0);
  for (uint32_t i = 0; i < profile.frames.size(); ++i) {
    for (const FrameId id : inline_chain(profile, FrameId{i})) {
      result.frames.keys.push_back(builder.key_of(id));
      result.frames.sources.push_back(id);
    }
    result.frames.begin.push_back(static_cast<uint32_t>(result.frames.keys.size()));
  }
  result.functions = builder.take_functions();
  result.frames.key_count = static_cast<uint32_t>(result.functions.size());
  return result;
}

FrameLines frame_lines(const Profile& profile, const FrameFunctions& functions) {
  FrameLines result;
  result.frames.begin = functions.frames.begin;
  result.frames.sources = functions.frames.sources;
  std::map<std::tuple<uint32_t, StringId, uint32_t>, uint32_t> ids;
  for (size_t i = 0; i < functions.frames.keys.size(); ++i) {
    const FrameRow& frame = profile.frames[functions.frames.sources[i].index()];
    const LineIdentity line{functions.frames.keys[i], frame.file, frame.line};
    const auto [place, inserted] =
        ids.try_emplace({line.function, line.file, line.line}, static_cast<uint32_t>(result.lines.size()));
    if (inserted) result.lines.push_back(line);
    result.frames.keys.push_back(place->second);
  }
  result.frames.key_count = static_cast<uint32_t>(result.lines.size());
  return result;
}

std::string basename_of(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  return slash == std::string::npos || slash + 1 == path.size() ? path : path.substr(slash + 1);
}

}  // namespace strobe::analyze
