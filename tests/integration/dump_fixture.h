// What the tests of `strobe dump` share: dumps as JSON, and a place where their targets wait.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "integration_fixture.h"

namespace strobe::test {

class DumpOf : public Integration {
 protected:
  /// Null where it fails.
  [[nodiscard]] nlohmann::json dump(pid_t pid, std::vector<std::string> options = {}) const {
    std::vector<std::string> words = {"dump", "--json", "-", std::to_string(pid)};
    words.insert(words.end(), options.begin(), options.end());
    const ProgramResult result = strobe(words);
    EXPECT_EQ(result.status, 0) << result.err;
    nlohmann::json parsed = nlohmann::json::parse(result.out, nullptr, false);
    return parsed.is_discarded() ? nlohmann::json() : parsed;
  }
};

/// The thread of the first process with that value; null where there is none.
inline nlohmann::json thread_with(const nlohmann::json& dump, const char* key, const nlohmann::json& value) {
  for (const nlohmann::json& thread : dump.at("processes").at(0).at("threads")) {
    if (thread.at(key) == value) return thread;
  }
  return nullptr;
}

/// A place where targets wait for a byte.
class Fifo {
 public:
  explicit Fifo(const std::string& path) {
    if (::mkfifo(path.c_str(), 0600) == 0) fd_ = UniqueFd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  }
  void write_byte(char byte = 'x') const { ASSERT_EQ(::write(fd_.get(), &byte, 1), 1); }
  void release() const { ASSERT_EQ(::write(fd_.get(), "xxxx", 4), 4); }

 private:
  UniqueFd fd_;
};

}  // namespace strobe::test
