// One recording from beginning to end, as `strobe run` and `strobe attach` do it: make the target, record,
// complete. And complete() alone, as `strobe report` does it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "base/result.h"
#include "heap/session.h"
#include "model/recording.h"
#include "record/recording_bounds.h"
#include "sampling/engine.h"
#include "symbolize/symbolizer.h"

namespace strobe::workflow {

/// A recording made of a part of another one while that went on.
struct SnapshotOutcome {
  std::string path;
  Profile profile;
};

/// A program that is run for its figures and not for the user: its input is empty, its output is thrown away
/// or goes to Strobe's standard error, and it does not get away with hanging or stopping itself.
struct Supervision {
  bool show_output = false;
  std::optional<uint64_t> time_limit_ns;  ///< it is ended then (SIGTERM, then SIGKILL)
};

struct RecordRequest {
  std::vector<std::string> command;        ///< run: program and arguments; empty for attach
  std::string search_path;                 ///< run: the variable PATH
  std::vector<pid_t> pids;                 ///< attach
  std::optional<Supervision> supervision;  ///< run
  std::string output_path;                 ///< of the recording
  bool replace_output = false;
  bool redact_arguments = false;        ///< keep program names only (--no-args)
  std::optional<uint64_t> duration_ns;  ///< the recording ends then; a launched program goes on
  sampling::EngineOptions engine;
  record::RecordingBounds bounds;
  std::optional<heap::SessionOptions> memory;  ///< run: allocations as well
  std::vector<std::string> control_folders;    ///< where the control socket may be (os::control_folders)
  symbolize::SymbolizeOptions symbols;         ///< for snapshots
  /// Called, on a thread of its own, with a snapshot that SIGUSR1 asked for.
  std::function<void(const Result<SnapshotOutcome>&)> on_snapshot;
};

struct RecordOutcome {
  std::string path;  ///< where the recording is
  std::optional<int32_t>
      exit_status;  ///< run: of the program, 128+N after signal N, 126/127 as a shell has them
  std::optional<Error> exec_error;  ///< run: why the program could not be executed; nothing was recorded then
  uint64_t samples = 0;
  bool timed_out = false;  ///< ended by its Supervision
  int signal = 0;          ///< with Supervision: that asked Strobe to end meanwhile; 0: none
};

/// Runs or attaches and records until the program ends, `duration_ns` is over, or a signal or a request at
/// the control socket asks to stop. Under `run` it returns when the program has ended, also where the
/// recording ended before. An Error means that nothing was recorded; trouble after the start is in the
/// recording's quality.
Result<RecordOutcome> record(const RecordRequest& request, Diagnostics& diagnostics);

/// Brings a recording to its best state: recovers what a killed Strobe left, symbolizes what this machine
/// can, stores that where the file may be written, and returns the profile.
Result<Profile> complete(const std::string& path, const symbolize::SymbolizeOptions& options,
                         Diagnostics& diagnostics);

}  // namespace strobe::workflow
