#include "waiting_views.h"

#include "analyze/gil_view.h"
#include "analyze/lock_waits.h"
#include "analyze/wait_places.h"
#include "report/text_waiting.h"

namespace strobe::cli {
namespace {

constexpr size_t kAllRows = 0;

/// -n, as the first restriction says it.
size_t rows_of(const analyze::OrderOptions& order) {
  const bool counted =
      !order.restrictions.empty() && order.restrictions.front().kind == analyze::Restriction::Kind::count;
  return counted ? order.restrictions.front().count : kAllRows;
}

}  // namespace

std::string render_waiting(const Profile& profile, const analyze::SelectedThreads& selected, ViewKind view,
                           const ReportRequest& request, const report::TextStyle& style) {
  const analyze::WaitPlaces places = analyze::find_wait_places(profile, selected);
  const report::WaitTextOptions options{.rows = rows_of(request.functions.order),
                                        .strip_directories = request.functions.strip_directories};
  if (view == ViewKind::locks) {
    return write_locks(profile, places, make_lock_view(profile, places.stacks, places.paths), options, style);
  }
  return write_gils(profile, places, make_gil_view(profile, places.stacks, places.paths), options, style);
}

}  // namespace strobe::cli
