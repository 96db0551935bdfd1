#include "counted_views.h"

#include "analyze/counted_table.h"
#include "report/text_calls.h"

namespace strobe::cli {
namespace {

Result<void> refuse(const char* what, const char* needs) {
  return fail(ErrorCode::unsupported,
              std::string("a file of cProfile has no ") + needs + ", which " + what + " needs",
              "it has functions, callers and callees; strobe run -- python3 … records the rest");
}

const char* missing_for(ViewKind view) {
  switch (view) {
    case ViewKind::lines:
      return "lines of code";
    case ViewKind::tree:
      return "stacks";
    case ViewKind::memory:
      return "memory";
    case ViewKind::threads:
      return "threads";
    case ViewKind::locks:
    case ViewKind::gil:
      return "waiting";
    case ViewKind::quality:
      return "samples";
    default:
      return nullptr;
  }
}

}  // namespace

Result<void> check_counted(const Profile& profile, ViewKind view, const ReportRequest& request) {
  if (!profile.counts) return {};
  if (const char* missing = missing_for(view); missing != nullptr) return refuse("that view", missing);
  if (request.filter.wall) return refuse("--wall", "waiting");
  if (!request.filter.empty()) return refuse("a filter", "stacks");
  if (!request.selection.process.empty() || !request.selection.thread.empty())
    return refuse("--process or --thread", "threads");
  if (request.grouping != analyze::Grouping::function) return refuse("--by", "stacks");
  return {};
}

Result<std::string> render_counted_view(const Profile& profile, ViewKind view, const ReportRequest& request,
                                        const report::TextStyle& style) {
  if (Result<void> checked = check_counted(profile, view, request); !checked) return pass(std::move(checked));
  const bool calls = view != ViewKind::functions;
  const analyze::FunctionTable table = analyze::make_counted_table(profile, calls);
  if (!calls) return write_functions(table, request.functions, style);
  const bool callers = view == ViewKind::callers;
  return write_calls(table, callers ? report::CallDirection::callers : report::CallDirection::callees,
                     request.functions, style);
}

}  // namespace strobe::cli
