// large WORK: a program with hundreds of megabytes of debug information. make_large links this one object
// file into it hundreds of times: every copy keeps its debug information, the two static functions below and
// their turn before main, so that a profile of it has addresses in every unit. Templates that all copies have
// share the code of the first one. WORK 1 is about a second.
#include <functional>
#include <future>
#include <iostream>
#include <map>
#include <random>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "recursion.h"
#include "self_report.h"

namespace {

volatile uint64_t result;  // what was worked out, so that it is not left out

[[gnu::noinline]] uint64_t work_of_a_unit(int times) {
  uint64_t value = 0;
  for (int i = 0; i < times; ++i) value += recursion::scramble_often(value, 16);
  return value;
}

/// Instantiates what makes debug information large.
[[gnu::noinline]] uint64_t use_templates(const std::string& text) {
  std::smatch match;
  std::map<std::string, std::vector<std::string>> words;
  words[std::regex_match(text, match, std::regex("(a|b)+c*")) ? "yes" : "no"].push_back(text);
  std::unordered_map<std::string, std::function<size_t(size_t)>> steps;
  steps["next"] = [](size_t value) { return value + 1; };
  return steps["next"](words.size());
}

[[gnu::constructor]] void take_a_turn(int argc, char** argv, char**) {
  result = work_of_a_unit(static_cast<int>(80'000 * amount_of_work(argc, argv)));
  if (result == 1) result = use_templates("abc");
}

}  // namespace

// Every copy has one; the linker was told to take the first.
int main() {
  const SelfReport report("large");
  report.print(result);
  return 0;
}
