// What `strobe check` compares with: recordings, or a file made by --save-baseline; and its budgets.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyze/check_facts.h"
#include "base/diagnostics.h"
#include "base/result.h"
#include "symbolize/symbolizer.h"

namespace strobe::workflow {

/// Reads strobe-check-baseline/1. Pure; the text is foreign. `name` is the file's, for messages.
Result<std::vector<analyze::check::Run>> decode_baseline(std::string_view text, const std::string& name);

/// The runs of a baseline: of a file as above, or the one of a recording, where `measures` are taken.
Result<std::vector<analyze::check::Run>> read_baseline(const std::string& path,
                                                       const std::vector<analyze::check::Measure>& measures,
                                                       const symbolize::SymbolizeOptions& options,
                                                       Diagnostics& diagnostics);

inline constexpr size_t kMaxBudgetBytes = size_t{1} << 20;
inline constexpr size_t kMaxBaselineBytes = size_t{16} << 20;

/// The whole file; fails where it is larger than that.
Result<std::string> read_small_file(const std::string& path, size_t max_bytes);

/// Creates the file, or replaces it as a whole.
Result<void> write_small_file(const std::string& path, std::string_view text, bool replace);

}  // namespace strobe::workflow
