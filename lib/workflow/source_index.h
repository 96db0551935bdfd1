// The files below a folder by their names, to find a moved source by the end of its path.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace strobe::workflow {

class SourceIndex {
 public:
  /// Lists what is below `directory` (absolute): no links followed, hidden folders left out, and no more than
  /// `max_entries`.
  explicit SourceIndex(const std::string& directory, size_t max_entries = 100'000);

  /// The files that share the longest end of whole names with `path`, sorted: one where the answer is
  /// certain. Empty where no file has its last name, or there were too many files to be sure.
  [[nodiscard]] std::vector<std::string> find(std::string_view path) const;

 private:
  std::multimap<std::string, std::string, std::less<>> by_name_;
  bool complete_ = true;
};

}  // namespace strobe::workflow
