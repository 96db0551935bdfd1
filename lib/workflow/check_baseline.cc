#include "workflow/check_baseline.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/unique_fd.h"
#include "workflow/open_profile.h"

namespace strobe::workflow {
namespace {

using analyze::check::Measured;
using analyze::check::Origin;
using analyze::check::Run;
using nlohmann::json;

constexpr std::string_view kSchema = "strobe-check-baseline/";
constexpr int kSchemaNumber = 1;
constexpr size_t kMaxRuns = 1000;
constexpr const char* kMakeAgain = "make it again: strobe check RECORDING --save-baseline FILE --force";

/// Members of one object; after a member that is absent or of the wrong type it stays failed.
class Members {
 public:
  explicit Members(const json& object) : object_(&object), ok_(object.is_object()) {}
  [[nodiscard]] bool ok() const { return ok_; }

  [[nodiscard]] const json* find(const char* name) {
    if (!ok_) return nullptr;
    const auto found = object_->find(name);
    return found == object_->end() ? nullptr : &*found;
  }
  [[nodiscard]] std::string text(const char* name) {
    const json* member = find(name);
    ok_ = ok_ && member != nullptr && member->is_string();
    return ok_ ? member->get<std::string>() : std::string();
  }
  /// Finite and not negative.
  [[nodiscard]] double number(const char* name) {
    const json* member = find(name);
    ok_ = ok_ && member != nullptr && member->is_number();
    const double value = ok_ ? member->get<double>() : 0;
    ok_ = ok_ && std::isfinite(value) && value >= 0;
    return ok_ ? value : 0;
  }
  [[nodiscard]] bool yes(const char* name) {
    const json* member = find(name);
    ok_ = ok_ && member != nullptr && member->is_boolean();
    return ok_ && member->get<bool>();
  }

 private:
  const json* object_;
  bool ok_;
};

bool decode_measured(const json& from, Measured& measured) {
  Members members(from);
  if (members.find("missing") != nullptr) {
    measured.state = Measured::State::missing;
    measured.reason = members.text("missing");
    measured.hint = members.text("hint");
    return members.ok();
  }
  if (members.find("nameless") != nullptr) {
    measured.state = Measured::State::nameless;
    measured.reason = members.text("nameless");
  }
  measured.value = members.number("value");
  measured.whole = members.number("whole");
  measured.sampled = members.number("sampled");
  measured.sampled_of = members.number("sampled_of");
  measured.effective_samples = members.number("effective_samples");
  measured.variance = members.number("variance");
  return members.ok();
}

bool decode_run(const json& from, Run& run) {
  Members members(from);
  Origin& origin = run.origin;
  origin.path = members.text("path");
  origin.command = members.text("command");
  origin.hostname = members.text("hostname");
  origin.architecture = members.text("architecture");
  origin.engine = members.text("engine");
  origin.strobe_version = members.text("strobe_version");
  origin.rate_hz = members.number("rate_hz");
  origin.kernel_sampled = members.yes("kernel_sampled");
  origin.wall = members.yes("wall");
  const double start = members.number("start_unix_ns");
  origin.start_unix_ns = start < 9e18 ? static_cast<int64_t>(start) : 0;
  const json* warnings = members.find("warnings");
  if (!members.ok() || warnings == nullptr || !warnings->is_array()) return false;
  for (const json& warning : *warnings) {
    if (!warning.is_string()) return false;
    origin.warnings.push_back(warning.get<std::string>());
  }
  const json* measures = members.find("measures");
  if (measures == nullptr || !measures->is_object()) return false;
  for (const auto& [name, measured] : measures->items()) {
    if (!decode_measured(measured, run.measures[name])) return false;
  }
  return true;
}

/// Which schema it is, and whether we can read it.
Result<void> check_schema(const json& document, const std::string& name) {
  Members members(document);
  const std::string schema = members.text("schema");
  if (!members.ok() || !schema.starts_with(kSchema)) {
    return fail(ErrorCode::malformed, name + " is no baseline of strobe check",
                "a baseline is a recording, or a file made with --save-baseline");
  }
  if (schema == fmt::format("{}{}", kSchema, kSchemaNumber)) return {};
  return fail(ErrorCode::unsupported,
              fmt::format("{} was made by a newer Strobe ({}; this one reads {}{})", name, schema, kSchema,
                          kSchemaNumber),
              "use that Strobe, or " + std::string(kMakeAgain));
}

Result<void> write_all(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return from_errno("write " + path);
    text.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

}  // namespace

Result<std::vector<Run>> decode_baseline(std::string_view text, const std::string& name) {
  const json document = json::parse(text, nullptr, false);
  if (document.is_discarded()) {
    return fail(ErrorCode::malformed, name + " is no JSON: it may have been cut off", kMakeAgain);
  }
  if (Result<void> checked = check_schema(document, name); !checked) return pass(std::move(checked));
  const auto runs = document.find("runs");
  std::vector<Run> result;
  bool good = runs != document.end() && runs->is_array() && !runs->empty() && runs->size() <= kMaxRuns;
  for (size_t i = 0; good && i < runs->size(); ++i) good = decode_run((*runs)[i], result.emplace_back());
  if (!good) {
    return fail(ErrorCode::malformed,
                fmt::format("{} is damaged: run {} of the baseline is not as it should be", name,
                            std::max<size_t>(result.size(), 1)),
                kMakeAgain);
  }
  return result;
}

Result<std::vector<Run>> read_baseline(const std::string& path,
                                       const std::vector<analyze::check::Measure>& measures,
                                       const symbolize::SymbolizeOptions& options, Diagnostics& diagnostics) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd && errno == ENOENT) {
    return fail(ErrorCode::not_found, "there is no baseline " + path,
                "make one: strobe check RECORDING --save-baseline " + path);
  }
  char first = 0;
  const bool readable = fd && ::read(fd.get(), &first, 1) == 1;
  // Recordings begin with "SQLite format 3".
  if (readable && first != 'S') {
    Result<std::string> text = read_small_file(path, kMaxBaselineBytes);
    if (!text) return pass(std::move(text));
    return decode_baseline(*text, path);
  }
  Result<Profile> profile = open_profile(path, options, diagnostics);
  if (!profile) return pass(std::move(profile));
  return std::vector<Run>{analyze::check::measure_run(*profile, path, measures)};
}

Result<std::string> read_small_file(const std::string& path, size_t max_bytes) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) return from_errno("open " + path);
  std::string text;
  std::array<char, size_t{64} << 10> piece;
  while (true) {
    const ssize_t count = ::read(fd.get(), piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return from_errno("read " + path);
    if (count == 0) return text;
    text.append(piece.data(), static_cast<size_t>(count));
    if (text.size() > max_bytes) {
      return fail(ErrorCode::unsupported,
                  fmt::format("read {}: it is larger than {} bytes", path, max_bytes));
    }
  }
}

Result<void> write_small_file(const std::string& path, std::string_view text, bool replace) {
  // Replaced by renaming, so that there is a whole file at every moment.
  const std::string place = replace ? fmt::format("{}.{}.new", path, ::getpid()) : path;
  const UniqueFd fd(::open(place.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!fd) {
    const bool exists = !replace && errno == EEXIST;
    return from_errno("write " + path, exists ? "--force replaces it" : "give a place that can be written");
  }
  Result<void> written = write_all(fd.get(), text, path);
  if (written && replace && ::rename(place.c_str(), path.c_str()) != 0)
    written = from_errno("replace " + path);
  if (!written) static_cast<void>(::unlink(place.c_str()));
  return written;
}

}  // namespace strobe::workflow
