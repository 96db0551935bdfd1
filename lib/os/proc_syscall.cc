#include "os/proc_syscall.h"

#include <fmt/format.h>

#include <charconv>
#include <vector>

#include "os/procfs.h"

namespace strobe::os {
namespace {

/// "0x1f" or "-1": the next word, taken off the text.
std::optional<uint64_t> take_number(std::string_view& text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  const bool hex = text.starts_with("0x");
  if (hex) text.remove_prefix(2);
  uint64_t value = 0;
  int64_t negative = 0;
  const char* end = text.data() + text.size();
  const bool is_negative = text.starts_with('-');
  const auto parsed = is_negative ? std::from_chars(text.data(), end, negative)
                                  : std::from_chars(text.data(), end, value, hex ? 16 : 10);
  if (parsed.ec != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(parsed.ptr - text.data()));
  return is_negative ? static_cast<uint64_t>(negative) : value;
}

}  // namespace

std::optional<BlockedThread> decode_syscall(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  std::vector<uint64_t> words;
  while (!text.empty() && words.size() <= 9) {
    const auto word = take_number(text);
    if (!word) return std::nullopt;
    words.push_back(*word);
  }
  // The number, six arguments, stack pointer, program counter; outside of a call -1 and the last two.
  if (words.size() != 9 && words.size() != 3) return std::nullopt;
  BlockedThread result;
  result.program_counter = words.back();
  result.stack_pointer = words[words.size() - 2];
  if (words.size() == 3) return result;
  result.call = words[0];
  for (size_t i = 0; i < result.arguments.size(); ++i) result.arguments[i] = words[i + 1];
  return result;
}

Result<std::optional<BlockedThread>> read_syscall(pid_t pid, pid_t tid) {
  auto text = read_proc_file(fmt::format("/proc/{}/task/{}/syscall", pid, tid));
  if (!text) return pass(std::move(text));
  return decode_syscall(*text);
}

}  // namespace strobe::os
