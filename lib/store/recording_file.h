// The recording on disk: one SQLite database (lib/store/schema.sql, docs/formats/recording.md).
// Written by one thread while recording; opened defensively for reading: foreign bytes are hostile.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/byte_reader.h"
#include "base/result.h"
#include "model/recording.h"

namespace strobe::store {

class RecordingWriter {
 public:
  /// Creates `path` (mode 0600, never through a symbolic link). An existing file is an error unless
  /// `replace`.
  static Result<RecordingWriter> create(const std::string& path, bool replace);
  RecordingWriter(RecordingWriter&&) noexcept;
  RecordingWriter& operator=(RecordingWriter&&) noexcept;
  ~RecordingWriter();  ///< without finish(): leaves what was committed, in state open

  /// Stores a delta in one transaction. On failure (disk full) what was stored before stays readable.
  Result<void> append(const RecordingDelta& delta);
  /// Keeps the log beside the file small, so that both together stay within `max_bytes` where used_bytes()
  /// does by a sixteenth and a second's rows.
  Result<void> bound(uint64_t max_bytes);
  /// Bytes of the file that hold something: dropped rows leave room for others.
  Result<uint64_t> used_bytes();
  /// Writes a finished recording to `path`, which must not exist yet: what was appended so far, and
  /// `closing`. On failure nothing is left there. This recording goes on.
  Result<void> write_copy(const std::string& path, const RecordingDelta& closing);
  /// Marks the recording as recorded and makes it one plain file.
  Result<void> finish();

 private:
  struct State;
  explicit RecordingWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Removes a recording that came to nothing, with what SQLite keeps beside it, as far as it is there; its
/// writer must be gone.
void remove_recording(const std::string& path);

/// Reads a whole recording, in any state; one left by a killed Strobe is recovered first where the file may
/// be written, else read as it is. Refuses newer schemas and files that are no recordings, with a hint.
Result<Profile> read_recording(const std::string& path);

/// The same for the bytes of a finished recording in memory; `image` is copied. An open one is given as it
/// is.
Result<Profile> read_recording_image(Bytes image);

/// Stores what symbolizing found; the file becomes `symbolized`. Read-only files are an error the caller may
/// ignore.
Result<void> store_symbols(const std::string& path, const SymbolDelta& symbols);

/// Stores source texts, replacing those that are there. The limits of SourceRow are the caller's: a text
/// above kMaxEmbeddedFileBytes (model/recording.h) is an error.
Result<void> store_sources(const std::string& path, const std::vector<SourceRow>& sources);

/// Marks a recording that was left `open` as `recorded` (after a crash of Strobe), with end times and a
/// warning in its quality.
Result<void> recover(const std::string& path);

}  // namespace strobe::store
