// The words of options turned into values: rates, durations, file names. Pure.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ctime>
#include <string>
#include <vector>

#include "base/result.h"

namespace strobe::cli {

/// "1000", "1k", "2.5k" samples a CPU second to a period in ns: the largest prime not above 1 s / rate, so
/// that sampling does not run in lock-step with a periodic program.
Result<uint64_t> parse_rate(const std::string& text);

/// "10", "0.5", "10s", "500ms", "2m" to nanoseconds.
Result<uint64_t> parse_duration(const std::string& text);

/// "1", "1%", "0.5" per cent to a share, 0…1.
Result<double> parse_percent(const std::string& text);

/// "4M", "500M", "2G", "1.5GiB" (powers of 1024) to bytes, 4 MiB at least.
Result<uint64_t> parse_size(const std::string& text);

/// "512K", "1M", "4096" to bytes between samples, 1 to 1 GiB.
Result<uint64_t> parse_interval(const std::string& text);

/// A process id.
Result<pid_t> parse_pid(const std::string& text);

/// "auto, perf or ptrace".
[[nodiscard]] std::string alternatives(const std::vector<std::string>& words);

/// "NAME-YYYYMMDD-HHMMSS.strobe", the name made harmless.
[[nodiscard]] std::string default_recording_name(const std::string& program, const std::tm& local_time);

}  // namespace strobe::cli
