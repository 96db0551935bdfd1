#include "symbolize/debug_package.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include <fmt/format.h>

#include "symbolize/module_files.h"

namespace strobe::symbolize {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxLists = 20'000;
constexpr size_t kMaxListBytes = size_t{16} << 20;
constexpr size_t kMaxAllBytes = size_t{512} << 20;
constexpr std::string_view kUsr = "/usr";

bool has_line(const std::string& text, const std::string& line) {
  for (size_t at = text.find(line); at != std::string::npos; at = text.find(line, at + 1)) {
    const bool begins = at == 0 || text[at - 1] == '\n';
    const size_t end = at + line.size();
    if (begins && (end == text.size() || text[end] == '\n')) return true;
  }
  return false;
}

bool exists(const std::string& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

/// Debian makes a -dbgsym package of every package but the few that bring a -dbg package of their own: glibc
/// does, of others it is known once they are installed.
std::string debug_package_of(const std::string& package, const std::string& lists) {
  const std::string own = package + "-dbg";
  const bool has_own =
      package == "libc6" || exists(lists + "/" + own + ".list") || exists(lists + "/" + own + ":amd64.list");
  return has_own ? own : package + "-dbgsym";
}

}  // namespace

std::optional<std::string> find_debian_package(const std::string& path, const std::string& root) {
  if (!path.starts_with('/') || path.find('\n') != std::string::npos) return std::nullopt;
  // Where /lib is a link to /usr/lib, packages may still list the short form.
  const std::string other =
      path.starts_with(std::string(kUsr) + "/") ? path.substr(kUsr.size()) : std::string(kUsr) + path;
  size_t bytes = 0;
  std::error_code error;
  std::vector<std::string> names;
  for (fs::directory_iterator entry(root + "/var/lib/dpkg/info", error), end;
       !error && entry != end && names.size() < kMaxLists; entry.increment(error)) {
    if (entry->path().extension() == ".list") names.push_back(entry->path().string());
  }
  std::ranges::sort(names);  // the first of several, whatever the order of the folder
  for (const std::string& name : names) {
    if (bytes > kMaxAllBytes) break;
    const auto text = read_text_file(name, kMaxListBytes);
    if (!text) continue;
    bytes += text->size();
    if (!has_line(*text, path) && !has_line(*text, other)) continue;
    const std::string stem = fs::path(name).stem().string();
    return stem.substr(0, stem.find(':'));  // "libc6:amd64"
  }
  return std::nullopt;
}

std::string advise_on_symbols(const std::string& path, const std::string& root) {
  if (const auto package = find_debian_package(path, root)) {
    const std::string debug = debug_package_of(*package, root + "/var/lib/dpkg/info");
    return fmt::format("install {} (apt) or use --debuginfod", debug);
  }
  const bool rpm = exists(root + "/usr/lib/sysimage/rpm") || exists(root + "/var/lib/rpm/rpmdb.sqlite") ||
                   exists(root + "/var/lib/rpm/Packages");
  const bool of_system = path.starts_with("/usr/") || path.starts_with("/lib") || path.starts_with("/bin/");
  if (rpm && of_system && !path.starts_with("/usr/local/")) {
    return fmt::format("sudo dnf debuginfo-install $(rpm -qf {}), or use --debuginfod", path);
  }
  return "compile it with -g, and do not strip it";
}

}  // namespace strobe::symbolize
