// Puts views of a profile where the user asked for them.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "model/recording.h"
#include "options.h"
#include "report/json_writer.h"
#include "view_words.h"

namespace strobe::cli {

/// One view as text, behind what has to be known before its numbers are believed.
Result<std::string> render_view(const Profile& profile, ViewKind view, const ReportRequest& request,
                                const report::TextStyle& style, bool with_warnings = true);

/// What `run` and `attach` end with: the functions table, the quality, where the recording is and what to do
/// with it.
Result<std::string> render_summary(const Profile& profile, const std::string& recording_path,
                                   const ReportRequest& request, const report::TextStyle& style);

/// Opens the JSON file (before anything is recorded, so that a wrong place is said at once).
Result<void> check_json_path(const std::string& path);
/// Hands `write` a sink that goes to that file, or to stdout for "-"; an empty path: nothing is done.
Result<void> write_json_to(const std::string& path,
                           const std::function<void(const report::TextSink&)>& write);
Result<void> write_json(const Profile& profile, const ReportRequest& request);

/// Prints a snapshot that was asked for by signal as finish_recording() prints a recording, without its JSON.
[[nodiscard]] std::function<void(const Result<workflow::SnapshotOutcome>&)> snapshot_printer(
    const ReportRequest& request, bool quiet);

/// Completes the recording at `path` and prints its summary to stderr (not under -q) and its JSON.
int finish_recording(const std::string& path, const ReportRequest& request, bool quiet);

}  // namespace strobe::cli
