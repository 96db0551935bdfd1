// Answers of earlier runs for one module, in a file named by its build-id. An answer stands as long as the
// files it came from are the same (path, size, time). Whatever is wrong with a cache file makes it empty, not
// an error; writing is best effort. Names that were not found are kept as well.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "base/byte_reader.h"
#include "symbolize/module_files.h"
#include "symbolize/symbolizer.h"

namespace strobe::symbolize {

using CachedSymbols = std::unordered_map<uint64_t, AddressSymbols>;

/// The content of a cache file; the same for equal input.
[[nodiscard]] std::string encode_symbol_cache(const std::string& identity, const CachedSymbols& symbols);
/// malformed for anything but what encode_symbol_cache made for the same identity.
Result<CachedSymbols> decode_symbol_cache(Bytes bytes, const std::string& identity);

class SymbolCache {
 public:
  /// Reads what there is for these files. Does nothing, ever, where `directory` is empty or the module has
  /// no build-id.
  SymbolCache(const std::string& directory, const ModuleFiles& files);

  /// nullptr where the address has not been asked for before. Valid until the next insert.
  [[nodiscard]] const AddressSymbols* find(uint64_t address) const;
  void insert(uint64_t address, const AddressSymbols& symbols);
  /// Replaces the file atomically; readable by its owner only.
  void store() const;

  [[nodiscard]] const std::string& path() const { return path_; }  ///< empty where there is no cache

 private:
  std::string path_;
  std::string identity_;
  CachedSymbols symbols_;
};

}  // namespace strobe::symbolize
