#include "analyze/check_limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace strobe::analyze::check {
namespace {

struct UnitWord {
  std::string_view word;
  Unit unit;
  double factor;
};
constexpr double kKi = 1024;
constexpr UnitWord kUnitWords[] = {
    {"s", Unit::seconds, 1},     {"ms", Unit::seconds, 1e-3},    {"us", Unit::seconds, 1e-6},
    {"ns", Unit::seconds, 1e-9}, {"min", Unit::seconds, 60},     {"B", Unit::bytes, 1},
    {"kB", Unit::bytes, 1e3},    {"MB", Unit::bytes, 1e6},       {"GB", Unit::bytes, 1e9},
    {"KiB", Unit::bytes, kKi},   {"MiB", Unit::bytes, kKi* kKi}, {"GiB", Unit::bytes, kKi* kKi* kKi},
};

const char* example_of(Unit unit) {
  switch (unit) {
    case Unit::seconds:
      return "seconds: 2s, 150ms, 40us, 900ns, 2min";
    case Unit::bytes:
      return "bytes: 200MB, 64KiB, 1.5GiB, 4096B";
    case Unit::share:
      return "a share: 0.95 or 95%";
    case Unit::count:
      return "a number: 8, 1500";
  }
  return "";
}

size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t k = 0; k < b.size(); ++k) {
      const size_t above = row[k + 1];
      row[k + 1] = std::min({above + 1, row[k] + 1, diagonal + (a[i] == b[k] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row.back();
}

std::string as_written(const LimitWords& words) {
  std::string text = words.sign != 0 ? std::string(1, words.sign) : std::string();
  return text + words.number_text + words.unit;
}

}  // namespace

std::string nearest_word(const std::string& word, const std::vector<std::string>& known) {
  constexpr size_t kMaxWord = 40;
  if (word.size() > kMaxWord) return {};
  std::string best;
  size_t best_distance = std::max<size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : known) {
    const size_t distance = edit_distance(word, candidate);
    if (distance >= best_distance) continue;
    best_distance = distance;
    best = candidate;
  }
  return best;
}

tl::expected<Limit, SyntaxError> make_limit(const Measure& measure, const LimitWords& words) {
  const MeasureWord& word = *measure.word;
  Limit limit{.value = words.sign == '-' ? -words.number : words.number,
              .relative = words.sign != 0,
              .text = as_written(words)};
  const std::string name = text_of(measure);
  if (words.unit == "%") {
    if (!limit.relative && word.unit != Unit::share && !word.of_whole) {
      return error_at(words.position, fmt::format("{} is no part of anything: a percentage of what?", name),
                      fmt::format("give {}; a change since the baseline has a sign: +{}",
                                  example_of(word.unit), limit.text));
    }
    limit.value /= 100;
    // 95% of a share is that share; +5% is a change by a twentieth of what it was.
    limit.percent = limit.relative || word.unit != Unit::share;
    return limit;
  }
  if (words.unit.empty()) {
    if (word.unit == Unit::share || word.unit == Unit::count || words.number == 0) return limit;
    return error_at(words.position, fmt::format("{} is not a number without a unit", name),
                    fmt::format("give {}", example_of(word.unit)));
  }
  const auto* known =
      std::ranges::find_if(kUnitWords, [&](const UnitWord& unit) { return unit.word == words.unit; });
  if (known == std::end(kUnitWords)) {
    return error_at(words.unit_position, fmt::format("unknown unit '{}'", words.unit),
                    "units are s ms us ns min, B kB MB GB KiB MiB GiB, %");
  }
  if (known->unit != word.unit) {
    return error_at(words.unit_position, fmt::format("{} is not counted in {}", name, words.unit),
                    fmt::format("give {}", example_of(word.unit)));
  }
  limit.value *= known->factor;
  return limit;
}

}  // namespace strobe::analyze::check
