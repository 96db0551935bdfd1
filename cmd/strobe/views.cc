#include "views.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <optional>

#include "base/unique_fd.h"
#include "counted_views.h"
#include "exit_status.h"
#include "lines_view.h"
#include "memory_view.h"
#include "report/escape.h"
#include "report/json_report.h"
#include "report/text_memory.h"
#include "stack_views.h"
#include "waiting_views.h"
#include "workflow/embed_sources.h"

namespace strobe::cli {
namespace {

/// As a word of a shell command, quoted where needed.
std::string shell_word(const std::string& text) {
  const bool plain = !text.empty() && text.find_first_not_of(
                                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789_./+-:@%") == std::string::npos;
  if (plain) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

Result<UniqueFd> open_output(const std::string& path, int flags) {
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0666));
  if (!fd) return from_errno("write " + path, "give a place that can be written");
  return fd;
}

/// The view itself, without what every report begins with.
Result<std::string> render_body(const Profile& profile, const analyze::QualityView& quality, ViewKind view,
                                const ReportRequest& request, const report::TextStyle& style) {
  Result<analyze::SelectedThreads> selected = analyze::select_threads(profile, request.selection);
  if (!selected) return pass(std::move(selected));
  if (Result<void> checked = check_waiting(profile, view, request.filter); !checked)
    return pass(std::move(checked));
  switch (view) {
    case ViewKind::functions:
    case ViewKind::callers:
    case ViewKind::callees:
    case ViewKind::tree: {
      const analyze::WeightedStacks stacks = analyze::weigh_stacks(profile, *selected, request.filter);
      return render_stack_view(profile, stacks, view, request, style) + '\n' +
             write_quality_line(quality, style);
    }
    case ViewKind::lines:
      return render_lines(profile, *selected, request, style);
    case ViewKind::memory:
      return render_memory(profile, *selected, request, style);
    case ViewKind::threads:
      return write_threads(
          analyze::make_thread_tree(profile, *selected, analyze::attribute(profile, *selected)), style);
    case ViewKind::locks:
    case ViewKind::gil:
      return render_waiting(profile, *selected, view, request, style) + '\n' +
             write_quality_line(quality, style);
    case ViewKind::quality:
      return write_quality(quality, style);
    case ViewKind::browse:
      break;  // a dialogue: run_browser()
  }
  return std::string();
}

}  // namespace

Result<std::string> render_view(const Profile& profile, ViewKind view, const ReportRequest& request,
                                const report::TextStyle& style, bool with_warnings) {
  if (profile.counts) return render_counted_view(profile, view, request, style);
  const analyze::QualityView quality = analyze::judge_quality(profile);
  Result<std::string> body = render_body(profile, quality, view, request, style);
  if (!body) return body;
  return with_warnings ? write_warnings(quality, style) + *body : body;
}

Result<std::string> render_summary(const Profile& profile, const std::string& recording_path,
                                   const ReportRequest& request, const report::TextStyle& style) {
  ReportRequest whole = request;
  whole.filter.wall = profile.info.wall;
  Result<std::string> table = render_view(profile, ViewKind::functions, whole, style);
  if (!table) return table;
  const std::string path = report::printable(shell_word(recording_path));
  const bool warned = !analyze::judge_quality(profile).warnings.empty();
  return "\n" + *table + report::write_memory_line(profile) +
         fmt::format(
             "recorded in {0}\n  more: {1}strobe report {0} threads | strobe report {0} functions --sort "
             "cumtime\n",
             path, warned ? fmt::format("strobe report {} quality | ", path) : "");
}

Result<void> check_json_path(const std::string& path) {
  if (path.empty() || path == "-") return {};
  Result<UniqueFd> fd = open_output(path, 0);
  if (!fd) return pass(std::move(fd));
  return {};
}

Result<void> write_json_to(const std::string& path,
                           const std::function<void(const report::TextSink&)>& write) {
  if (path.empty()) return {};
  UniqueFd file;
  int fd = STDOUT_FILENO;
  if (path != "-") {
    Result<UniqueFd> opened = open_output(path, O_TRUNC);
    if (!opened) return pass(std::move(opened));
    file = std::move(*opened);
    fd = file.get();
  }
  const std::string name = fd == STDOUT_FILENO ? "to standard output" : path;
  Result<void> written;
  write([&](std::string_view piece) {
    if (written) written = write_report(fd, piece, name);
  });
  return written;
}

Result<void> write_json(const Profile& profile, const ReportRequest& request) {
  if (request.json_path.empty()) return {};
  if (Result<void> checked = check_counted(profile, ViewKind::functions, request); !checked) return checked;
  if (Result<void> checked = check_waiting(profile, ViewKind::functions, request.filter); !checked)
    return checked;
  Result<analyze::SelectedThreads> selected = analyze::select_threads(profile, request.selection);
  if (!selected) return pass(std::move(selected));
  analyze::StackFilter filter = request.filter;
  filter.wall = false;  // the JSON has CPU time, and states apart
  const analyze::WeightedStacks stacks =
      analyze::weigh_stacks(profile, *selected, filter, analyze::StateDetail::always);
  std::optional<workflow::SourceFinder> sources;
  if (request.with_source) sources = make_source_finder(profile, request);
  return write_json_to(request.json_path, [&](const report::TextSink& sink) {
    report::write_json_report(profile, stacks, sink, sources ? &*sources : nullptr);
  });
}

std::function<void(const Result<workflow::SnapshotOutcome>&)> snapshot_printer(const ReportRequest& request,
                                                                               bool quiet) {
  return [request, quiet](const Result<workflow::SnapshotOutcome>& outcome) {
    if (!outcome) {
      report_error(outcome.error());
    } else if (!quiet) {
      Result<std::string> summary =
          render_summary(outcome->profile, outcome->path, request, style_of(STDERR_FILENO, request.color));
      if (!summary) {
        report_error(summary.error());
        return;
      }
      write_text(STDERR_FILENO, *summary);
    }
  };
}

int finish_recording(const std::string& path, const ReportRequest& request, bool quiet) {
  ConsoleDiagnostics diagnostics(quiet);
  Result<Profile> profile = workflow::complete(path, request.symbolize, diagnostics);
  if (!profile) return report_error(profile.error());
  if (request.embed_source) {
    Result<void> embedded =
        workflow::embed_sources(path, *profile, request.sources, request.symbolize, diagnostics);
    // The recording is good without them.
    if (!embedded) diagnostics.warn("no sources are in the recording: " + embedded.error().what);
  }
  if (!quiet) {
    Result<std::string> summary =
        render_summary(*profile, path, request, style_of(STDERR_FILENO, request.color));
    if (!summary) return report_error(summary.error());
    write_text(STDERR_FILENO, *summary);
  }
  if (Result<void> written = write_json(*profile, request); !written) return report_error(written.error());
  return kExitOk;
}

}  // namespace strobe::cli
