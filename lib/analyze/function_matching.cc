#include "analyze/function_matching.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>

namespace strobe::analyze {
namespace {

/// What has to agree in a pass. Later passes ask for less.
struct Pass {
  bool module = false;
  bool file = false;
  bool many = false;  ///< several on a side are paired in the order of their lines
};
constexpr Pass kPasses[] = {
    {true, true, true}, {false, true, true}, {true, false, false}, {false, false, false}};

using Key = std::tuple<Language, std::string, std::string, std::string>;

Key key_of(const FunctionIdentity& function, const Pass& pass) {
  return {function.language, function.name, pass.module ? module_stem(function.module) : std::string(),
          pass.file ? basename_of(function.file) : std::string()};
}

/// Rows of both sides under one key, not yet paired.
struct Candidates {
  std::vector<uint32_t> a;
  std::vector<uint32_t> b;
};

class Matcher {
 public:
  Matcher(const FunctionTable& a, const FunctionTable& b)
      : a_(&a), b_(&b), partner_of_a_(a.rows.size(), kNone), paired_b_(b.rows.size(), false) {}

  void run(const Pass& pass) {
    std::map<Key, Candidates> groups;
    for (uint32_t row = 0; row < partner_of_a_.size(); ++row) {
      if (partner_of_a_[row] == kNone) groups[key_of(a_->rows[row].function, pass)].a.push_back(row);
    }
    for (uint32_t row = 0; row < paired_b_.size(); ++row) {
      if (!paired_b_[row]) groups[key_of(b_->rows[row].function, pass)].b.push_back(row);
    }
    for (auto& [key, group] : groups) {
      if (pass.many || (group.a.size() == 1 && group.b.size() == 1)) pair_in_line_order(group);
    }
  }

  [[nodiscard]] std::vector<FunctionPair> pairs() const {
    std::vector<FunctionPair> result;
    for (uint32_t row = 0; row < partner_of_a_.size(); ++row) result.push_back({row, partner_of_a_[row]});
    for (uint32_t row = 0; row < paired_b_.size(); ++row) {
      if (!paired_b_[row]) result.push_back({kNone, row});
    }
    return result;
  }

 private:
  static constexpr uint32_t kNone = FunctionTable::kNoRow;

  void pair_in_line_order(Candidates& group) {
    const auto by_line = [](const FunctionTable& table) {
      return [&table](uint32_t row) { return std::pair(table.rows[row].function.line, row); };
    };
    std::ranges::sort(group.a, {}, by_line(*a_));
    std::ranges::sort(group.b, {}, by_line(*b_));
    for (size_t i = 0; i < std::min(group.a.size(), group.b.size()); ++i) {
      partner_of_a_[group.a[i]] = group.b[i];
      paired_b_[group.b[i]] = true;
    }
  }

  const FunctionTable* a_;
  const FunctionTable* b_;
  std::vector<uint32_t> partner_of_a_;
  std::vector<bool> paired_b_;
};

}  // namespace

std::string module_stem(const std::string& path) {
  std::string name = basename_of(path);
  if (const size_t version = name.find(".so."); version != std::string::npos) name.resize(version + 3);
  return name;
}

std::vector<FunctionPair> match_functions(const FunctionTable& a, const FunctionTable& b) {
  Matcher matcher(a, b);
  for (const Pass& pass : kPasses) matcher.run(pass);
  return matcher.pairs();
}

}  // namespace strobe::analyze
