// The lines view: for every chosen function its source lines with the time spent on them. Time of a line is
// the time while it was on the stack, callees included, as line_profiler counts it; recursion counts once.
// Knows nothing about any language: a function is what frames name, its lines are those that frames name,
// and the text comes through a SourceProvider.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analyze/function_table.h"
#include "analyze/ordering.h"
#include "analyze/weighted_stacks.h"
#include "model/recording.h"
#include "model/sources.h"

namespace strobe::analyze {

struct LineRow {
  enum class Kind : uint8_t {
    line,
    gap,     ///< lines without a sample that are left out
    no_line  ///< code of the function that has no line: made by the compiler, or without debug information
  } kind = Kind::line;
  uint32_t line = 0;
  Amount self;          ///< the line is the leaf
  Amount total;         ///< the line is anywhere on the stack
  MemoryAmount memory;  ///< allocated (or faulted in) while the line was on the stack
  bool beyond_end = false;
  std::string text;  ///< foreign bytes; empty where there is no source
};

/// What a reader has to know about a source before believing it.
struct SourceNotes {
  bool newer_than_module = false;  ///< it changed after the program was built
  bool other_content = false;      ///< its MD5 is not the one in the debug information
  bool lines_beyond_end = false;
};

/// The lines of a function that are in one file: code of macros and included files is in others.
struct LineSection {
  std::string file;  ///< as the debug information names it; empty unknown
  SourceState state = SourceState::absent;
  SourcePlace place = SourcePlace::as_named;
  std::string found_path;
  SourceNotes notes;
  std::vector<LineRow> rows;
};

struct LineBlock {
  FunctionStats function;
  std::vector<LineSection> sections;  ///< the function's own file first
};

struct LineView {
  std::vector<LineBlock> blocks;
  std::vector<Reduction> reductions;
  Coverage coverage;  ///< what the view is of
  bool has_memory = false;
  size_t functions_without_lines = 0;
  Amount without_lines;               ///< self amounts of those
  size_t callers_without_source = 0;  ///< left out: they have no time of their own and no text to show
};

/// `order` sorts and restricts the functions that have lines. A list that is cut by number is not filled with
/// those that only call others and whose source is absent.
[[nodiscard]] LineView make_line_view(const Profile& profile, const WeightedStacks& stacks,
                                      const OrderOptions& order, SourceProvider& sources);

/// Whether the source changed after the newest recorded module of the function's path was built; of a Python
/// function, after the recording began.
[[nodiscard]] bool is_newer_than_program(const Profile& profile, const FunctionIdentity& function,
                                         const SourceFile& source);

}  // namespace strobe::analyze
