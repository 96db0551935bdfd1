// What the tests of recorded allocations share: reports against what programs say of their own blocks.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "integration_fixture.h"

namespace strobe::test {

/// `heap` of all lines of JSON in a program's output: by function what it asked for.
[[nodiscard]] nlohmann::json heap_truth(const std::string& output);
/// The row of a function in the report's memory; null where there is none.
[[nodiscard]] nlohmann::json memory_row(const nlohmann::json& report, const std::string& function);

/// Every function has, to the byte, what it says it asked for; nothing was lost. `part`: "own", or "total"
/// where the function has it allocated by others.
void expect_exact_heap(const StrobeRun& run, const char* part = "total");
/// The recording was judged to be whole.
void expect_whole_memory(const nlohmann::json& report);

class MemoryTest : public Integration {
 protected:
  /// `strobe run --memory=all`.
  [[nodiscard]] StrobeRun record_all(const std::vector<std::string>& command,
                                     std::vector<std::string> options = {}) const {
    options.emplace_back("--memory=all");
    return run_strobe(strobe_run(command, options));
  }
};

}  // namespace strobe::test
