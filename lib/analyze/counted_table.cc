#include "analyze/counted_table.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace strobe::analyze {
namespace {

Amount self_of(const CallCount& count) { return {count.self_seconds, count.primitive_calls}; }
Amount total_of(const CallCount& count) { return {count.total_seconds, count.calls}; }

FunctionStats make_row(const Profile& profile, size_t function) {
  const FunctionRow& row = profile.functions[function];
  const CallCount& count = profile.counts->functions[function];
  FunctionStats stats;
  stats.function = {.name = profile.text(row.name),
                    .file = profile.text(row.file),
                    .line = row.line,
                    .language = row.language};
  stats.self = self_of(count);
  stats.total = total_of(count);
  stats.exact = true;
  return stats;
}

}  // namespace

FunctionTable make_counted_table(const Profile& profile, bool with_edges) {
  FunctionTable table;
  table.counts_calls = true;
  const size_t functions = std::min(profile.functions.size(), profile.counts->functions.size());
  std::vector<FunctionStats> rows;
  for (size_t i = 0; i < functions; ++i) rows.push_back(make_row(profile, i));
  std::vector<uint32_t> order(functions);
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(),
            [&](uint32_t a, uint32_t b) { return comes_before(rows[a], rows[b]); });
  std::vector<uint32_t> row_of(functions);
  for (const uint32_t function : order) {
    row_of[function] = static_cast<uint32_t>(table.rows.size());
    table.coverage.whole += {rows[function].self.seconds, rows[function].total.samples};
    table.rows.push_back(std::move(rows[function]));
  }
  table.coverage.shown = table.coverage.whole;
  table.cpu_seconds = table.coverage.whole.seconds;
  if (!with_edges) return table;
  for (const CallCounts::Edge& edge : profile.counts->edges) {
    if (edge.caller.index() >= functions || edge.callee.index() >= functions) continue;
    table.edges.push_back({row_of[edge.caller.index()], row_of[edge.callee.index()], total_of(edge.count),
                           self_of(edge.count)});
  }
  std::sort(table.edges.begin(), table.edges.end(), [](const Edge& a, const Edge& b) {
    return std::tie(a.caller, a.callee) < std::tie(b.caller, b.callee);
  });
  return table;
}

}  // namespace strobe::analyze
