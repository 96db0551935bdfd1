#include "python_oracle.h"

#include <fmt/format.h>

#include <fstream>
#include <sstream>

namespace strobe::test {

using nlohmann::json;

namespace {

/// "rank" of `    def rank(self):`; empty for other lines.
std::string defined_name(const std::string& text) {
  const size_t begin = text.find_first_not_of(' ');
  if (begin == std::string::npos || text.compare(begin, 4, "def ") != 0) return {};
  return text.substr(begin + 4, text.find('(') - begin - 4);
}

/// The function in whose text a frame's lines are: "rank" of Point.rank, "drain" of drain.<locals>.<genexpr>.
std::string text_owner(const std::string& name) {
  const std::string outer = name.substr(0, name.find(".<locals>"));
  return outer.substr(outer.rfind('.') + 1);
}

}  // namespace

PythonOracle::PythonOracle(const std::string& script) : script_(script) {
  static const std::string kMark = "  # CALLS: ";
  std::ifstream in(script);
  std::string text;
  std::string owner = "<module>";
  for (uint32_t line = 1; std::getline(in, text); ++line) {
    if (const std::string name = defined_name(text); !name.empty())
      owner = name;
    else if (!text.empty() && text[0] != ' ')
      owner = "<module>";
    owners_[line] = owner;
    if (text.find("json.") != std::string::npos) outward_.insert(line);
    const size_t mark = text.find(kMark);
    if (mark == std::string::npos) continue;
    std::istringstream names(text.substr(mark + kMark.size()));
    for (std::string name; names >> name;) calls_[line].insert(name);
  }
}

std::string PythonOracle::owner_of(uint32_t line) const {
  const auto found = owners_.find(line);
  return found == owners_.end() ? std::string() : found->second;
}

std::string PythonOracle::fault_of_call(const OracleFrame& caller, const OracleFrame& callee,
                                        bool through_others) const {
  const auto calls = calls_.find(caller.line);
  if (owner_of(caller.line) != text_owner(caller.name))
    return fmt::format("line {} is not of {}", caller.line, caller.name);
  if (calls == calls_.end() || !calls->second.contains(callee.name))
    return fmt::format("line {} of {} does not call {}", caller.line, caller.name, callee.name);
  if (through_others && !outward_.contains(caller.line))
    return fmt::format("line {} of {} calls no other file", caller.line, caller.name);
  return {};
}

/// The functions level_0 to level_9, each on its first or second call, spell six bits and four that check
/// them.
std::string PythonOracle::fault_of_word(const std::vector<OracleFrame>& stack) const {
  uint32_t word = 0;
  uint32_t levels = 0;
  for (size_t i = 0; i + 1 < stack.size(); ++i) {
    if (stack[i].name != fmt::format("level_{}", levels)) continue;
    // The first of its two marked lines is the one for a bit that is set.
    if (calls_.contains(stack[i].line + 1)) word |= 1U << levels;
    ++levels;
  }
  if (levels < 10) return {};
  return (word & 63U) * 7 % 16 == word >> 6 ? "" : fmt::format("the word {:#x} is never spelled", word);
}

std::string PythonOracle::fault_of(const std::vector<OracleFrame>& stack) const {
  if (stack.empty() || !stack.front().own || stack.front().name != "<module>")
    return "it does not begin with the script";
  const OracleFrame* caller = &stack.front();
  bool through_others = false;
  for (size_t i = 1; i < stack.size(); ++i) {
    if (!stack[i].own) {
      if (!outward_.contains(caller->line))
        return fmt::format("line {} of {} calls no other file", caller->line, caller->name);
      through_others = true;
      continue;
    }
    if (const std::string fault = fault_of_call(*caller, stack[i], through_others); !fault.empty())
      return fault;
    caller = &stack[i];
    through_others = false;
  }
  return fault_of_word(stack);
}

OracleVerdict PythonOracle::judge(const json& report) const {
  std::map<uint64_t, std::pair<bool, std::string>> functions;  // own, name
  for (const json& row : report.at("functions")) {
    // Functions written in C have no line: they are between the others.
    if (row.value("language", "") != "python" || row.value("line", 0) == 0) continue;
    functions[row.at("id").get<uint64_t>()] = {row.value("file", "") == script_, row.value("name", "")};
  }
  OracleVerdict verdict;
  for (const json& row : report.at("stacks")) {
    std::vector<OracleFrame> stack;
    bool inside = false;
    for (const json& frame : row.at("frames")) {
      const auto found = functions.find(frame.at("function").get<uint64_t>());
      if (found == functions.end()) continue;
      const auto& [own, name] = found->second;
      stack.push_back({own, name, frame.value("line", 0U)});
      inside = inside || (own && name != "<module>");
    }
    if (!inside) continue;
    const auto samples = row.at("samples").get<uint64_t>();
    verdict.judged += samples;
    const std::string fault = fault_of(stack);
    if (fault.empty()) continue;
    verdict.impossible += samples;
    verdict.example = fault + ":";
    for (const OracleFrame& frame : stack) verdict.example += fmt::format(" {}:{}", frame.name, frame.line);
  }
  return verdict;
}

}  // namespace strobe::test
