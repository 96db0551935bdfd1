#include "workflow/source_index.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace strobe::workflow {
namespace {

std::string_view last_name(std::string_view path) {
  const size_t slash = path.find_last_of('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

/// How many names at their ends two paths share.
size_t shared_names(std::string_view a, std::string_view b) {
  size_t shared = 0;
  while (!a.empty() && !b.empty() && last_name(a) == last_name(b)) {
    ++shared;
    for (std::string_view* path : {&a, &b}) {
      const size_t slash = path->find_last_of('/');
      *path = slash == std::string_view::npos ? std::string_view() : path->substr(0, slash);
    }
  }
  return shared;
}

}  // namespace

SourceIndex::SourceIndex(const std::string& directory, size_t max_entries) {
  namespace fs = std::filesystem;
  std::error_code error;
  size_t entries = 0;
  fs::recursive_directory_iterator entry(directory, fs::directory_options::skip_permission_denied, error);
  for (const fs::recursive_directory_iterator end; !error && entry != end; entry.increment(error)) {
    if (++entries > max_entries) {
      complete_ = false;
      return;
    }
    std::error_code ignored;
    std::string name = entry->path().filename().string();
    const fs::file_status status = entry->symlink_status(ignored);
    if (fs::is_directory(status) && name.starts_with('.')) {
      entry.disable_recursion_pending();
    } else if (fs::is_regular_file(status)) {
      by_name_.emplace(std::move(name), entry->path().string());
    }
  }
}

std::vector<std::string> SourceIndex::find(std::string_view path) const {
  std::vector<std::string> best;
  size_t best_shared = 0;
  if (!complete_) return best;
  const auto [first, last] = by_name_.equal_range(last_name(path));
  for (auto candidate = first; candidate != last; ++candidate) {
    const size_t shared = shared_names(candidate->second, path);
    if (shared > best_shared) best.clear();
    if (shared >= best_shared) best.push_back(candidate->second);
    best_shared = std::max(best_shared, shared);
  }
  std::sort(best.begin(), best.end());
  return best;
}

}  // namespace strobe::workflow
