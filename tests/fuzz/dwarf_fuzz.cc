// Hostile debug information through the whole symbolizer: the input is a file that a target has mapped, and
// the file that it refers to (.dwo, supplement, debug file) where the corpus names it: /proc/self/fd/200. The
// same file is the module's package of .dwo files. Lookups end in bounded time (libFuzzer's -timeout, CTest's
// TIMEOUT) and answer every address, in order.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include "base/diagnostics.h"
#include "base/unique_fd.h"
#include "elf/elf_file.h"
#include "support/temporary_folder.h"
#include "symbolize/debug_sections.h"
#include "symbolize/line_table_files.h"
#include "symbolize/symbolizer.h"

namespace {

using namespace strobe;

class Silence final : public Diagnostics {
 public:
  void warn(std::string /*message*/) override {}
};

constexpr int kCompanion = 200;
constexpr int kModule = 201;

/// The path of a module and, with ".dwp" behind it, of its package: links to what is open at those numbers.
const std::string& module_path() {
  static const test::TemporaryFolder folder;
  static const std::string path = [] {
    std::string name = folder.file("module");
    std::filesystem::create_symlink("/proc/self/fd/" + std::to_string(kModule), name);
    std::filesystem::create_symlink("/proc/self/fd/" + std::to_string(kCompanion), name + ".dwp");
    return name;
  }();
  return path;
}

/// An input that ends with `<32 bits: length>+two` has a second file of that length before; else both are the
/// input.
struct Input {
  Bytes module;
  Bytes companion;
};
Input split(Bytes data) {
  constexpr size_t kTrailer = 8;
  if (data.size() < kTrailer || std::memcmp(data.data() + data.size() - 4, "+two", 4) != 0)
    return {data, data};
  ByteReader reader(data.last(kTrailer));
  const size_t length = std::min<size_t>(reader.read_u32(), data.size() - kTrailer);
  const Bytes files = data.first(data.size() - kTrailer);
  return {files.first(files.size() - length), files.last(length)};
}

/// A file in memory that nobody has open for writing, so that it can be leased.
UniqueFd file_of(Bytes bytes) {
  const UniqueFd file(::memfd_create("fuzz", MFD_CLOEXEC));
  if (!file || ::write(file.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    return {};
  return UniqueFd(::open(("/proc/self/fd/" + std::to_string(file.get())).c_str(), O_RDONLY | O_CLOEXEC));
}

/// Addresses all over the executable sections.
std::vector<uint64_t> some_addresses(const elf::ElfFile& file) {
  std::vector<uint64_t> addresses{0, 1, UINT64_MAX};
  for (const elf::Section& section : file.sections()) {
    if ((section.flags & SHF_EXECINSTR) == 0 || addresses.size() > 200) continue;
    for (uint64_t i = 0; i < 24; ++i) addresses.push_back(raw(section.address) + section.size / 24 * i);
  }
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  return addresses;
}

/// The hashes of sources, which have a decoder of their own.
void read_hashes(const elf::ElfFile& file) {
  const symbolize::DebugSections sections = symbolize::DebugSections::read(file);
  symbolize::SourceHashes hashes;
  symbolize::collect_source_hashes(
      {sections.find(".debug_line"), sections.find(".debug_line_str"), sections.find(".debug_str")},
      {"/src/main.c"}, hashes);
  if (hashes.size() > 1) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Input input = split({reinterpret_cast<const std::byte*>(data), size});
  const auto parsed = elf::ElfFile::parse(input.module);
  if (!parsed) return 0;
  read_hashes(*parsed);
  const UniqueFd file = file_of(input.module);
  const UniqueFd companion = file_of(input.companion);
  if (!file || !companion || ::dup3(companion.get(), kCompanion, O_CLOEXEC) != kCompanion) return 0;
  if (::dup3(file.get(), kModule, O_CLOEXEC) != kModule) return 0;
  symbolize::ModuleRequest request;
  request.path = module_path();
  request.module.build_id = parsed->build_id();
  request.addresses = some_addresses(*parsed);
  const size_t wanted = request.addresses.size();
  Silence silence;
  const auto answers = symbolize::symbolize(
      {std::move(request)}, {.cache_directory = "", .debug_directories = {}, .threads = 1}, silence);
  ::close(kCompanion);
  ::close(kModule);
  if (answers.size() != 1 || answers.front().symbols.size() != wanted) std::abort();
  return 0;
}
