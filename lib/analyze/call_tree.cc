#include "analyze/call_tree.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>

#include "analyze/function_table.h"
#include "analyze/grouping.h"
#include "analyze/pattern.h"

namespace strobe::analyze {
namespace {

constexpr uint32_t kTop = 0;

struct Node {
  uint32_t key = UINT32_MAX;
  uint32_t parent = kTop;
  bool recursive = false;
  Amount self;
  Amount total;
};

/// Merges stacks into a tree of keys. A node's parent has a smaller index.
class Merger {
 public:
  /// `begins`: by key, whether a branch may begin there.
  Merger(const Profile& profile, const FrameKeys& frames, std::vector<bool> begins)
      : profile_(&profile), frames_(&frames), begins_(std::move(begins)), nodes_(1) {}

  /// A branch of its own for everything of one thread.
  uint32_t add_root(uint32_t key) { return child_of(kTop, key); }

  /// False where the stack has no part that belongs into the tree.
  bool add(uint32_t root, StackId stack, const Amount& amount) {
    const uint32_t node = node_of(root, stack);
    if (node == root) return false;
    nodes_[node].self += amount;
    return true;
  }

  std::vector<Node> take() {
    for (size_t i = nodes_.size(); i-- > 1;) {
      nodes_[i].total += nodes_[i].self;
      nodes_[nodes_[i].parent].total += nodes_[i].total;
    }
    return std::move(nodes_);
  }

 private:
  static uint64_t pair_of(uint32_t a, uint32_t b) { return (uint64_t{a} << 32) | b; }

  uint32_t child_of(uint32_t parent, uint32_t key) {
    const auto [place, fresh] = children_.try_emplace(pair_of(parent, key), nodes_.size());
    if (fresh) nodes_.push_back({key, parent, false, {}, {}});
    return place->second;
  }

  /// Goes up to a stack whose node is known, then down again: stacks can be too deep to recurse.
  uint32_t node_of(uint32_t root, StackId stack) {
    std::vector<StackId> unknown;
    uint32_t node = root;
    for (; !stack.is_none(); stack = parent_of(*profile_, stack)) {
      const auto known = of_stack_.find(pair_of(root, static_cast<uint32_t>(stack.index())));
      if (known != of_stack_.end()) {
        node = known->second;
        break;
      }
      unknown.push_back(stack);
    }
    for (; !unknown.empty(); unknown.pop_back()) {
      for (const uint32_t key : frames_->at(profile_->stacks[unknown.back().index()].frame)) {
        if (node == root && !begins_[key]) continue;
        if (node != root && nodes_[node].key == key) {
          nodes_[node].recursive = true;
        } else {
          node = child_of(node, key);
        }
      }
      of_stack_.emplace(pair_of(root, static_cast<uint32_t>(unknown.back().index())), node);
    }
    return node;
  }

  const Profile* profile_;
  const FrameKeys* frames_;
  std::vector<bool> begins_;
  std::vector<Node> nodes_;
  std::unordered_map<uint64_t, uint32_t> children_;  // by parent and key
  std::unordered_map<uint64_t, uint32_t> of_stack_;  // by root and stack
};

bool is_pattern(const Restriction& restriction) { return restriction.kind == Restriction::Kind::pattern; }

std::vector<bool> find_beginnings(const std::vector<FunctionIdentity>& functions,
                                  const std::vector<Restriction>& restrictions) {
  std::vector<bool> begins(functions.size(), true);
  for (const Restriction& restriction : restrictions) {
    if (!is_pattern(restriction)) continue;
    const Pattern pattern(restriction.text);
    for (size_t i = 0; i < begins.size(); ++i) {
      if (!pattern.matches(location_of(functions[i], false))) begins[i] = false;
    }
  }
  return begins;
}

/// What the samples of every thread or process put on every stack.
std::map<std::pair<uint32_t, StackId>, Amount> sum_by_group(const Profile& profile,
                                                            const WeightedStacks& stacks,
                                                            const ThreadGroups& groups) {
  std::map<std::pair<uint32_t, StackId>, Amount> sums;
  for_each_shown(profile, stacks, [&](const TimePiece& piece) {
    if (piece.stack.index() >= profile.stacks.size()) return;  // has a row of its own
    if (!stacks.coverage.filter.wall && piece.state != ThreadState::on_cpu) return;
    const bool counts = piece.first || !stacks.coverage.filter.states.empty();
    sums[{groups.of_thread[piece.thread.index()], piece.stack}] +=
        {piece.amount.seconds, counts ? 1u : 0u, piece.amount.certain};
  });
  return sums;
}

/// Turns nodes into rows, depth first, without recursion.
class Lister {
 public:
  Lister(const std::vector<Node>& nodes, const std::vector<FunctionIdentity>& names, uint32_t first_group,
         const TreeOptions& options, CallTree& tree)
      : nodes_(&nodes), names_(&names), first_group_(first_group), options_(&options), tree_(&tree) {
    children_.resize(nodes.size());
    for (uint32_t i = 1; i < nodes.size(); ++i) {
      if (nodes[i].total.samples > 0) children_[nodes[i].parent].push_back(i);
    }
  }

  void list() {
    put_children(kTop, 0);
    while (!pending_.empty()) {
      const Pending next = pending_.back();
      pending_.pop_back();
      if (next.row.kind != TreeRow::Kind::call) {
        tree_->rows.push_back(next.row);
        continue;
      }
      put_row(next);
    }
  }

 private:
  struct Pending {  // a stack: the next one to list is the last
    uint32_t node = kTop;
    TreeRow row;
  };

  void put_row(Pending next) {
    const Node& node = (*nodes_)[next.node];
    next.row.function = (*names_)[node.key];
    next.row.recursive = node.recursive && tree_->grouping == Grouping::function;
    if (node.key >= first_group_) next.row.kind = TreeRow::Kind::group;
    next.row.self = node.self;
    next.row.total = node.total;
    tree_->rows.push_back(next.row);
    put_children(next.node, next.row.depth + 1);
  }

  void put_children(uint32_t parent, uint32_t depth) {
    std::vector<uint32_t>& calls = children_[parent];
    const bool too_deep = options_->max_depth != 0 && depth >= options_->max_depth;
    std::sort(calls.begin(), calls.end(), [&](uint32_t a, uint32_t b) { return goes_before(a, b); });
    const auto small =
        too_deep ? calls.begin() : std::find_if(calls.begin(), calls.end(), [&](uint32_t call) {
          return share_of(tree_->coverage, (*nodes_)[call].total) < options_->min_share;
        });
    if (small != calls.end()) {
      Pending rest{kTop, {}};
      rest.row.kind = too_deep ? TreeRow::Kind::deep : TreeRow::Kind::small;
      rest.row.depth = depth;
      rest.row.count = static_cast<uint32_t>(calls.end() - small);
      for (auto call = small; call != calls.end(); ++call) rest.row.total += (*nodes_)[*call].total;
      rest.row.self = rest.row.total;
      pending_.push_back(rest);
    }
    for (auto call = small; call != calls.begin();) {
      pending_.push_back({*--call, {}});
      pending_.back().row.depth = depth;
    }
  }

  [[nodiscard]] bool goes_before(uint32_t a, uint32_t b) const {
    const Node& first = (*nodes_)[a];
    const Node& second = (*nodes_)[b];
    if (first.total.seconds != second.total.seconds) return first.total.seconds > second.total.seconds;
    return (*names_)[first.key] < (*names_)[second.key];
  }

  const std::vector<Node>* nodes_;
  const std::vector<FunctionIdentity>* names_;
  uint32_t first_group_;  // keys from here on are groups of threads
  const TreeOptions* options_;
  CallTree* tree_;
  std::vector<std::vector<uint32_t>> children_;
  std::vector<Pending> pending_;
};

void add_uncovered_rows(const StackAmounts& amounts, CallTree& tree) {
  const auto add = [&](const char* name, const Amount& amount) {
    if (amount.is_nothing()) return;
    TreeRow row;
    row.function.name = name;
    row.function.pseudo = true;
    row.self = row.total = amount;
    tree.rows.push_back(row);
  };
  add(kNoStackRow, amounts.no_stack);
  add(kHiddenRow, amounts.hidden);
  add(kKernelRow, {amounts.kernel_seconds, 0});
  add(kTooShortRow, {amounts.too_short_seconds, 0});
  add(kUnseenRow, {amounts.unseen_seconds, 0});
  add(kReadyRow, {amounts.ready_seconds, 0});
}

void restrict_rows(const std::vector<Restriction>& restrictions, CallTree& tree) {
  for (const Restriction& restriction : restrictions) {
    const size_t before = tree.rows.size();
    size_t after = before;
    if (restriction.kind == Restriction::Kind::count) after = std::min(before, restriction.count);
    if (restriction.kind == Restriction::Kind::fraction)
      after = static_cast<size_t>(std::floor(static_cast<double>(before) * restriction.fraction + 0.5));
    if (after == before) continue;
    tree.rows.resize(after);
    tree.reductions.push_back({before, after, restriction.text});
  }
}

}  // namespace

CallTree make_call_tree(const Profile& profile, const WeightedStacks& stacks, Grouping grouping,
                        const TreeOptions& options) {
  CallTree tree;
  tree.grouping = grouping;
  tree.min_share = options.min_share;
  tree.coverage = stacks.coverage;
  FrameFunctions functions =
      group_frames(profile, stacks.functions, is_of_frames(grouping) ? grouping : Grouping::function);
  const auto first_group = static_cast<uint32_t>(functions.functions.size());
  Merger merger(profile, functions.frames, find_beginnings(functions.functions, options.restrictions));
  Amount shown;
  if (is_of_frames(grouping)) {
    for (uint32_t i = 0; i < stacks.amounts.stacks.size(); ++i) {
      const Amount& amount = stacks.amounts.stacks[i];
      if (amount.samples > 0 && merger.add(kTop, StackId{i}, amount)) shown += amount;
    }
  } else {
    const ThreadGroups groups = group_threads(profile, grouping);
    for (const std::string& name : groups.names) functions.functions.push_back({.name = name});
    for (const auto& [place, amount] : sum_by_group(profile, stacks, groups)) {
      if (merger.add(merger.add_root(first_group + place.first), place.second, amount)) shown += amount;
    }
  }
  const std::vector<Node> nodes = merger.take();
  Lister(nodes, functions.functions, first_group, options, tree).list();
  for (const Restriction& restriction : options.restrictions) {
    if (is_pattern(restriction)) tree.begins.push_back(restriction.text);
  }
  if (tree.begins.empty()) {
    add_uncovered_rows(stacks.amounts, tree);
  } else {
    tree.coverage.shown = shown;
  }
  restrict_rows(options.restrictions, tree);
  return tree;
}

}  // namespace strobe::analyze
