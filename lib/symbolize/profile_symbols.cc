// symbolize_profile(): a recorded profile's frames to requests per module, the answers to rows.
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <compare>
#include <map>
#include <span>
#include <tuple>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "symbolize/debug_package.h"
#include "symbolize/module_files.h"
#include "symbolize/symbolizer.h"

namespace strobe::symbolize {
namespace {

// A module gets a warning of its own when this share of the samples has nameless frames because of it.
constexpr double kWarnShare = 0.05;
constexpr size_t kMaxWarnings = 3;
constexpr std::string_view kWarningStart = "Names are missing: ";
constexpr std::string_view kRefusedStart = "Debug file not used: ";
constexpr std::string_view kLostStart = "Debug information is missing: ";

/// True where the recording was made by the kernel that runs now: only then do kernel addresses, the vDSO and
/// process ids mean what they meant.
bool is_of_this_boot(const RecordingInfo& info) {
  utsname system{};
  if (::uname(&system) != 0) return false;
  if (!info.hostname.empty() && info.hostname != system.nodename) return false;
  if (!info.kernel_release.empty() && info.kernel_release != system.release) return false;
  const auto stat = read_text_file("/proc/stat", size_t{4} << 20);
  if (!stat || info.start_unix_ns == 0) return true;
  const size_t at = stat->find("\nbtime ");
  if (at == std::string::npos) return true;
  int64_t boot_s = 0;
  std::from_chars(stat->data() + at + 7, stat->data() + stat->size(), boot_s);
  return info.start_unix_ns / 1'000'000'000 >= boot_s;
}

/// Turns the answers into rows. Rows are made in the order of frames, so equal input gives equal rows.
class DeltaBuilder {
 public:
  explicit DeltaBuilder(const Profile& profile) : profile_(&profile) {
    // Rows of an earlier symbolizing are dropped: they follow the physical frames.
    size_t physical = profile.frames.size();
    while (physical > 0 && profile.frames[physical - 1].kind == FrameKind::inlined) --physical;
    delta_.first_frame = static_cast<uint32_t>(physical);
    delta_.first_string = static_cast<uint32_t>(profile.strings.size());
    for (uint32_t i = 0; i < delta_.first_string; ++i) strings_.try_emplace(profile.strings[i], StringId{i});
  }

  [[nodiscard]] size_t physical_frames() const { return delta_.first_frame; }

  /// Python's frames come named; their functions move to the new table.
  void keep_function(FrameId id) {
    FrameRow row = profile_->frames[id.index()];
    if (row.function.index() >= profile_->functions.size()) return;
    const FunctionRow& old = profile_->functions[row.function.index()];
    const FunctionId function = intern(old);
    if (function == row.function) return;
    row.function = function;
    delta_.changed_frames.emplace_back(id, row);
  }

  void set_symbols(FrameId id, const AddressSymbols& symbols, Language language) {
    FrameRow row = profile_->frames[id.index()];
    const FrameRow before = row;
    row.function = {};
    row.file = {};
    row.outer = {};
    row.line = 0;
    if (!symbols.empty()) {
      FrameId outer;
      for (size_t level = symbols.size() - 1; level > 0; --level) {
        outer = intern_inlined(symbols[level], row.module, outer, language);
      }
      const SourceFrame& innermost = symbols.front();
      if (!innermost.function.empty()) row.function = intern(function_of(innermost, row.module, language));
      row.file = intern(innermost.file);
      row.line = innermost.line;
      row.outer = outer;
    }
    const auto parts = [](const FrameRow& r) { return std::tuple(r.function, r.line, r.file, r.outer); };
    if (parts(before) != parts(row)) delta_.changed_frames.emplace_back(id, row);
  }

  SymbolDelta take(Quality quality) {
    delta_.quality = std::move(quality);
    return std::move(delta_);
  }

 private:
  using FunctionKey = std::tuple<ModuleId, StringId, StringId, StringId, uint32_t, Language>;
  using InlinedKey = std::tuple<ModuleId, FunctionId, StringId, uint32_t, FrameId>;

  StringId intern(const std::string& text) {
    if (text.empty()) return {};
    const auto next = static_cast<uint32_t>(delta_.first_string + delta_.strings.size());
    const auto [entry, is_new] = strings_.try_emplace(text, StringId{next});
    if (is_new) delta_.strings.push_back(text);
    return entry->second;
  }

  FunctionRow function_of(const SourceFrame& frame, ModuleId module, Language language) {
    return {.name = intern(frame.function),
            .linkage_name = intern(frame.linkage_name),
            .module = module,
            .file = intern(frame.function_file),
            .line = frame.function_line,
            .language = language};
  }

  FunctionId intern(const FunctionRow& row) {
    const FunctionKey key(row.module, row.name, row.linkage_name, row.file, row.line, row.language);
    const auto next = static_cast<uint32_t>(delta_.functions.size());
    const auto [entry, is_new] = functions_.try_emplace(key, FunctionId{next});
    if (is_new) delta_.functions.push_back(row);
    return entry->second;
  }

  /// Equal chains of callers are shared by all addresses that were inlined into them.
  FrameId intern_inlined(const SourceFrame& frame, ModuleId module, FrameId outer, Language language) {
    FrameRow row{.kind = FrameKind::inlined, .module = module, .line = frame.line, .outer = outer};
    if (!frame.function.empty()) row.function = intern(function_of(frame, module, language));
    row.file = intern(frame.file);
    const InlinedKey key(module, row.function, row.file, row.line, outer);
    const auto next = static_cast<uint32_t>(delta_.first_frame + delta_.frames.size());
    const auto [entry, is_new] = inlined_.try_emplace(key, FrameId{next});
    if (is_new) delta_.frames.push_back(row);
    return entry->second;
  }

  const Profile* profile_;  // borrowed for the time of symbolize_profile()
  SymbolDelta delta_;
  std::unordered_map<std::string, StringId> strings_;
  std::map<FunctionKey, FunctionId> functions_;
  std::map<InlinedKey, FrameId> inlined_;
};

bool has_address(FrameKind kind) {
  return kind == FrameKind::native || kind == FrameKind::kernel || kind == FrameKind::interpreter;
}

/// Requests for all modules, each with the sorted unique addresses of its frames. Parallel to
/// profile.modules.
std::vector<ModuleRequest> make_requests(const Profile& profile, size_t physical_frames) {
  const bool this_boot = is_of_this_boot(profile.info);
  std::vector<ModuleRequest> requests(profile.modules.size());
  for (size_t i = 0; i < requests.size(); ++i) {
    const ModuleRow& module = profile.modules[i];
    requests[i].module = module;
    requests[i].path = profile.text(module.path);
    const bool process_known = module.process.index() < profile.processes.size();
    if (this_boot && process_known) requests[i].pid = profile.processes[module.process.index()].pid;
  }
  for (size_t i = 0; i < physical_frames; ++i) {
    const FrameRow& frame = profile.frames[i];
    if (!has_address(frame.kind)) continue;
    if (frame.module.index() >= requests.size()) continue;
    ModuleRequest& request = requests[frame.module.index()];
    const bool is_file = request.module.kind == ModuleKind::file;
    if (is_file || this_boot) request.addresses.push_back(frame.address);
  }
  for (ModuleRequest& request : requests) {
    std::ranges::sort(request.addresses);
    request.addresses.erase(std::unique(request.addresses.begin(), request.addresses.end()),
                            request.addresses.end());
  }
  return requests;
}

/// The answer for one address; nullptr where it was not asked for.
const AddressSymbols* find_answer(const ModuleRequest& request, const ModuleSymbols& answer,
                                  uint64_t address) {
  const auto found = std::ranges::lower_bound(request.addresses, address);
  if (found == request.addresses.end() || *found != address) return nullptr;
  const auto index = static_cast<size_t>(found - request.addresses.begin());
  return index < answer.symbols.size() ? &answer.symbols[index] : nullptr;
}

struct Missing {
  std::map<std::pair<std::string, LossReason>, uint64_t> blame;
  std::map<size_t, uint64_t> by_module;
  std::vector<bool> frames;  ///< by frame: nameless because of its module
};

/// Whether a file is the C library, whose own code is the outermost of every thread.
bool is_c_library(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  constexpr std::string_view kNames[] = {"libc.so", "libc-2.", "libpthread", "ld-linux", "ld-musl"};
  return std::ranges::any_of(kNames, [name](std::string_view start) { return name.starts_with(start); });
}

/// By stack: whether it is no more than the C library's start of a thread, which hides nothing of the
/// program. The first thread's begins with the program's own entry (_start).
std::vector<bool> find_thread_starts(const Profile& profile) {
  std::vector<bool> of_c_library(profile.modules.size());
  for (size_t i = 0; i < of_c_library.size(); ++i) {
    of_c_library[i] = is_c_library(profile.text(profile.modules[i].path));
  }
  std::vector<bool> starts(profile.stacks.size());
  for (size_t i = 0; i < starts.size(); ++i) {  // a caller's row is before those of its callees
    const size_t parent = profile.stacks[i].parent.index();
    const size_t frame = profile.stacks[i].frame.index();
    const bool outermost = parent >= i || starts[parent] || profile.stacks[parent].parent.index() >= parent;
    if (frame >= profile.frames.size() || !outermost) continue;
    const size_t module = profile.frames[frame].module.index();
    starts[i] = module < of_c_library.size() && of_c_library[module];
  }
  return starts;
}

/// Samples by module whose stack has a nameless frame of that module, thread starts left out unless the
/// sample is in them.
std::vector<uint64_t> affected_samples(const Profile& profile, const std::vector<bool>& nameless) {
  const std::vector<bool> starts = find_thread_starts(profile);
  std::vector<uint64_t> own(profile.stacks.size());
  for (const SampleRow& sample : profile.samples) {
    if (sample.stack.index() < own.size()) ++own[sample.stack.index()];
  }
  std::vector<uint64_t> samples = own;
  for (size_t i = samples.size(); i-- > 0;) {
    const size_t parent = profile.stacks[i].parent.index();
    if (parent < i) samples[parent] += samples[i];
  }
  const auto is_nameless = [&](size_t stack) {
    const size_t frame = profile.stacks[stack].frame.index();
    return frame < nameless.size() && nameless[frame];
  };
  std::vector<uint64_t> by_module(profile.modules.size());
  std::vector<StackId> above(profile.stacks.size());  // the nearest nameless caller that counts
  for (size_t i = 0; i < samples.size(); ++i) {
    const size_t parent = profile.stacks[i].parent.index();
    if (parent < i)
      above[i] = is_nameless(parent) && !starts[parent] ? profile.stacks[i].parent : above[parent];
    if (!is_nameless(i)) continue;
    const ModuleId module = profile.frames[profile.stacks[i].frame.index()].module;
    bool counted = false;
    for (StackId caller = above[i]; !counted && caller.index() < i; caller = above[caller.index()]) {
      counted = profile.frames[profile.stacks[caller.index()].frame.index()].module == module;
    }
    if (!counted && module.index() < by_module.size())
      by_module[module.index()] += starts[i] ? own[i] : samples[i];
  }
  return by_module;
}

/// What was asked, answered and not found; borrowed for one call.
struct Found {
  std::span<const ModuleRequest> requests;
  std::span<const ModuleSymbols> answers;
  const Missing* missing = nullptr;
};

/// What the user could do about a module; looked up for the few that matter, as it reads many files.
std::string remedy(const ModuleRequest& request, const ModuleSymbols& answer) {
  if (request.module.kind != ModuleKind::file || answer.reason != LossReason::no_symbols) return answer.note;
  const std::string process_root = fmt::format("/proc/{}/root", request.pid);
  const bool has_root = request.pid > 0 && ::access(process_root.c_str(), X_OK) == 0;
  return fmt::format("{} has no symbols for it: {}", request.path.substr(request.path.rfind('/') + 1),
                     advise_on_symbols(request.path, has_root ? process_root : ""));
}

/// One warning for each of the modules whose missing names matter most, by the samples that they are in.
void warn_of_missing(const Profile& profile, const Found& found, Quality& quality) {
  const std::vector<uint64_t> samples = affected_samples(profile, found.missing->frames);
  std::vector<std::pair<double, size_t>> worst;
  for (const auto& [module, count] : found.missing->by_module) {
    const double share =
        profile.samples.empty()
            ? static_cast<double>(count) / static_cast<double>(quality.symbols.frames)
            : static_cast<double>(samples[module]) / static_cast<double>(profile.samples.size());
    if (share >= kWarnShare) worst.emplace_back(share, module);
  }
  std::ranges::stable_sort(worst, std::ranges::greater{}, &std::pair<double, size_t>::first);
  if (worst.size() > kMaxWarnings) worst.resize(kMaxWarnings);
  for (const auto& [share, module] : worst) {
    const std::string note = remedy(found.requests[module], found.answers[module]);
    quality.warnings.push_back(fmt::format("{}{:.0f} % of the {} nameless code of {}{}{}.", kWarningStart,
                                           share * 100,
                                           profile.samples.empty() ? "frames are" : "samples are in or below",
                                           found.requests[module].path, note.empty() ? "" : "; ", note));
  }
}

void fill_quality(const Profile& profile, const Found& found, Quality& quality) {
  quality.symbols.blame.clear();
  for (const auto& [key, count] : found.missing->blame) {
    quality.symbols.blame.push_back({key.first, key.second, count});
    quality.symbols.missing += count;
  }
  std::ranges::stable_sort(quality.symbols.blame, std::ranges::greater{}, &Blame::count);
  std::erase_if(quality.warnings, [](const std::string& text) {
    return text.starts_with(kWarningStart) || text.starts_with(kRefusedStart) || text.starts_with(kLostStart);
  });
  for (const ModuleSymbols& answer : found.answers) {
    for (const std::string& sentence : answer.refused) {
      std::string text = fmt::format("{}{}.", kRefusedStart, sentence);
      // A server that failed is the same failure for every module.
      if (std::ranges::find(quality.warnings, text) == quality.warnings.end()) {
        quality.warnings.push_back(std::move(text));
      }
    }
    for (const std::string& sentence : answer.lost) {
      quality.warnings.push_back(fmt::format("{}{}.", kLostStart, sentence));
    }
  }
  warn_of_missing(profile, found, quality);
}

}  // namespace

SymbolDelta symbolize_profile(const Profile& profile, const SymbolizeOptions& options,
                              Diagnostics& diagnostics) {
  DeltaBuilder builder(profile);
  const std::vector<ModuleRequest> requests = make_requests(profile, builder.physical_frames());
  const std::vector<ModuleSymbols> answers = symbolize(requests, options, diagnostics);
  Quality quality = profile.quality;
  quality.symbols = {};
  Missing missing;
  missing.frames.resize(profile.frames.size());
  for (uint32_t i = 0; i < builder.physical_frames(); ++i) {
    const FrameRow& frame = profile.frames[i];
    if (frame.kind == FrameKind::python) builder.keep_function(FrameId{i});
    if (!has_address(frame.kind)) continue;
    const bool counts = frame.kind != FrameKind::interpreter;  // what stands for such a frame has a name
    quality.symbols.frames += counts ? 1 : 0;
    const size_t module = frame.module.index();
    const bool has_module = module < requests.size();
    const AddressSymbols* symbols =
        has_module ? find_answer(requests[module], answers[module], frame.address) : nullptr;
    const Language language = frame.kind == FrameKind::kernel ? Language::kernel : Language::native;
    builder.set_symbols(FrameId{i}, symbols != nullptr ? *symbols : AddressSymbols{}, language);
    if (!counts || (symbols != nullptr && !symbols->empty() && !symbols->front().function.empty())) continue;
    LossReason reason = LossReason::no_mapping;
    if (has_module) reason = symbols != nullptr ? answers[module].reason : LossReason::module_unreadable;
    if (has_module && reason == LossReason::none) reason = LossReason::no_symbols;
    ++missing.blame[{has_module ? requests[module].path : std::string(), reason}];
    if (!has_module || requests[module].module.kind == ModuleKind::unknown) continue;
    ++missing.by_module[module];
    missing.frames[i] = true;
  }
  fill_quality(profile, {requests, answers, &missing}, quality);
  return builder.take(std::move(quality));
}

}  // namespace strobe::symbolize
