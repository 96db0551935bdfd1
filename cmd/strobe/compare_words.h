// What the words of `strobe compare` mean: variants to run (NAME='COMMAND'), two recordings side by side, or
// sets of recordings.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "report/text.h"
#include "workflow/compare_runs.h"

namespace strobe::cli {

enum class CompareKind : uint8_t {
  two_recordings,  ///< the view of functions or lines
  sets,            ///< several recordings a side
  variants,        ///< commands to be run
};

struct CompareInput {
  std::vector<std::string> words;
  std::vector<std::string> set_a;  ///< --a
  std::vector<std::string> set_b;
  std::string scale;  ///< --scale: "1,2,4,8"; empty: none
  std::string with;   ///< --with: the command, with {n} in it
};

struct CompareWords {
  CompareKind kind = CompareKind::two_recordings;
  report::CompareNames paths;  ///< of two_recordings
  bool lines = false;
  std::vector<std::string> restrictions;
  /// Of sets: a name and the paths.
  std::vector<std::pair<std::string, std::vector<std::string>>> sets;
  std::vector<workflow::Variant> variants;
  std::vector<double> scale;  ///< by variant
};

/// Looks at the file system to tell files and folders from other words.
Result<CompareWords> read_compare_words(const CompareInput& input);

}  // namespace strobe::cli
