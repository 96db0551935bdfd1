#include "options.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <map>

#include "analyze/grouping.h"
#include "commands.h"
#include "option_text.h"
#include "os/control_socket.h"

namespace strobe::cli {
namespace {

constexpr long kDefaultRows = 20;
constexpr uint32_t kMaxStackBytes = 65'528;
constexpr const char* kViewGroup = "What is shown";

/// The default name, with a number where that second already has a recording.
std::string find_free_name(const std::string& program) {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  const std::string name = default_recording_name(program, local);
  const std::string stem = name.substr(0, name.size() - std::string_view(".strobe").size());
  std::string path = name;
  for (int number = 2; number < 100 && ::access(path.c_str(), F_OK) == 0; ++number) {
    path = fmt::format("{}-{}.strobe", stem, number);
  }
  return path;
}

Result<sampling::EngineChoice> parse_engine(const std::string& word) {
  if (word == "auto") return sampling::EngineChoice::automatic;
  if (word == "perf") return sampling::EngineChoice::perf;
  if (word == "ptrace") return sampling::EngineChoice::ptrace;
  return fail(ErrorCode::invalid_argument, fmt::format("unknown engine '{}'", word),
              "use auto, perf or ptrace");
}

}  // namespace

void add_record_options(CLI::App& app, RecordOptions& options) {
  app.add_option("-o,--output", options.output, "Where the recording goes [./NAME-YYYYMMDD-HHMMSS.strobe]")
      ->type_name("FILE")
      ->group(kRecordGroup);
  app.add_flag("--force", options.force, "Replace an existing FILE")->group(kRecordGroup);
  app.add_option("-r,--rate", options.rate, "Samples per second of CPU time: 1k, 10k, 997 [1k]")
      ->type_name("HZ")
      ->group(kRecordGroup);
  app.add_option("-d,--duration", options.duration,
                 "Stop recording after so long; a launched program goes on")
      ->type_name("SECONDS")
      ->group(kRecordGroup);
  app.add_option("--max-size", options.max_size,
                 "Keep the recording this small by dropping its oldest part: 500M")
      ->type_name("BYTES")
      ->group(kRecordGroup);
  app.add_option("--max-age", options.max_age, "Keep this much of the past and drop what is older: 10m, 1h")
      ->type_name("SECONDS")
      ->group(kRecordGroup);
  app.add_flag("--wall", options.wall, "Waiting as well: where threads are off the CPU, why and for how long")
      ->group(kRecordGroup);
  app.add_flag("--start-paused", options.start_paused,
               "Record nothing until strobe control PID resume (PID is Strobe's)")
      ->group(kRecordGroup);
  offer_values(
      app.add_option("--engine", options.engine, "How samples are taken: auto, perf or ptrace [auto]")
          ->type_name("NAME")
          ->group(kRecordGroup),
      {"auto", "perf", "ptrace"});
  app.add_flag("--per-cpu", options.per_cpu,
               "Sample by CPU: for programs that start many short processes (needs rights)")
      ->group(kRecordGroup);
  app.add_flag("--no-children", options.no_children, "Leave out processes that the program starts")
      ->group(kRecordGroup);
  app.add_option("--stack-bytes", options.stack_bytes, "Stack copied with a sample, 0 to 65528 [16384]")
      ->type_name("BYTES")
      ->group(kRecordGroup);
  app.add_flag("--no-args", options.no_args, "Record program names without their arguments")
      ->group(kRecordGroup);
  app.add_flag("--embed-source", options.embed_source,
               "Keep the sources of what was sampled in the recording, for the lines view elsewhere")
      ->group(kRecordGroup);
  app.add_flag("-q,--quiet", options.quiet, "Print nothing but errors")->group(kRecordGroup);
}

Result<workflow::RecordRequest> make_request(const RecordOptions& options, const std::string& program) {
  workflow::RecordRequest request;
  Result<uint64_t> period = parse_rate(options.rate);
  if (!period) return pass(std::move(period));
  request.engine.period_ns = *period;
  if (!options.duration.empty()) {
    Result<uint64_t> duration = parse_duration(options.duration);
    if (!duration) return pass(std::move(duration));
    request.duration_ns = *duration;
  }
  Result<sampling::EngineChoice> engine = parse_engine(options.engine);
  if (!engine) return pass(std::move(engine));
  request.engine.engine = *engine;
  if (options.stack_bytes > kMaxStackBytes) {
    return fail(ErrorCode::invalid_argument, fmt::format("--stack-bytes {} is too much", options.stack_bytes),
                fmt::format("the kernel copies at most {} bytes", kMaxStackBytes));
  }
  request.engine.stack_bytes = options.stack_bytes;
  request.engine.follow_children = !options.no_children;
  request.engine.wall = options.wall;
  request.engine.start_paused = options.start_paused;
  if (!options.max_size.empty()) {
    Result<uint64_t> bytes = parse_size(options.max_size);
    if (!bytes) return pass(std::move(bytes));
    request.bounds.max_bytes = *bytes;
  }
  if (!options.max_age.empty()) {
    Result<uint64_t> age = parse_duration(options.max_age);
    if (!age) return pass(std::move(age));
    request.bounds.max_age_ns = *age;
  }
  request.control_folders = control_folders();
  request.symbols = symbolize_options();
  if (options.per_cpu) request.engine.per_cpu = sampling::EngineOptions::PerCpu::always;
  request.redact_arguments = options.no_args;
  request.replace_output = options.force;
  request.output_path = options.output.empty() ? find_free_name(program) : options.output;
  return request;
}

void add_report_options(CLI::App& app, ReportOptions& options) {
  add_sort_option(app, options, "Order of functions; several by commas [tottime]", analyze::sort_words());
  app.add_flag("--reverse", options.reverse, "The other way round")->group(kReportGroup);
  add_debuginfod_option(app, options.debuginfod, kReportGroup);
  app.add_flag("--wide", options.wide, "Also the 95 % intervals of the shares")->group(kReportGroup);
  add_table_options(app, options);
  app.add_option("--json", options.json,
                 "Also write the whole report as JSON (strobe-report/1); - for stdout")
      ->type_name("FILE|-")
      ->group(kReportGroup);
  app.add_flag("--with-source", options.with_source, "Also the text of source lines, in the JSON")
      ->group(kReportGroup);
  app.add_option("--source-map", options.source_maps, "Sources named FROM… are in TO…; may be repeated")
      ->type_name("FROM=TO")
      ->expected(1)
      ->take_all()
      ->group(kReportGroup);
}

void add_sort_option(CLI::App& app, ReportOptions& options, const std::string& help,
                     const std::vector<std::string>& words) {
  offer_values(app.add_option("--sort", options.sort_keys, help)
                   ->type_name("KEY")
                   ->delimiter(',')
                   ->expected(1)
                   ->take_all()
                   ->allow_extra_args(false)  // what follows is no key
                   ->group(kReportGroup),
               words);
}

void add_table_options(CLI::App& app, ReportOptions& options) {
  app.add_option("-n,--rows", options.rows, "Rows of the table; 0 for all [20]")
      ->type_name("N")
      ->group(kReportGroup);
  app.add_flag("--strip-dirs", options.strip_dirs, "File names without directories")->group(kReportGroup);
  add_selection_options(app, options);
  offer_values(app.add_option("--color", options.color, "auto, always or never [auto]")
                   ->type_name("WHEN")
                   ->group(kReportGroup),
               {"auto", "always", "never"});
}

void add_selection_options(CLI::App& app, ReportOptions& options) {
  app.add_flag("--full-names", options.full_names,
               "C++ and Rust names with template arguments and parameters")
      ->group(kReportGroup);
  app.add_option("--process", options.process, "Only this process")
      ->type_name("PID|NAME")
      ->group(kReportGroup);
  app.add_option("--thread", options.thread, "Only this thread")->type_name("TID|NAME")->group(kReportGroup);
}

void add_view_options(CLI::App& app, ReportOptions& options) {
  const auto add = [&](const char* name, std::vector<std::string>& patterns, const char* help) {
    app.add_option(name, patterns, help)
        ->type_name("REGEX")
        ->expected(1)
        ->take_all()
        ->allow_extra_args(false)  // what follows is a recording, a view or a restriction
        ->group(kViewGroup);
  };
  add("--focus", options.filter.focus, "Only stacks with a matching function; of several, with all");
  add("--ignore", options.filter.ignore, "No stacks with a matching function");
  add("--hide", options.filter.hide, "Take matching functions out; their time is their caller's");
  app.add_flag_callback(
         "--no-native", [&options] { options.filter.native = false; },
         "Python's functions only; native time is their caller's")
      ->group(kViewGroup);
  app.add_flag("--interpreter-frames", options.filter.interpreter_frames,
               "Also the C functions of the Python interpreter itself")
      ->group(kViewGroup);
  app.add_flag("--gil", options.filter.gil, "Only samples of threads that held Python's GIL")
      ->group(kViewGroup);
}

void add_row_options(CLI::App& app, ReportOptions& options) {
  app.add_flag("--wall", options.wall,
               "Wall time of threads by state, in place of CPU time (recorded with --wall)")
      ->group(kViewGroup);
  offer_values(app.add_option("--state", options.states, "Only time in this state; several by commas")
                   ->type_name("STATE")
                   ->delimiter(',')
                   ->expected(1)
                   ->take_all()
                   ->allow_extra_args(false)
                   ->group(kViewGroup),
               analyze::state_words());
  CLI::Option* by = app.add_option(
      "--by", options.by, "What rows stand for: function, line, file, module, thread or process [function]");
  offer_values(by->type_name("GROUP")->group(kViewGroup),
               {std::begin(analyze::kGroupingWords), std::end(analyze::kGroupingWords)});
  app.add_option("--min-share", options.min_share, "Of the tree: sum calls below this share [1%]")
      ->type_name("PERCENT")
      ->group(kViewGroup);
  app.add_option("--depth", options.depth, "Of the tree: levels shown; 0 for all [100]")
      ->type_name("N")
      ->group(kViewGroup);
}

Result<ReportRequest> make_report_request(const ReportOptions& options,
                                          const std::vector<std::string>& restrictions) {
  ReportRequest request;
  request.selection = {.process = options.process, .thread = options.thread};
  request.functions.strip_directories = options.strip_dirs;
  request.functions.intervals = options.wide;
  request.symbolize = symbolize_options();
  if (Result<void> allowed = allow_debuginfod(options.debuginfod, request.symbolize); !allowed) {
    return pass(std::move(allowed));
  }
  if (options.full_names) request.symbolize.names = symbolize::NameStyle::full;
  request.json_path = options.json;
  request.with_source = options.with_source;
  if (Result<void> checked = check_filter(options.filter); !checked) return pass(std::move(checked));
  request.filter = options.filter;
  request.filter.wall = options.wall || !options.states.empty();
  for (const std::string& word : options.states) {
    Result<ThreadState> state = analyze::find_state(word);
    if (!state) return pass(std::move(state));
    request.filter.states.push_back(*state);
  }
  for (const std::string& text : options.source_maps) {
    Result<std::pair<std::string, std::string>> entry = workflow::parse_source_map(text);
    if (!entry) return pass(std::move(entry));
    request.sources.map.push_back(std::move(*entry));
  }
  Result<analyze::Grouping> grouping = analyze::find_grouping(options.by);
  if (!grouping) return pass(std::move(grouping));
  request.grouping = *grouping;
  if (!options.min_share.empty()) {
    Result<double> share = parse_percent(options.min_share);
    if (!share) return pass(std::move(share));
    request.tree.min_share = *share;
  }
  if (options.depth.has_value()) request.tree.max_depth = *options.depth;
  Result<ColorChoice> color = parse_color(options.color);
  if (!color) return pass(std::move(color));
  request.color = *color;

  analyze::OrderOptions& order = request.functions.order;
  order.reverse = options.reverse;
  if (!options.sort_keys.empty()) order.keys.clear();
  for (const std::string& word : options.sort_keys) {
    Result<analyze::SortKey> key = analyze::find_sort_key(word);
    if (!key) return pass(std::move(key));
    order.keys.push_back(*key);
  }
  Result<std::vector<analyze::Restriction>> all = make_restrictions(options.rows, restrictions);
  if (!all) return pass(std::move(all));
  order.restrictions = std::move(*all);
  // The tree is bounded by its share: the usual limit of rows is not for it.
  const bool usual_limit = !options.rows.has_value() && restrictions.empty();
  if (!usual_limit) request.tree.restrictions = order.restrictions;
  return request;
}

Result<ColorChoice> parse_color(const std::string& word) {
  if (word == "auto") return ColorChoice::automatic;
  if (word == "always") return ColorChoice::always;
  if (word == "never") return ColorChoice::never;
  return fail(ErrorCode::invalid_argument, fmt::format("unknown colour choice '{}'", word),
              "use auto, always or never");
}

Result<std::vector<analyze::Restriction>> make_restrictions(const std::optional<long>& rows,
                                                            const std::vector<std::string>& restrictions) {
  const long limit = rows.value_or(restrictions.empty() ? kDefaultRows : 0);
  if (limit < 0)
    return fail(ErrorCode::invalid_argument, "-n cannot be negative", "give a number of rows; 0 for all");
  std::vector<std::string> words = restrictions;
  if (limit > 0) words.push_back(std::to_string(limit));
  std::vector<analyze::Restriction> result;
  for (const std::string& word : words) {
    Result<analyze::Restriction> restriction = analyze::parse_restriction(word);
    if (!restriction) return pass(std::move(restriction));
    result.push_back(std::move(*restriction));
  }
  return result;
}

std::vector<std::string> control_folders() {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  return os::control_folders(runtime != nullptr ? runtime : "");
}

symbolize::SymbolizeOptions symbolize_options() {
  symbolize::SymbolizeOptions options;
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  if (cache != nullptr && cache[0] == '/') {
    options.cache_directory = std::string(cache) + "/strobe";
  } else if (home != nullptr && home[0] == '/') {
    options.cache_directory = std::string(home) + "/.cache/strobe";
  }
  return options;
}

}  // namespace strobe::cli
