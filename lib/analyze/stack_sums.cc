#include "analyze/stack_sums.h"

#include <algorithm>
#include <unordered_map>

namespace strobe::analyze {
namespace {

/// Children of every node, as one array with offsets; node count itself stands for "above the roots".
struct Children {
  std::vector<uint32_t> begin;
  std::vector<uint32_t> nodes;
};

Children list_children(const Profile& profile) {
  const size_t count = profile.stacks.size();
  const auto parent_slot = [&](uint32_t node) {
    const StackId parent = parent_of(profile, StackId{node});
    return parent.is_none() ? count : parent.index();
  };
  Children children;
  children.begin.assign(count + 2, 0);
  for (uint32_t i = 0; i < count; ++i) ++children.begin[parent_slot(i) + 1];
  for (size_t i = 1; i < children.begin.size(); ++i) children.begin[i] += children.begin[i - 1];
  children.nodes.resize(count);
  std::vector<uint32_t> next(children.begin.begin(), children.begin.end() - 1);
  for (uint32_t i = 0; i < count; ++i) children.nodes[next[parent_slot(i)]++] = i;
  return children;
}

/// Walks the tree depth first and keeps, for the path from the root, how often each key and edge is on it.
class TreeWalk {
 public:
  TreeWalk(const Profile& profile, const StackAmounts& amounts, const FrameKeys& keys, bool with_edges)
      : profile_(&profile),
        keys_(&keys),
        with_edges_(with_edges),
        subtree_(amounts.stacks),
        children_(list_children(profile)),
        on_path_(keys.key_count, 0) {
    for (size_t i = subtree_.size(); i-- > 0;) {
      const StackId parent = parent_of(profile, StackId{static_cast<uint32_t>(i)});
      if (!parent.is_none()) subtree_[parent.index()] += subtree_[i];
    }
    sums_.self.resize(keys.key_count);
    sums_.total.resize(keys.key_count);
  }

  KeySums run(const StackAmounts& amounts) {
    const auto above_roots = static_cast<uint32_t>(profile_->stacks.size());
    std::vector<Visit> path{{above_roots, children_.begin[above_roots], {}}};
    while (!path.empty()) {
      Visit& top = path.back();
      if (top.next_child == children_.begin[top.node + 1]) {
        leave(top);
        path.pop_back();
        continue;
      }
      const uint32_t node = children_.nodes[top.next_child++];
      if (subtree_[node].samples == 0) continue;
      const Entry caller = top.entry;
      path.push_back({node, children_.begin[node], enter(node, caller, amounts.stacks[node])});
    }
    std::sort(sums_.edges.begin(), sums_.edges.end(), [](const Edge& a, const Edge& b) {
      return std::tie(a.caller, a.callee) < std::tie(b.caller, b.callee);
    });
    return std::move(sums_);
  }

 private:
  static constexpr uint32_t kNoKey = UINT32_MAX;
  struct Entry {
    uint32_t last_key = kNoKey;  ///< innermost function so far: the caller of what comes next
    uint32_t edges = 0;          ///< how many edges this node put on the path
  };
  struct Visit {
    uint32_t node;
    uint32_t next_child;
    Entry entry;
  };

  Entry enter(uint32_t node, Entry caller, const Amount& own) {
    Entry entry{caller.last_key, 0};
    for (const uint32_t key : keys_->at(profile_->stacks[node].frame)) {
      if (on_path_[key]++ == 0) sums_.total[key] += subtree_[node];
      if (with_edges_ && entry.last_key != kNoKey) {
        enter_edge(entry.last_key, key, subtree_[node]);
        ++entry.edges;
      }
      entry.last_key = key;
    }
    if (entry.last_key != kNoKey) sums_.self[entry.last_key] += own;
    // The innermost call of the whole path, also where this frame has no key.
    if (with_edges_ && !edge_path_.empty()) sums_.edges[edge_path_.back()].self += own;
    return entry;
  }

  void enter_edge(uint32_t caller, uint32_t callee, const Amount& amount) {
    const uint64_t name = (uint64_t{caller} << 32) | callee;
    const auto [place, inserted] = edge_ids_.try_emplace(name, static_cast<uint32_t>(sums_.edges.size()));
    if (inserted) {
      sums_.edges.push_back({caller, callee, {}, {}});
      edge_on_path_.push_back(0);
    }
    if (edge_on_path_[place->second]++ == 0) sums_.edges[place->second].amount += amount;
    edge_path_.push_back(place->second);
  }

  void leave(const Visit& visit) {
    if (visit.node == profile_->stacks.size()) return;
    for (const uint32_t key : keys_->at(profile_->stacks[visit.node].frame)) --on_path_[key];
    for (uint32_t i = 0; i < visit.entry.edges; ++i) {
      --edge_on_path_[edge_path_.back()];
      edge_path_.pop_back();
    }
  }

  const Profile* profile_;
  const FrameKeys* keys_;
  bool with_edges_;
  std::vector<Amount> subtree_;
  Children children_;
  std::vector<uint32_t> on_path_;
  std::unordered_map<uint64_t, uint32_t> edge_ids_;
  std::vector<uint32_t> edge_on_path_;
  std::vector<uint32_t> edge_path_;
  KeySums sums_;
};

}  // namespace

StackId parent_of(const Profile& profile, StackId stack) {
  const StackId parent = profile.stacks[stack.index()].parent;
  return parent.index() < stack.index() ? parent : StackId::none();
}

KeySums sum_keys(const Profile& profile, const StackAmounts& amounts, const FrameKeys& keys,
                 bool with_edges) {
  return TreeWalk(profile, amounts, keys, with_edges).run(amounts);
}

}  // namespace strobe::analyze
