// wide WORK: many functions in some 5 MB of debug information, 40 frames down, so that
// 100,000 samples have many addresses to be named.
#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "recursion.h"
#include "self_report.h"

namespace wide {

constexpr int kFunctions = 75;
constexpr int kDepth = 38;

/// A type of its own per function: its containers give each unit of work its own debug information.
template <int kNumber>
struct Item {
  uint64_t value = kNumber;
  friend bool operator<(const Item& a, const Item& b) { return a.value < b.value; }
};

uint64_t call(int depth, uint64_t value);

template <int kNumber>
[[gnu::noinline]] uint64_t bottom(uint64_t value) {
  static std::map<Item<kNumber>, uint64_t> known;
  if (known.size() < 16) known.emplace(Item<kNumber>{value}, value);
  const auto found = known.lower_bound(Item<kNumber>{value});
  return recursion::scramble_often(value, 600) + (found == known.end() ? 0 : found->second);
}

template <int kNumber>
[[gnu::noinline]] uint64_t step(int depth, uint64_t value) {
  const uint64_t below = depth == 0 ? bottom<kNumber>(value) : call(depth - 1, value);
  return below + recursion::scramble(below + kNumber);
}

using Step = uint64_t (*)(int, uint64_t);
template <int... kNumbers>
constexpr std::array<Step, sizeof...(kNumbers)> make_steps(std::integer_sequence<int, kNumbers...>) {
  return {step<kNumbers>...};
}
constexpr auto kSteps = make_steps(std::make_integer_sequence<int, kFunctions>());

/// Which function comes next: a few near the root, any of them at the bottom.
[[gnu::noinline]] uint64_t call(int depth, uint64_t value) {
  const auto ways = static_cast<uint64_t>(depth < 2 ? kFunctions : 1);
  const auto number = depth < 2 ? value % ways : static_cast<uint64_t>(depth);
  return kSteps[number](depth, recursion::scramble(value));
}

}  // namespace wide

int main(int argc, char** argv) {
  const SelfReport report("wide");
  const auto rounds = static_cast<uint64_t>(600000 * amount_of_work(argc, argv));
  uint64_t result = 0;
  for (uint64_t i = 0; i < rounds; ++i) result ^= wide::call(wide::kDepth / 2, recursion::scramble(i));
  report.print(result);
  return 0;
}
