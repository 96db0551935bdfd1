// Judges Python stacks of a report by what the script says about itself: lines marked `# CALLS: name name`
// call these functions, and no other line calls any. So a stack that never existed as a whole is recognised.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace strobe::test {

/// One Python frame of a stack.
struct OracleFrame {
  bool own = false;  ///< of the script; others are of other files
  std::string name;
  uint32_t line = 0;
};

struct OracleVerdict {
  uint64_t judged = 0;      ///< samples of stacks with a function of the script besides <module>
  uint64_t impossible = 0;  ///< of these
  std::string example;      ///< one of them, root first
};

class PythonOracle {
 public:
  explicit PythonOracle(const std::string& script);

  /// All stacks of a report.
  [[nodiscard]] OracleVerdict judge(const nlohmann::json& report) const;
  /// Root first; the reason where it is impossible, else nothing.
  [[nodiscard]] std::string fault_of(const std::vector<OracleFrame>& stack) const;

 private:
  [[nodiscard]] std::string fault_of_call(const OracleFrame& caller, const OracleFrame& callee,
                                          bool through_others) const;
  [[nodiscard]] std::string fault_of_word(const std::vector<OracleFrame>& stack) const;

  [[nodiscard]] std::string owner_of(uint32_t line) const;

  std::string script_;
  std::map<uint32_t, std::string> owners_;           ///< by line: the function whose text it is
  std::map<uint32_t, std::set<std::string>> calls_;  ///< by line
  std::set<uint32_t> outward_;                       ///< lines that call other files' functions
};

}  // namespace strobe::test
