#include "workflow/compare_runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/clock.h"
#include "os/held_signals.h"
#include "os/orphans.h"
#include "os/process_state.h"
#include "store/recording_file.h"
#include "workflow/open_profile.h"
#include "workflow/recording_session.h"

namespace strobe::workflow {
namespace {

namespace fs = std::filesystem;

constexpr uint32_t kMaxTimeouts = 2;
constexpr int kOrphanGraceMs = 300;
constexpr int32_t kNotExecutable = 126;
constexpr int32_t kNotFound = 127;

/// Says everything once: the same trouble comes with every run.
class OnceDiagnostics : public Diagnostics {
 public:
  explicit OnceDiagnostics(Diagnostics& next) : next_(&next) {}
  void warn(std::string message) override {
    if (said_.insert(message).second) next_->warn(std::move(message));
  }

 private:
  Diagnostics* next_;
  std::set<std::string> said_;
};

/// A variant's name as the beginning of a file name.
std::string file_stem(const std::string& name) {
  std::string stem;
  for (const char c : name.substr(0, 64)) {
    const bool harmless = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                          c == '_' || c == '+' || c == '=' || (c == '.' && !stem.empty());
    stem += harmless ? c : '_';
  }
  return stem;
}

/// What conditions are about; of runs that count.
void measure(const Profile& profile, const std::string& path, analyze::RunEnd end,
             const std::vector<analyze::check::Measure>& measures, analyze::check::Side& side) {
  if (end != analyze::RunEnd::finished || measures.empty()) return;
  side.runs.push_back(analyze::check::measure_run(profile, path, measures));
}

class VariantRunner {
 public:
  VariantRunner(const CompareRunsRequest& request, os::OrphanKeeper orphans, Diagnostics& diagnostics)
      : request_(&request),
        orphans_(std::move(orphans)),
        diagnostics_(diagnostics),
        timeouts_(request.variants.size(), 0) {
    for (const Variant& variant : request.variants) {
      outcome_.variants.push_back({.name = variant.name, .command = variant.command, .runs = {}});
      outcome_.measured.push_back({.name = variant.name, .runs = {}});
    }
  }

  Result<CompareRunsOutcome> run() {
    for (uint32_t round = 1; round <= request_->warmup && outcome_.signal == 0; ++round) {
      if (auto done = run_round(round, true); !done) return pass(std::move(done));
    }
    const uint64_t start_ns = monotonic_now_ns();
    for (uint32_t round = 1; outcome_.signal == 0 && wants_round(round, start_ns); ++round) {
      if (auto done = run_round(round, false); !done) return pass(std::move(done));
    }
    return std::move(outcome_);
  }

 private:
  /// Whether one more round is to be made; says why not where that was not what was asked for.
  bool wants_round(uint32_t round, uint64_t start_ns) {
    const auto is_given_up = [](uint32_t count) { return count >= kMaxTimeouts; };
    if (std::ranges::all_of(timeouts_, is_given_up)) return false;
    if (request_->runs) return round <= *request_->runs;
    if (round <= kMinPreciseRuns) return true;
    if (analyze::is_precise(outcome_.variants, request_->precision)) return false;
    const bool too_long = monotonic_now_ns() - start_ns > request_->max_ns;
    if (round <= request_->max_runs && !too_long) return true;
    outcome_.notes.push_back(fmt::format(
        "Ended after {} runs of each, because {}: the difference is not known to ±{:g} %.", round - 1,
        too_long ? "there was no more time" : "more were not asked for", request_->precision * 100));
    return false;
  }

  Result<void> run_round(uint32_t round, bool warmup) {
    const size_t count = request_->variants.size();
    for (size_t i = 0; i < count && outcome_.signal == 0; ++i) {
      const size_t variant = (round - 1 + i) % count;
      if (timeouts_[variant] >= kMaxTimeouts) continue;
      if (request_->on_progress) {
        request_->on_progress({&request_->variants[variant], round, request_->runs, warmup});
      }
      auto run = run_once(variant, round, warmup);
      if (!run) return pass(std::move(run));
      if (outcome_.signal != 0) break;  // cut short: no run
      if (run->end == analyze::RunEnd::timed_out) ++timeouts_[variant];
      if (!warmup) outcome_.variants[variant].runs.push_back(std::move(*run));
    }
    return {};
  }

  [[nodiscard]] RecordRequest make_record_request(size_t variant, uint32_t round, bool warmup) const {
    RecordRequest record;
    record.command = {"/bin/sh", "-c", request_->variants[variant].command};
    record.supervision = Supervision{request_->show_output, request_->time_limit_ns};
    record.engine = request_->engine;
    record.redact_arguments = request_->redact_arguments;
    record.symbols = request_->symbols;
    // Names may be alike once they are made harmless: the number of the variant tells them apart.
    record.output_path = fmt::format("{}/{}{}-{}-{:03}.strobe", request_->folder, warmup ? ".warmup-" : "",
                                     variant + 1, file_stem(request_->variants[variant].name), round);
    return record;
  }

  Result<analyze::RunSummary> run_once(size_t variant, uint32_t round, bool warmup) {
    const RecordRequest record_request = make_record_request(variant, round, warmup);
    original_.restore_limits();  // the run before has raised them for Strobe
    Result<RecordOutcome> recorded = record(record_request, diagnostics_);
    os::HeldSignals held;
    const uint32_t left_running = orphans_.end_all(kOrphanGraceMs);
    if (!recorded) return pass(std::move(recorded));
    if (recorded->exec_error) return tl::unexpected(std::move(*recorded->exec_error));
    outcome_.signal = recorded->signal;
    const bool keep = request_->keep && !warmup;
    Result<analyze::RunSummary> run = sum_up(*recorded, variant, warmup);
    if (!keep) store::remove_recording(recorded->path);
    if (!run) return run;
    run->left_running = left_running;
    run->recording = keep ? recorded->path : std::string();
    if (run->end != analyze::RunEnd::timed_out) {
      if (auto checked = check_first_run(variant, run->facts.exit_status); !checked) {
        return pass(std::move(checked));
      }
    }
    if (outcome_.signal == 0) outcome_.signal = held.take();
    return run;
  }

  Result<analyze::RunSummary> sum_up(const RecordOutcome& recorded, size_t variant, bool warmup) {
    analyze::RunSummary run;
    const analyze::RunEnd end =
        recorded.timed_out ? analyze::RunEnd::timed_out : analyze::end_of(recorded.exit_status);
    if (!warmup) {
      Result<Profile> profile = complete(recorded.path, request_->symbols, diagnostics_);
      if (!profile) return pass(std::move(profile));
      run = analyze::summarize_run(*profile);
      measure(*profile, recorded.path, end, request_->measures, outcome_.measured[variant]);
    }
    run.facts.exit_status = recorded.exit_status;
    run.end = end;
    return run;
  }

  /// A command that does not exist is a slip of the pen, not a variant that fails.
  Result<void> check_first_run(size_t variant, const std::optional<int32_t>& exit_status) {
    if (first_run_checked_.size() <= variant) first_run_checked_.resize(variant + 1, false);
    if (first_run_checked_[variant]) return {};
    first_run_checked_[variant] = true;
    if (exit_status != kNotFound && exit_status != kNotExecutable) return {};
    const Variant& of = request_->variants[variant];
    return fail(ErrorCode::not_found,
                fmt::format("{}: the shell could not execute '{}' (exit status {})", of.name, of.command,
                            *exit_status),
                "--show-output shows what it said");
  }

  const CompareRunsRequest* request_;
  os::ProcessState original_ = os::ProcessState::read_current();
  os::OrphanKeeper orphans_;
  OnceDiagnostics diagnostics_;
  std::vector<uint32_t> timeouts_;  // by variant
  std::vector<bool> first_run_checked_;
  CompareRunsOutcome outcome_;
};

/// The recordings that a path stands for.
Result<std::vector<std::string>> expand_path(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return std::vector{path};
  std::vector<std::string> files;
  for (fs::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.ends_with(".strobe") && !name.starts_with('.')) files.push_back(entry->path().string());
  }
  if (error) return fail(ErrorCode::io, fmt::format("read folder {}: {}", path, error.message()));
  if (files.empty()) {
    return fail(ErrorCode::not_found, path + " holds no recordings",
                "name recordings, or a folder with *.strobe files in it");
  }
  std::ranges::sort(files);
  return files;
}

Result<void> read_run(const std::string& file, const ReadRequest& request, Diagnostics& diagnostics,
                      analyze::VariantRuns& variant, analyze::check::Side& measured) {
  Result<Profile> profile = open_profile(file, request.symbols, diagnostics);
  if (!profile) return pass(std::move(profile));
  if (profile->counts) {
    return fail(ErrorCode::unsupported,
                file + " is a file of cProfile: without samples, changes cannot be told from chance",
                "compare recordings: strobe run -o FILE -- python3 …");
  }
  analyze::RunSummary run = analyze::summarize_run(*profile);
  run.recording = file;
  measure(*profile, file, run.end, request.measures, measured);
  variant.runs.push_back(std::move(run));
  return {};
}

}  // namespace

Result<CompareRunsOutcome> run_variants(const CompareRunsRequest& request, Diagnostics& diagnostics) {
  Result<os::OrphanKeeper> orphans = os::OrphanKeeper::make();
  if (!orphans) return pass(std::move(orphans));
  return VariantRunner(request, std::move(*orphans), diagnostics).run();
}

Result<CompareRunsOutcome> read_variants(const std::vector<VariantRecordings>& variants,
                                         const ReadRequest& request, Diagnostics& diagnostics) {
  OnceDiagnostics once(diagnostics);
  CompareRunsOutcome outcome;
  for (const VariantRecordings& recordings : variants) {
    analyze::VariantRuns variant{.name = recordings.name, .command = {}, .runs = {}};
    analyze::check::Side measured{.name = recordings.name, .runs = {}};
    for (const std::string& path : recordings.paths) {
      Result<std::vector<std::string>> files = expand_path(path);
      if (!files) return pass(std::move(files));
      for (const std::string& file : *files) {
        if (auto read = read_run(file, request, once, variant, measured); !read) return pass(std::move(read));
      }
    }
    outcome.variants.push_back(std::move(variant));
    outcome.measured.push_back(std::move(measured));
  }
  return outcome;
}

}  // namespace strobe::workflow
