#include "symbolize/module_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "elf/section_content.h"
#include "os/proc_maps.h"

namespace strobe::symbolize {
namespace {

constexpr uint64_t kMaxFileBytes = uint64_t{8} << 30;
constexpr uint64_t kLargeFileBytes = uint64_t{8} << 20;  // worth a lease, which may make a linker wait for us
constexpr size_t kMaxMiniBytes = size_t{256} << 20;
constexpr int64_t kNsPerS = 1'000'000'000;

/// Reads at most `size` bytes; fewer where the file ended earlier.
Result<std::vector<std::byte>> read_bytes(const UniqueFd& fd, const std::string& name, size_t size) {
  std::vector<std::byte> bytes(size);
  size_t filled = 0;
  while (filled < size) {
    const ssize_t got = ::read(fd.get(), bytes.data() + filled, size - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return from_errno("read " + name);
    if (got == 0) break;
    filled += static_cast<size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

std::string directory_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

bool is_same_file(const ModuleRow& module, const LoadedFile& file) {
  if (!module.build_id.empty()) return module.build_id == file.elf.build_id();
  if (module.file_size != 0 && module.file_size != file.size) return false;
  return module.mtime_ns == 0 || module.mtime_ns == file.mtime_ns;
}

bool only_root_writes(const struct stat& info) {
  return info.st_uid == 0 && (info.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

struct FileBytes {
  MappedFile content;
  std::optional<os::FileLease> lease;
};

Result<FileBytes> map_or_read(UniqueFd fd, const struct stat& info, const std::string& path) {
  const auto size = static_cast<uint64_t>(info.st_size);
  HeldFile held;
  if (only_root_writes(info) || size >= kLargeFileBytes) held = hold_still(fd, info);
  if (held.may_be_mapped) {
    auto content = MappedFile::map(fd, path);
    if (!content) return pass(std::move(content));
    return FileBytes{std::move(*content), std::move(held.lease)};
  }
  auto bytes = read_bytes(fd, path, static_cast<size_t>(size));
  if (!bytes) return pass(std::move(bytes));
  return FileBytes{MappedFile::own(std::move(*bytes)), std::nullopt};
}

/// MiniDebugInfo: an ELF file with the symbols that .dynsym lacks, packed by xz.
std::optional<LoadedFile> unpack_mini_debug_info(const LoadedFile& module) {
  const elf::Section* section = module.elf.find_section(".gnu_debugdata");
  if (section == nullptr) return std::nullopt;
  auto bytes = elf::unpack_xz(module.elf.section_bytes(*section), kMaxMiniBytes);
  if (!bytes) return std::nullopt;
  MappedFile content = MappedFile::own(std::move(*bytes));
  auto parsed = elf::ElfFile::parse(content.bytes());
  if (!parsed) return std::nullopt;
  const uint64_t size = content.bytes().size();
  return LoadedFile{.path = module.path + " [.gnu_debugdata]",
                    .size = size,
                    .content = std::move(content),
                    .elf = std::move(*parsed),
                    .lease = std::nullopt};
}

std::string refusal(const std::string& path, const std::string& its_id, const std::string& wanted_id) {
  return fmt::format("{} is not the debug file of what ran: its build-id is {}, the module's {}", path,
                     its_id.empty() ? "absent" : its_id, wanted_id.empty() ? "absent" : wanted_id);
}

/// Notes a debug file that is there and is none; those that are absent or not ours to read are passed over.
void note_damaged(const Error& error, std::vector<std::string>& refused) {
  if (error.code == ErrorCode::malformed || error.code == ErrorCode::unsupported)
    refused.push_back(error.what);
}

/// Where the file of a mapping of `pid` may be opened, best first.
std::vector<std::string> module_candidates(const std::string& path, pid_t pid) {
  constexpr std::string_view kDeleted = " (deleted)";
  std::string plain = path;
  if (plain.ends_with(kDeleted)) plain.resize(plain.size() - kDeleted.size());
  std::vector<std::string> candidates;
  const std::string process = fmt::format("/proc/{}", pid);
  if (pid > 0) candidates.push_back(process + "/root" + plain);
  candidates.push_back(plain);
  if (pid <= 0) return candidates;
  // The file was removed or replaced: the kernel still has it, for those who may ask (CAP_SYS_ADMIN).
  const auto mappings = os::read_proc_maps(pid);
  if (!mappings) return candidates;
  for (const os::ProcMapping& mapping : *mappings) {
    if (mapping.path != plain && mapping.path != plain + std::string(kDeleted)) continue;
    candidates.push_back(fmt::format("{}/map_files/{:x}-{:x}", process, mapping.start, mapping.end));
    break;
  }
  candidates.push_back(process + "/exe");
  return candidates;
}

/// The debug file that .gnu_debuglink names, at the places where gdb looks as well.
std::optional<LoadedFile> find_by_debug_link(const LoadedFile& module, const std::string& target_path,
                                             const std::vector<std::string>& debug_directories,
                                             std::vector<std::string>& refused) {
  const auto link = module.elf.debug_link();
  if (!link || link->file_name.find('/') != std::string_view::npos) return std::nullopt;
  const std::string name(link->file_name);
  const std::string beside = directory_of(module.path);
  std::vector<std::string> candidates = {beside + "/" + name, beside + "/.debug/" + name};
  const std::string below = directory_of(target_path) + "/" + name;
  for (const std::string& directory : debug_directories) candidates.push_back(directory + below);
  const std::string build_id = module.elf.build_id();
  for (const std::string& candidate : candidates) {
    if (candidate == module.path) continue;
    auto file = load_debug_file(candidate);
    if (!file) {
      note_damaged(file.error(), refused);
      continue;
    }
    const std::string candidate_id = file->elf.build_id();
    const bool matches = !build_id.empty() && !candidate_id.empty()
                             ? build_id == candidate_id
                             : debug_link_crc(file->content.bytes()) == link->crc;
    if (matches) return std::move(*file);
    refused.push_back(refusal(candidate, candidate_id, build_id));
  }
  return std::nullopt;
}

}  // namespace

bool has_debug_info(const elf::ElfFile& file) {
  return file.find_section(".debug_info") != nullptr || file.find_section(".zdebug_info") != nullptr;
}

Result<std::string> read_text(const UniqueFd& fd, const std::string& name, size_t max_bytes) {
  std::string text;
  std::array<char, size_t{64} << 10> part;  // most files are small: the text grows by what they have
  struct stat info {};
  if (::fstat(fd.get(), &info) == 0 && info.st_size > 0) {  // of made-up files, as in /proc, it is 0
    text.reserve(std::min(max_bytes, static_cast<size_t>(info.st_size)));
  }
  for (;;) {
    const ssize_t got = ::read(fd.get(), part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return tl::unexpected<Error>(make_errno_error(errno, "read " + name));
    if (got == 0) return text;
    text.append(part.data(), static_cast<size_t>(got));
    if (text.size() > max_bytes) return fail(ErrorCode::no_resources, name + " is too large");
  }
}

Result<std::string> read_text_file(const std::string& path, size_t max_bytes) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return from_errno("open " + path);
  return read_text(fd, path, max_bytes);
}

HeldFile hold_still(const UniqueFd& fd, const struct stat& info) {
  HeldFile held{.may_be_mapped = only_root_writes(info), .lease = std::nullopt};
  if (held.may_be_mapped) return held;
  UniqueFd other(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0));
  if (other) held.lease = os::FileLease::take(std::move(other));
  held.may_be_mapped = held.lease.has_value();
  return held;
}

Result<LoadedFile> load_elf_file(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return from_errno("open " + path);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return from_errno("stat " + path);
  if (!S_ISREG(info.st_mode)) return fail(ErrorCode::invalid_argument, path + " is not a regular file");
  const auto size = static_cast<uint64_t>(info.st_size);
  if (size > kMaxFileBytes) return fail(ErrorCode::no_resources, path + " is too large");
  auto loaded = map_or_read(std::move(fd), info, path);
  if (!loaded) return pass(std::move(loaded));
  auto parsed = elf::ElfFile::parse(loaded->content.bytes());
  if (!parsed) return fail(parsed.error().code, path + ": " + parsed.error().what);
  return LoadedFile{.path = path,
                    .size = size,
                    .mtime_ns = info.st_mtim.tv_sec * kNsPerS + info.st_mtim.tv_nsec,
                    .content = std::move(loaded->content),
                    .elf = std::move(*parsed),
                    .lease = std::move(loaded->lease)};
}

Result<LoadedFile> load_debug_file(const std::string& path) {
  auto file = load_elf_file(path);
  if (file && file->elf.sections().empty())  // their headers are the end of the file
    return fail(ErrorCode::malformed, path + " is cut short: it ends before its sections do");
  return file;
}

std::optional<LoadedFile> find_by_build_id(const std::string& build_id,
                                           const std::vector<std::string>& debug_directories,
                                           std::vector<std::string>* refused) {
  if (build_id.size() < 4) return std::nullopt;
  for (const std::string& directory : debug_directories) {
    auto file = load_debug_file(
        fmt::format("{}/.build-id/{}/{}.debug", directory, build_id.substr(0, 2), build_id.substr(2)));
    if (!file) {
      if (refused != nullptr) note_damaged(file.error(), *refused);
      continue;
    }
    if (file->elf.build_id() == build_id) return std::move(*file);
    if (refused != nullptr) refused->push_back(refusal(file->path, file->elf.build_id(), build_id));
  }
  return std::nullopt;
}

ModuleFiles find_module_files(const ModuleRow& module, const std::string& path, pid_t pid,
                              const std::vector<std::string>& debug_directories) {
  ModuleFiles files;
  bool changed = false;
  if (path.starts_with('/')) {
    for (const std::string& candidate : module_candidates(path, pid)) {
      auto file = load_elf_file(candidate);
      if (!file) {
        if (files.note.empty()) files.note = file.error().what;
        continue;
      }
      if (!is_same_file(module, *file)) {
        changed = true;
        continue;
      }
      files.module = std::move(*file);
      break;
    }
  }
  if (changed) files.note = path + " has changed since it was recorded";
  if (files.module) files.note.clear();

  std::vector<std::string> directories = debug_directories;
  if (pid > 0) {
    for (const std::string& directory : debug_directories) {
      directories.push_back(fmt::format("/proc/{}/root{}", pid, directory));
    }
  }
  if (files.module && has_debug_info(files.module->elf)) return files;
  std::string build_id = module.build_id;
  if (build_id.empty() && files.module) build_id = files.module->elf.build_id();
  files.debug = find_by_build_id(build_id, directories, &files.refused);
  if (!files.debug && files.module) {
    files.debug = find_by_debug_link(*files.module, path, directories, files.refused);
  }
  if (files.debug) files.refused.clear();  // the right one was found elsewhere
  if (files.module && !files.debug) files.mini = unpack_mini_debug_info(*files.module);
  return files;
}

uint32_t debug_link_crc(Bytes bytes) {
  static constexpr auto kTable = [] {
    std::array<uint32_t, 256> table{};
    for (uint32_t i = 0; i < 256; ++i) {
      uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? 0xEDB88320u : 0u);
      table[i] = value;
    }
    return table;
  }();
  uint32_t crc = ~uint32_t{0};
  for (const std::byte byte : bytes)
    crc = kTable[(crc ^ std::to_integer<uint32_t>(byte)) & 0xff] ^ (crc >> 8);
  return ~crc;
}

}  // namespace strobe::symbolize
