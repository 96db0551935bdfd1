#include "memory_view.h"

#include <fmt/format.h>

#include <algorithm>

#include "analyze/memory_view.h"
#include "commands.h"
#include "option_text.h"
#include "report/text_memory.h"
#include "workflow/check_baseline.h"

namespace strobe::cli {
namespace {

constexpr const char* kMemoryGroup = "Memory";
constexpr size_t kMaxSuppressionBytes = 1 << 20;
constexpr const char* kDefaultTreeShare = "5%";
constexpr MemoryKind kKinds[] = {MemoryKind::malloc, MemoryKind::mmap, MemoryKind::python, MemoryKind::fault};

Result<analyze::MemoryMeasure> read_measure(const MemoryOptions& options) {
  using analyze::MemoryMeasure;
  if (int{options.peak} + int{options.leaks} + int{options.temporary} > 1) {
    return fail(ErrorCode::invalid_argument, "--peak, --leaks and --temporary are about different bytes",
                "give one of them");
  }
  if (options.peak) return MemoryMeasure::peak;
  if (options.leaks) return MemoryMeasure::live;
  return options.temporary ? MemoryMeasure::temporary : MemoryMeasure::allocated;
}

Result<std::optional<MemoryKind>> read_kind(const std::string& word) {
  if (word.empty()) return std::optional<MemoryKind>();
  for (const MemoryKind kind : kKinds) {
    if (word == name_of(kind)) return std::optional(kind);
  }
  return fail(ErrorCode::invalid_argument, fmt::format("unknown kind of memory '{}'", word),
              "use malloc, mmap, python or fault; without --kind it is malloc and python");
}

}  // namespace

void add_memory_options(CLI::App& app, ReportOptions& options) {
  MemoryOptions& memory = options.memory;
  app.add_flag("--peak", memory.peak, "What was live when a process had most")->group(kMemoryGroup);
  app.add_flag("--leaks", memory.leaks, "What was live at the end")->group(kMemoryGroup);
  app.add_flag("--temporary", memory.temporary, "What was freed before anything else was allocated")
      ->group(kMemoryGroup);
  offer_values(app.add_option("--kind", memory.kind, "malloc, mmap, python or fault [malloc and python]")
                   ->type_name("KIND")
                   ->group(kMemoryGroup),
               {"malloc", "mmap", "python", "fault"});
  app.add_option("--suppressions", memory.suppressions,
                 "Leaks to leave out, in LeakSanitizer's syntax: leak:PATTERN")
      ->type_name("FILE")
      ->group(kMemoryGroup);
}

Result<MemoryRequest> take_memory_request(ReportOptions& options,
                                          const std::vector<std::string>& restrictions) {
  MemoryRequest request;
  Result<analyze::MemoryMeasure> measure = read_measure(options.memory);
  if (!measure) return pass(std::move(measure));
  request.measure = *measure;
  Result<std::optional<MemoryKind>> kind = read_kind(options.memory.kind);
  if (!kind) return pass(std::move(kind));
  request.kind = *kind;
  if (!options.memory.suppressions.empty()) {
    Result<std::string> text = workflow::read_small_file(options.memory.suppressions, kMaxSuppressionBytes);
    if (!text) return pass(std::move(text));
    Result<analyze::LeakSuppressions> rules = analyze::LeakSuppressions::parse(*text);
    if (!rules) {
      rules.error().what = options.memory.suppressions + ": " + rules.error().what;
      return pass(std::move(rules));
    }
    request.suppressions = std::move(*rules);
  }
  if (!options.sort_keys.empty()) request.order.keys.clear();
  for (const std::string& word : options.sort_keys) {
    Result<analyze::MemorySortKey> key = analyze::find_memory_sort_key(word);
    if (!key) return pass(std::move(key));
    request.order.keys.push_back(*key);
  }
  options.sort_keys.clear();
  request.order.reverse = options.reverse;
  Result<std::vector<analyze::Restriction>> all = make_restrictions(options.rows, restrictions);
  if (!all) return pass(std::move(all));
  request.order.restrictions = std::move(*all);
  if (options.min_share.empty()) options.min_share = kDefaultTreeShare;
  return request;
}

Result<std::string> render_memory(const Profile& profile, const analyze::SelectedThreads& selected,
                                  const ReportRequest& request, const report::TextStyle& style) {
  if (!analyze::tells_of_memory(profile)) {
    return fail(ErrorCode::unsupported, "this recording knows nothing of memory",
                "record it again with this Strobe: strobe run --memory -- COMMAND");
  }
  const MemoryRequest& memory = request.memory;
  analyze::MemoryViewOptions options{
      .choice = {.measure = memory.measure, .kind = memory.kind, .suppressions = &memory.suppressions},
      .grouping = request.grouping,
      .tree = request.tree};
  options.tree.restrictions.clear();  // they choose rows of the table
  if (!options.choice.kind && profile.info.memory.mode == MemoryMode::resident)
    options.choice.kind = MemoryKind::fault;
  const analyze::WeightedStacks stacks = analyze::weigh_stacks(profile, selected, request.filter);
  const report::MemoryTextOptions text{.order = memory.order,
                                       .strip_directories = request.functions.strip_directories,
                                       .intervals = request.functions.intervals};
  return write_memory(make_memory_view(profile, stacks, options), text, style);
}

}  // namespace strobe::cli
