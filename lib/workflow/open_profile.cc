#include "workflow/open_profile.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <vector>

#include "base/unique_fd.h"
#include "workflow/cprofile_import.h"
#include "workflow/recording_session.h"

namespace strobe::workflow {
namespace {

constexpr size_t kMaxFileBytes = size_t{64} << 20;  // a function takes some hundred bytes

/// The whole file, where it begins like one of cProfile; nullopt where it does not, or cannot be read, which
/// complete() says better.
Result<std::optional<std::vector<std::byte>>> read_cprofile(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat info {};
  if (!fd || ::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  std::vector<std::byte> bytes;
  std::array<std::byte, size_t{64} << 10> piece;
  while (true) {
    const ssize_t count = ::read(fd.get(), piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return from_errno("read " + path);
    if (count == 0) break;
    bytes.insert(bytes.end(), piece.begin(), piece.begin() + count);
    if (!looks_like_cprofile(bytes)) return std::nullopt;
    if (bytes.size() > kMaxFileBytes)
      return fail(ErrorCode::unsupported, "read " + path + ": it is too large for a file of cProfile");
  }
  if (bytes.empty()) return std::nullopt;
  return bytes;
}

}  // namespace

Result<Profile> open_profile(const std::string& path, const symbolize::SymbolizeOptions& options,
                             Diagnostics& diagnostics) {
  auto bytes = read_cprofile(path);
  if (!bytes) return pass(std::move(bytes));
  if (*bytes) return import_cprofile(**bytes, path);
  return complete(path, options, diagnostics);
}

}  // namespace strobe::workflow
