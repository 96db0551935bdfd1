#include "workflow/source_finder.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "os/source_file.h"

namespace strobe::workflow {
namespace {

constexpr size_t kMaxTargetRoots = 16;

bool is_good(const SourceFile& file) { return file.state == SourceState::found; }

bool is_same_file(const struct stat& info, const ModuleRow& module) {
  const int64_t mtime_ns = int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec;
  return std::cmp_equal(info.st_size, module.file_size) && mtime_ns == module.mtime_ns;
}

/// Whether this machine has, seen through that root, the very file that ran: pids are used again, and a
/// recording may be from another machine.
bool has_module(const std::string& root, const Profile& profile, const ModuleRow& module) {
  const std::string& path = profile.text(module.path);
  struct stat info {};
  return module.kind == ModuleKind::file && path.starts_with('/') &&
         ::stat((root + path).c_str(), &info) == 0 && is_same_file(info, module);
}

}  // namespace

Result<std::pair<std::string, std::string>> parse_source_map(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
    return fail(ErrorCode::invalid_argument, fmt::format("--source-map '{}' is not FROM=TO", text),
                "give the folder in the debug information and the folder here: --source-map /build/app=.");
  }
  return std::pair(text.substr(0, equals), text.substr(equals + 1));
}

std::optional<std::string> map_source_path(const std::string& path,
                                           const std::vector<std::pair<std::string, std::string>>& map) {
  const std::pair<std::string, std::string>* best = nullptr;
  for (const auto& entry : map) {
    const std::string& from = entry.first;
    const bool fits = path.starts_with(from) &&
                      (path.size() == from.size() || from.ends_with('/') || path[from.size()] == '/');
    if (fits && (best == nullptr || from.size() > best->first.size())) best = &entry;
  }
  if (best == nullptr) return std::nullopt;
  std::string to = best->second;
  std::string rest = path.substr(best->first.size());
  while (rest.starts_with('/')) rest.erase(0, 1);
  if (!rest.empty() && !to.ends_with('/')) to += '/';
  return to + rest;
}

SourceFinder::SourceFinder(const Profile& profile, SourceOptions options, symbolize::SymbolizeOptions symbols)
    : profile_(&profile), options_(std::move(options)), symbols_(std::move(symbols)) {}

const SourceFile& SourceFinder::find_source(const std::string& path) {
  const auto [place, inserted] = found_.try_emplace(path);
  if (!inserted) return place->second;
  SourceFile& file = place->second;
  file = look_for(path);
  if (is_good(file) && file.place != SourcePlace::recording) file.expected_md5 = expected_md5(path);
  return file;
}

std::string SourceFinder::expected_md5(const std::string& path) {
  if (!hashes_) {
    std::set<std::string> files;
    for (const FrameRow& frame : profile_->frames) files.insert(profile_->text(frame.file));
    hashes_ = symbolize::read_source_hashes(*profile_, files, symbols_);
  }
  const auto found = hashes_->find(path);
  return found == hashes_->end() ? std::string() : found->second;
}

SourceFile SourceFinder::look_for(const std::string& path) {
  if (path.empty()) return {};
  if (std::optional<SourceFile> embedded = find_embedded(path)) return std::move(*embedded);
  SourceFile trouble;  // the first file that is there and cannot be used
  const auto usable = [&](SourceFile& file, SourcePlace place) {
    file.place = place;
    if (trouble.state == SourceState::absent && file.state != SourceState::absent && !is_good(file)) {
      trouble = file;
    }
    return is_good(file);
  };
  SourceFile file;
  if (const std::optional<std::string> mapped = map_source_path(path, options_.map)) {
    file = os::read_source_file(*mapped);
    if (usable(file, SourcePlace::mapped)) return file;
  }
  // A relative name means nothing here: it is relative to where the program was built.
  if (path.starts_with('/')) {
    file = os::read_source_file(path);
    if (usable(file, SourcePlace::as_named)) return file;
    if (std::optional<SourceFile> in_target = find_in_target(path)) return std::move(*in_target);
  }
  if (options_.search_directory.empty()) return trouble;
  if (!index_) index_.emplace(options_.search_directory);
  const std::vector<std::string> candidates = index_->find(path);
  if (candidates.size() == 1) {
    file = os::read_source_file(candidates.front());
    if (usable(file, SourcePlace::nearby)) return file;
  } else if (!candidates.empty() && trouble.state == SourceState::absent) {
    trouble.state = SourceState::ambiguous;
  }
  return trouble;
}

std::optional<SourceFile> SourceFinder::find_embedded(const std::string& path) const {
  for (const SourceRow& row : profile_->sources) {
    if (row.path != path || row.state != SourceState::found) continue;
    return SourceFile{.state = row.state,
                      .place = SourcePlace::recording,
                      .path = row.path,
                      .text = row.text,
                      .mtime_ns = row.mtime_ns,
                      .md5 = row.md5,
                      .expected_md5 = row.expected_md5};
  }
  return std::nullopt;
}

std::optional<SourceFile> SourceFinder::find_in_target(const std::string& path) {
  for (const std::string& root : target_roots()) {
    SourceFile file = os::read_source_file(root + path);
    if (is_good(file)) {
      file.path = path;
      return file;
    }
  }
  return std::nullopt;
}

const std::vector<std::string>& SourceFinder::target_roots() {
  if (target_roots_) return *target_roots_;
  target_roots_.emplace();
  struct stat own {};
  if (::stat("/", &own) != 0) return *target_roots_;
  std::set<std::pair<dev_t, ino_t>> seen = {{own.st_dev, own.st_ino}};
  for (const ModuleRow& module : profile_->modules) {
    if (target_roots_->size() >= kMaxTargetRoots) break;
    if (module.process.index() >= profile_->processes.size()) continue;
    const std::string root = fmt::format("/proc/{}/root", profile_->processes[module.process.index()].pid);
    struct stat info {};
    if (::stat(root.c_str(), &info) != 0 || seen.count({info.st_dev, info.st_ino}) != 0) continue;
    if (!has_module(root, *profile_, module)) continue;
    seen.insert({info.st_dev, info.st_ino});
    target_roots_->push_back(root);
  }
  return *target_roots_;
}

}  // namespace strobe::workflow
