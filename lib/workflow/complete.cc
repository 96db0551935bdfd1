// complete() of recording_session.h: the same steps at the end of a recording and before a report.
#include <fmt/format.h>

#include <utility>

#include "os/signals.h"
#include "store/recording_file.h"
#include "symbolize/symbolizer.h"
#include "workflow/recording_session.h"

namespace strobe::workflow {

Result<Profile> complete(const std::string& path, const symbolize::SymbolizeOptions& options,
                         Diagnostics& diagnostics) {
  // Names are stored in the recording and in the cache; a limit of file sizes must be an error there.
  const os::IgnoredSignal file_size(SIGXFSZ);
  // Reading recovers what a killed Strobe left, on disk too where the file may be written.
  auto profile = store::read_recording(path);
  if (!profile) return profile;
  const bool has_names = profile->state == RecordingState::symbolized;
  if (has_names && !options.fetch_debug_file) {
    symbolize::choose_names(*profile, options.names);
    return profile;
  }
  SymbolDelta symbols = symbolize::symbolize_profile(*profile, options, diagnostics);
  if (has_names && symbols.quality.symbols.missing > profile->quality.symbols.missing) {
    // It was symbolized where more was known, on another machine or before files changed.
    symbolize::choose_names(*profile, options.names);
    return profile;
  }
  if (const auto stored = store::store_symbols(path, symbols); !stored) {
    // The report is as good; only the next one has to look the names up again.
    diagnostics.warn(fmt::format("the names were not stored in the recording: {}", stored.error().what));
  }
  apply(std::move(symbols), *profile);
  symbolize::choose_names(*profile, options.names);
  return profile;
}

}  // namespace strobe::workflow
