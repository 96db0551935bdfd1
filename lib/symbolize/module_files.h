// Finding the bytes of a module: its own file as the target sees it, and the separate debug file that belongs
// to it. A file is used only when it is the one that ran: equal build-id, else equal size and time.
// Nothing is fetched from a network.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/mapped_file.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "elf/elf_file.h"
#include "model/recording.h"
#include "os/file_lease.h"

namespace strobe::symbolize {

/// All of a text file of unknown length (procfs); no_resources above `max_bytes`.
Result<std::string> read_text_file(const std::string& path, size_t max_bytes);
Result<std::string> read_text(const UniqueFd& fd, const std::string& name, size_t max_bytes);

/// Whether an open file stays as it is while it is mapped: only root can change it, or it is under a lease. A
/// mapped file that shrinks would kill us.
struct HeldFile {
  bool may_be_mapped = false;
  std::optional<os::FileLease> lease;  ///< keep it as long as the mapping
};
[[nodiscard]] HeldFile hold_still(const UniqueFd& fd, const struct stat& info);

/// An ELF file in memory with what tells it from others of its name.
struct LoadedFile {
  std::string path;
  uint64_t size = 0;
  int64_t mtime_ns = 0;
  MappedFile content;
  elf::ElfFile elf;  ///< borrows from `content`
  std::optional<os::FileLease> lease;

  /// False where somebody began to change the file while we have it mapped: stop using it, soon.
  [[nodiscard]] bool is_steady() const { return !lease || lease->is_undisturbed(); }
};

/// Opens and parses; regular files only. A mapped file that shrinks would kill us, so only files that nobody
/// but root can change are mapped, and large ones of ours under a lease; others are read into memory.
Result<LoadedFile> load_elf_file(const std::string& path);
/// The same for a file of debug information, which is nothing without its sections: a copy or download that
/// ended early is an error.
Result<LoadedFile> load_debug_file(const std::string& path);

struct ModuleFiles {
  std::optional<LoadedFile> module;  ///< the file itself
  std::optional<LoadedFile> debug;   ///< its separate debug file
  std::optional<LoadedFile> mini;    ///< the symbol table of its .gnu_debugdata, where there is no debug file
  std::string note;                  ///< why there is neither, for the user
  std::vector<std::string> refused;  ///< debug files that cannot be used, as sentences
};

/// Looks for the file of `module` (its path given as text) and its debug file. `pid` may be 0.
[[nodiscard]] ModuleFiles find_module_files(const ModuleRow& module, const std::string& path, pid_t pid,
                                            const std::vector<std::string>& debug_directories);

/// The debug file with this build-id; nullopt where no directory has a matching one. Files at its place that
/// have another one are told in `refused`.
[[nodiscard]] std::optional<LoadedFile> find_by_build_id(const std::string& build_id,
                                                         const std::vector<std::string>& debug_directories,
                                                         std::vector<std::string>* refused = nullptr);

/// CRC-32 as .gnu_debuglink has it (IEEE 802.3, as zlib).
[[nodiscard]] uint32_t debug_link_crc(Bytes bytes);
/// Whether there are DWARF units in it, compressed or not.
[[nodiscard]] bool has_debug_info(const elf::ElfFile& file);

}  // namespace strobe::symbolize
