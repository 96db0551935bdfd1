// Finds the source files of a recording: embedded in it, where the debug information says, where the user
// says, or below the current directory. docs/views.md tells people the same rules. For one thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/recording.h"
#include "model/sources.h"
#include "symbolize/source_hashes.h"
#include "symbolize/symbolizer.h"
#include "workflow/source_index.h"

namespace strobe::workflow {

struct SourceOptions {
  /// Beginnings of paths and what stands for them on this machine; whole folder names only.
  std::vector<std::pair<std::string, std::string>> map;
  std::string search_directory;  ///< below it files are found by name; empty: not looked for
};

/// "FROM=TO", split at the first '='.
Result<std::pair<std::string, std::string>> parse_source_map(const std::string& text);

/// The path with its longest mapped beginning replaced; nullopt where no beginning fits.
[[nodiscard]] std::optional<std::string> map_source_path(
    const std::string& path, const std::vector<std::pair<std::string, std::string>>& map);

class SourceFinder final : public SourceProvider {
 public:
  /// Borrows the profile. `symbols` says where debug information is, for the hashes in it.
  SourceFinder(const Profile& profile, SourceOptions options, symbolize::SymbolizeOptions symbols);

  const SourceFile& find_source(const std::string& path) override;
  /// Gives up what find_source() gave for this path.
  void forget(const std::string& path) { found_.erase(path); }

 private:
  SourceFile look_for(const std::string& path);
  std::string expected_md5(const std::string& path);
  std::optional<SourceFile> find_embedded(const std::string& path) const;
  std::optional<SourceFile> find_in_target(const std::string& path);
  const std::vector<std::string>& target_roots();

  const Profile* profile_;
  SourceOptions options_;
  symbolize::SymbolizeOptions symbols_;
  std::optional<symbolize::SourceHashes> hashes_;         // read at first use
  std::optional<std::vector<std::string>> target_roots_;  // read at first use
  std::optional<SourceIndex> index_;                      // made at first use
  std::map<std::string, SourceFile> found_;
};

}  // namespace strobe::workflow
