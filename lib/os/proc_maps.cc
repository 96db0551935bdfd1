#include "os/proc_maps.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <optional>

#include "base/unique_fd.h"

namespace strobe::os {
namespace {

/// Takes numbers and separators off the front of a line; after the first misfit it stays failed.
class LineCursor {
 public:
  explicit LineCursor(std::string_view line) : rest_(line) {}

  uint64_t number(int base) {
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value, base);
    if (error != std::errc{}) {
      ok_ = false;
      return 0;
    }
    rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
    return value;
  }
  void expect(char c) {
    if (rest_.empty() || rest_.front() != c) {
      ok_ = false;
    } else {
      rest_.remove_prefix(1);
    }
  }
  std::string_view take(size_t count) {
    if (rest_.size() < count) {
      ok_ = false;
      return {};
    }
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  std::string_view rest_after_blanks() const {
    const size_t begin = rest_.find_first_not_of(' ');
    return begin == std::string_view::npos ? std::string_view{} : rest_.substr(begin);
  }
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

// 7f0e8c400000-7f0e8c5b5000 r-xp 00028000 fe:00 1835115      /usr/lib/x86_64-linux-gnu/libc.so.6
std::optional<ProcMapping> parse_line(std::string_view line) {
  LineCursor cursor(line);
  ProcMapping mapping;
  mapping.start = cursor.number(16);
  cursor.expect('-');
  mapping.end = cursor.number(16);
  cursor.expect(' ');
  const std::string_view rights = cursor.take(4);
  cursor.expect(' ');
  mapping.file_offset = cursor.number(16);
  cursor.expect(' ');
  mapping.device_major = static_cast<uint32_t>(cursor.number(16));
  cursor.expect(':');
  mapping.device_minor = static_cast<uint32_t>(cursor.number(16));
  cursor.expect(' ');
  mapping.inode = cursor.number(10);
  if (!cursor.ok() || mapping.end <= mapping.start) return std::nullopt;
  mapping.executable = rights[2] == 'x';
  mapping.path = cursor.rest_after_blanks();
  return mapping;
}

}  // namespace

std::vector<ProcMapping> parse_proc_maps(std::string_view text) {
  std::vector<ProcMapping> mappings;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    if (auto mapping = parse_line(text.substr(0, end))) mappings.push_back(std::move(*mapping));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return mappings;
}

Result<std::vector<ProcMapping>> read_proc_maps(pid_t pid) {
  const std::string path = fmt::format("/proc/{}/maps", pid);
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return from_errno("open " + path);
  std::string text;
  char buffer[16 * 1024];
  while (true) {
    const ssize_t size = ::read(file.get(), buffer, sizeof buffer);
    if (size < 0) return from_errno("read " + path);
    if (size == 0) break;
    text.append(buffer, static_cast<size_t>(size));
  }
  return parse_proc_maps(text);
}

}  // namespace strobe::os
