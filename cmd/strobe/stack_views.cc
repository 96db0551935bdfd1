#include "stack_views.h"

#include "analyze/grouping.h"
#include "report/text_calls.h"

namespace strobe::cli {
namespace {

analyze::FunctionTable make_table(const Profile& profile, const analyze::WeightedStacks& stacks,
                                  analyze::Grouping grouping, bool with_edges) {
  if (!analyze::is_of_frames(grouping)) return analyze::make_thread_table(profile, stacks, grouping);
  return analyze::make_function_table(profile, stacks,
                                      analyze::group_frames(profile, stacks.functions, grouping), with_edges);
}

}  // namespace

std::string render_stack_view(const Profile& profile, const analyze::WeightedStacks& stacks, ViewKind view,
                              const ReportRequest& request, const report::TextStyle& style) {
  if (view == ViewKind::tree) {
    const analyze::CallTree tree = make_call_tree(profile, stacks, request.grouping, request.tree);
    return write_call_tree(tree, request.functions.strip_directories, style);
  }
  const bool calls = view == ViewKind::callers || view == ViewKind::callees;
  const analyze::FunctionTable table = make_table(profile, stacks, request.grouping, calls);
  if (!calls) return write_functions(table, request.functions, style);
  const report::CallDirection direction =
      view == ViewKind::callers ? report::CallDirection::callers : report::CallDirection::callees;
  return write_calls(table, direction, request.functions, style);
}

}  // namespace strobe::cli
