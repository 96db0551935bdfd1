#include "option_text.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "base/clock.h"

namespace strobe::cli {
namespace {

constexpr double kMinRate = 1;
constexpr double kMaxRate = 50'000;  // more costs the program most of its time
constexpr double kMaxSeconds = 365.0 * 24 * 3600;
constexpr double kMiB = 1024 * 1024;
constexpr double kMinSize = 4 * kMiB;
constexpr double kMaxSize = 1024.0 * 1024 * kMiB;
constexpr size_t kMaxNameLength = 64;

struct Quantity {
  double value = 0;
  std::string unit;
};

bool parse_quantity(const std::string& text, Quantity& quantity) {
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, quantity.value);
  if (parsed.ec != std::errc{} || !std::isfinite(quantity.value)) return false;
  quantity.unit.assign(parsed.ptr, end);
  return true;
}

bool is_prime(uint64_t number) {
  if (number < 4) return number >= 2;
  if (number % 2 == 0) return false;
  for (uint64_t divisor = 3; divisor * divisor <= number; divisor += 2) {
    if (number % divisor == 0) return false;
  }
  return true;
}

}  // namespace

Result<uint64_t> parse_rate(const std::string& text) {
  Quantity rate;
  const bool known =
      parse_quantity(text, rate) &&
      (rate.unit.empty() || rate.unit == "k" || rate.unit == "K" || rate.unit == "Hz" || rate.unit == "kHz");
  if (!known) {
    return fail(ErrorCode::invalid_argument, fmt::format("'{}' is not a sampling rate", text),
                "give samples per CPU second: -r 1000, -r 1k, -r 10k");
  }
  const double hz = rate.unit.starts_with('k') || rate.unit == "K" ? rate.value * 1000 : rate.value;
  if (!(hz >= kMinRate && hz <= kMaxRate)) {
    return fail(ErrorCode::invalid_argument, fmt::format("a rate of {} is out of range", text),
                fmt::format("rates from {:g} to {:g} Hz are possible", kMinRate, kMaxRate));
  }
  auto period_ns = static_cast<uint64_t>(static_cast<double>(kNsPerSecond) / hz);
  while (!is_prime(period_ns)) --period_ns;
  return period_ns;
}

Result<uint64_t> parse_duration(const std::string& text) {
  Quantity duration;
  double scale = 0;
  if (parse_quantity(text, duration)) {
    if (duration.unit.empty() || duration.unit == "s") scale = 1;
    if (duration.unit == "ms") scale = 1e-3;
    if (duration.unit == "m" || duration.unit == "min") scale = 60;
    if (duration.unit == "h") scale = 3600;
  }
  const double seconds = duration.value * scale;
  if (!(seconds > 0 && seconds <= kMaxSeconds)) {
    return fail(ErrorCode::invalid_argument, fmt::format("'{}' is not a duration", text),
                "give seconds: 10, 0.5; or 500ms, 2m, 1h");
  }
  return static_cast<uint64_t>(seconds * static_cast<double>(kNsPerSecond));
}

Result<double> parse_percent(const std::string& text) {
  Quantity percent;
  if (parse_quantity(text, percent) && (percent.unit.empty() || percent.unit == "%") && percent.value >= 0 &&
      percent.value <= 100) {
    return percent.value / 100;
  }
  return fail(ErrorCode::invalid_argument, fmt::format("'{}' is no percentage", text),
              "give 0 to 100 per cent: 1, 0.5%");
}

namespace {

/// 0 where it is no number of bytes.
double bytes_in(const std::string& text) {
  Quantity size;
  double scale = 0;
  if (parse_quantity(text, size)) {
    std::string unit = size.unit;
    if (unit.ends_with("iB")) unit.resize(unit.size() - 2);
    if (unit.empty() || unit == "B") scale = 1;
    if (unit == "k" || unit == "K") scale = 1024;
    if (unit == "M") scale = kMiB;
    if (unit == "G") scale = kMiB * 1024;
  }
  return size.value * scale;
}

}  // namespace

Result<uint64_t> parse_interval(const std::string& text) {
  const double bytes = bytes_in(text);
  if (!(bytes >= 1 && bytes <= kMiB * 1024)) {
    return fail(ErrorCode::invalid_argument, fmt::format("'{}' is no distance of samples", text),
                "give bytes, up to 1G: --memory-interval 64K");
  }
  return static_cast<uint64_t>(bytes);
}

Result<uint64_t> parse_size(const std::string& text) {
  const double bytes = bytes_in(text);
  if (!(bytes >= kMinSize && bytes <= kMaxSize)) {
    return fail(ErrorCode::invalid_argument, fmt::format("'{}' is not a size of a recording", text),
                "give 4M or more: --max-size 500M, --max-size 2G");
  }
  return static_cast<uint64_t>(bytes);
}

Result<pid_t> parse_pid(const std::string& text) {
  pid_t pid = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, pid);
  if (parsed.ec != std::errc{} || parsed.ptr != end || pid <= 0) {
    return fail(ErrorCode::invalid_argument, fmt::format("'{}' is not a process id", text),
                "give numbers, as ps and pgrep print them: 1234");
  }
  return pid;
}

std::string alternatives(const std::vector<std::string>& words) {
  std::string text;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

std::string default_recording_name(const std::string& program, const std::tm& local_time) {
  const size_t slash = program.find_last_of('/');
  std::string name;
  for (const char c : slash == std::string::npos ? program : program.substr(slash + 1)) {
    const bool harmless = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                          c == '.' || c == '_' || c == '+' || c == '-';
    if (name.size() < kMaxNameLength) name += harmless ? c : '_';
  }
  if (name.empty() || name[0] == '.' || name[0] == '-') name.insert(0, "_");
  char time[32];
  std::strftime(time, sizeof time, "%Y%m%d-%H%M%S", &local_time);
  return fmt::format("{}-{}.strobe", name, time);
}

}  // namespace strobe::cli
