// The options that several subcommands share, as the user wrote them, and their way into the library's plain
// structs. They end here: nothing below cmd/ sees them.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "analyze/call_tree.h"
#include "analyze/memory_table.h"
#include "analyze/selection.h"
#include "analyze/weighted_stacks.h"
#include "base/result.h"
#include "console.h"
#include "debuginfod_option.h"
#include "report/text.h"
#include "workflow/recording_session.h"
#include "workflow/source_finder.h"

namespace strobe::cli {

/// Headings of the option lists in --help.
inline constexpr const char* kRecordGroup = "Recording";
inline constexpr const char* kReportGroup = "Report";

/// The word for page faults by stack in --memory, and how many a sample stands for: a prime, so as not to run
/// in lock-step with the target.
inline constexpr const char* kResidentMemory = "resident";
inline constexpr uint64_t kFaultPeriod = 17;

/// Options of `run` and `attach`.
struct RecordOptions {
  std::string output;
  std::string rate = "1k";
  std::string duration;
  std::string max_size;
  std::string max_age;
  std::string engine = "auto";
  uint32_t stack_bytes = 16 * 1024;
  bool force = false;
  bool per_cpu = false;
  bool no_children = false;
  bool no_args = false;
  bool embed_source = false;
  bool wall = false;
  bool start_paused = false;
  bool quiet = false;
};
void add_record_options(CLI::App& app, RecordOptions& options);
/// Everything of the request but what to record. `program` names the default file.
Result<workflow::RecordRequest> make_request(const RecordOptions& options, const std::string& program);

/// Options of the memory view.
struct MemoryOptions {
  bool peak = false;
  bool leaks = false;
  bool temporary = false;
  std::string kind;
  std::string suppressions;  ///< a file
  [[nodiscard]] bool empty() const {
    return !peak && !leaks && !temporary && kind.empty() && suppressions.empty();
  }
};

/// Options of `report`, and of the summary that `run` and `attach` end with.
struct ReportOptions {
  std::vector<std::string> sort_keys;
  std::optional<long> rows;  ///< none: as usual; 0: all
  bool reverse = false;
  bool strip_dirs = false;
  bool wide = false;
  bool full_names = false;
  DebuginfodOption debuginfod;
  std::string process;
  std::string thread;
  std::string json;
  std::vector<std::string> source_maps;
  bool with_source = false;
  std::string color = "auto";
  analyze::StackFilter filter;
  bool wall = false;
  std::vector<std::string> states;
  std::string by = "function";
  std::string min_share;          ///< empty: as usual
  std::optional<uint32_t> depth;  ///< of the tree; none: as usual
  MemoryOptions memory;
};
void add_report_options(CLI::App& app, ReportOptions& options);
/// --sort alone; `words` are offered for completion.
void add_sort_option(CLI::App& app, ReportOptions& options, const std::string& help,
                     const std::vector<std::string>& words);
/// The part of them that every table has.
void add_table_options(CLI::App& app, ReportOptions& options);
/// Whose time it is, and how names are spelled: a part of add_table_options.
void add_selection_options(CLI::App& app, ReportOptions& options);
/// What stacks are taken: the filters.
void add_view_options(CLI::App& app, ReportOptions& options);
/// What rows stand for, whose time they have, and what the tree shows: of `report` alone.
void add_row_options(CLI::App& app, ReportOptions& options);

/// The memory view's part of a request.
struct MemoryRequest {
  analyze::MemoryMeasure measure = analyze::MemoryMeasure::allocated;
  std::optional<MemoryKind> kind;
  analyze::LeakSuppressions suppressions;
  analyze::MemoryOrder order;
};

/// The report options checked, before anything is recorded or read.
struct ReportRequest {
  analyze::Selection selection;
  analyze::StackFilter filter;
  analyze::Grouping grouping = analyze::Grouping::function;
  analyze::TreeOptions tree;
  report::FunctionTextOptions functions;
  symbolize::SymbolizeOptions symbolize;
  std::string json_path;  ///< "-": stdout; empty: none
  workflow::SourceOptions sources;
  bool with_source = false;   ///< source text in the JSON
  bool embed_source = false;  ///< keep sources in a new recording
  ColorChoice color = ColorChoice::automatic;
  MemoryRequest memory;
};
/// `restrictions` are applied in order, -n after them.
Result<ReportRequest> make_report_request(const ReportOptions& options,
                                          const std::vector<std::string>& restrictions);

/// The restrictions in order, and -n behind them. Without -n the usual limit holds, unless the user restricts
/// the list himself.
Result<std::vector<analyze::Restriction>> make_restrictions(const std::optional<long>& rows,
                                                            const std::vector<std::string>& restrictions);

/// auto, always or never.
Result<ColorChoice> parse_color(const std::string& word);

/// Where the sockets of strobe control are looked for, by this user's environment.
[[nodiscard]] std::vector<std::string> control_folders();

/// Where symbols are cached ($XDG_CACHE_HOME or ~/.cache) and the rest as usual.
[[nodiscard]] symbolize::SymbolizeOptions symbolize_options();

}  // namespace strobe::cli
