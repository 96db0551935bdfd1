#include "lines_view.h"

#include <filesystem>
#include <system_error>

#include "analyze/line_view.h"
#include "analyze/quality_view.h"
#include "workflow/source_finder.h"

namespace strobe::cli {
namespace {

constexpr long kDefaultBlocks = 10;

/// Where sources are looked for by name: here. Empty where that is not known.
std::string current_directory() {
  std::error_code error;
  const std::filesystem::path path = std::filesystem::current_path(error);
  return error ? std::string() : path.string();
}

}  // namespace

ReportOptions with_line_defaults(ReportOptions options, const std::vector<std::string>& restrictions) {
  if (options.sort_keys.empty()) options.sort_keys = {"cumtime"};
  if (!options.rows && restrictions.empty()) options.rows = kDefaultBlocks;
  return options;
}

workflow::SourceFinder make_source_finder(const Profile& profile, const ReportRequest& request) {
  workflow::SourceOptions options = request.sources;
  options.search_directory = current_directory();
  return {profile, std::move(options), request.symbolize};
}

std::string render_lines(const Profile& profile, const analyze::SelectedThreads& selected,
                         const ReportRequest& request, const report::TextStyle& style) {
  workflow::SourceFinder sources = make_source_finder(profile, request);
  const analyze::WeightedStacks stacks = analyze::weigh_stacks(profile, selected, request.filter);
  const analyze::LineView view = analyze::make_line_view(profile, stacks, request.functions.order, sources);
  return write_lines(view, {request.functions.order, request.functions.intervals}, style) + '\n' +
         write_quality_line(analyze::judge_quality(profile), style);
}

}  // namespace strobe::cli
