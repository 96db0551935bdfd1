#include "workflow/embed_sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <vector>

#include "os/signals.h"
#include "store/recording_file.h"

namespace strobe::workflow {
namespace {

struct NamedFile {
  std::string path;
  uint64_t samples = 0;  ///< whose innermost code is in it
};

/// The files that the profile names, those with most samples first.
std::vector<NamedFile> list_files(const Profile& profile) {
  std::map<std::string, uint64_t> samples;
  const auto mention = [&](StringId file) -> uint64_t* {
    const std::string& path = profile.text(file);
    return path.empty() || path.size() > PATH_MAX ? nullptr : &samples[path];
  };
  for (const FunctionRow& row : profile.functions) mention(row.file);
  for (const FrameRow& row : profile.frames) mention(row.file);
  for (const SampleRow& sample : profile.samples) {
    if (sample.stack.index() >= profile.stacks.size()) continue;
    const FrameId leaf = profile.stacks[sample.stack.index()].frame;
    if (leaf.index() >= profile.frames.size()) continue;
    if (uint64_t* count = mention(profile.frames[leaf.index()].file); count != nullptr) ++*count;
  }
  std::vector<NamedFile> files;
  files.reserve(samples.size());
  for (const auto& [path, count] : samples) files.push_back({path, count});
  std::stable_sort(files.begin(), files.end(),
                   [](const NamedFile& a, const NamedFile& b) { return a.samples > b.samples; });
  return files;
}

struct Tally {
  size_t kept = 0;
  uint64_t kept_bytes = 0;
  size_t absent = 0;
  size_t too_large = 0;
  size_t unusable = 0;  ///< not text, not readable, not regular
};

SourceRow make_row(const std::string& path, const SourceFile& file, Tally& tally) {
  SourceRow row{.path = path, .state = file.state, .expected_md5 = file.expected_md5};
  const uint64_t bytes = file.text.size();
  if (bytes > kMaxEmbeddedFileBytes || bytes > kMaxEmbeddedBytes - tally.kept_bytes) {
    row.state = SourceState::too_large;
  }
  if (row.state == SourceState::found) {
    row.text = file.text;
    row.md5 = file.md5;
    row.mtime_ns = file.mtime_ns;
    ++tally.kept;
    tally.kept_bytes += bytes;
  } else if (row.state == SourceState::absent) {
    ++tally.absent;
  } else if (row.state == SourceState::too_large) {
    ++tally.too_large;
  } else {
    ++tally.unusable;
  }
  return row;
}

std::string describe(const Tally& tally) {
  std::string text = fmt::format("{} source files ({} KiB) are in the recording", tally.kept,
                                 (tally.kept_bytes + 1023) / 1024);
  const auto add = [&](size_t count, const char* what) {
    if (count > 0) text += fmt::format("; {} {}", count, what);
  };
  add(tally.absent, "were not found");
  add(tally.too_large, "are too large");
  add(tally.unusable, "are not text or cannot be read");
  return text;
}

}  // namespace

Result<void> embed_sources(const std::string& path, Profile& profile, SourceOptions sources,
                           const symbolize::SymbolizeOptions& symbols, Diagnostics& diagnostics) {
  const os::IgnoredSignal file_size(SIGXFSZ);  // a limit of file sizes must be an error
  sources.search_directory.clear();
  SourceFinder finder(profile, std::move(sources), symbols);
  std::vector<SourceRow> rows;
  Tally tally;
  for (const NamedFile& file : list_files(profile)) {
    rows.push_back(make_row(file.path, finder.find_source(file.path), tally));
    finder.forget(file.path);  // one large text in memory twice, not all
  }
  std::sort(rows.begin(), rows.end(), [](const SourceRow& a, const SourceRow& b) { return a.path < b.path; });
  if (Result<void> stored = store::store_sources(path, rows); !stored) return stored;
  profile.sources = std::move(rows);
  diagnostics.warn(describe(tally));
  return {};
}

}  // namespace strobe::workflow
