#include "sampling/engine.h"

#include <fmt/format.h>

#include <utility>

#include "sampling/perf/perf_engine.h"
#include "sampling/ptrace/ptrace_engine.h"

namespace strobe::sampling {
namespace {

/// The ptrace engine where perf events were refused: says so in its note, and where ptrace is refused as
/// well, says both.
class SecondChoice final : public Engine {
 public:
  SecondChoice(std::unique_ptr<Engine> engine, Error refusal, Diagnostics* diagnostics)
      : engine_(std::move(engine)), refusal_(std::move(refusal)), diagnostics_(diagnostics) {}

  Result<void> start(const EngineTarget& target, EventSink& sink) override {
    auto started = engine_->start(target, sink);
    if (started) {
      diagnostics_->warn(reason());
    } else if (started.error().code != ErrorCode::gone) {
      started.error().what = fmt::format("{}; {}", refusal_.what, started.error().what);
      if (started.error().hint.empty()) started.error().hint = refusal_.hint;
    }
    return started;
  }
  Result<void> poll(EventSink& sink, int timeout_ms) override { return engine_->poll(sink, timeout_ms); }
  Result<void> pause(EventSink& sink) override { return engine_->pause(sink); }
  Result<void> resume(EventSink& sink) override { return engine_->resume(sink); }
  Result<void> report_cpu(EventSink& sink) override { return engine_->report_cpu(sink); }
  Result<void> finish(EventSink& sink) override { return engine_->finish(sink); }
  [[nodiscard]] int wake_fd() const override { return engine_->wake_fd(); }
  [[nodiscard]] bool targets_gone() const override { return engine_->targets_gone(); }
  [[nodiscard]] bool is_in_haste() const override { return engine_->is_in_haste(); }
  [[nodiscard]] bool reports_switches() const override { return engine_->reports_switches(); }
  [[nodiscard]] bool samples_switches() const override { return engine_->samples_switches(); }
  [[nodiscard]] bool reports_wakes() const override { return engine_->reports_wakes(); }
  [[nodiscard]] bool pooled_sampling() const override { return engine_->pooled_sampling(); }
  [[nodiscard]] PythonReading python_reading() const override { return engine_->python_reading(); }
  void expect_python() override { engine_->expect_python(); }
  void watch_python(const PythonTarget& target) override { engine_->watch_python(target); }
  void describe(Quality& quality) const override {
    engine_->describe(quality);
    quality.engine_note = reason();
  }

 private:
  [[nodiscard]] std::string reason() const {
    return fmt::format("ptrace, because perf events are refused ({}){}{}", refusal_.what,
                       refusal_.hint.empty() ? "" : "; ", refusal_.hint);
  }

  std::unique_ptr<Engine> engine_;
  Error refusal_;
  Diagnostics* diagnostics_;  // borrowed; outlives the engine
};

/// Whether ptrace may do where perf events did not, and the target itself is not the trouble.
bool worth_another_try(const Error& error) {
  return error.code != ErrorCode::gone && error.code != ErrorCode::invalid_argument;
}

}  // namespace

Result<std::unique_ptr<Engine>> make_engine(const EngineOptions& options, const EngineTarget& target,
                                            Diagnostics& diagnostics) {
  const bool per_cpu = options.per_cpu == EngineOptions::PerCpu::always;
  if (options.engine == EngineChoice::ptrace) {
    if (per_cpu) {
      return fail(ErrorCode::invalid_argument, "the ptrace engine cannot sample by CPU",
                  "leave out --per-cpu, or use --engine perf");
    }
    if (options.fault_period != 0) {
      return fail(ErrorCode::invalid_argument, "the ptrace engine sees no page faults",
                  "--memory=resident needs perf events: use --engine perf");
    }
    return make_ptrace_engine(options, target);
  }
  auto perf = make_perf_engine(options, target);
  if (perf || options.engine == EngineChoice::perf || per_cpu || options.fault_period != 0 ||
      !worth_another_try(perf.error()))
    return perf;
  auto ptrace = make_ptrace_engine(options, target);
  if (!ptrace) return ptrace;
  return std::unique_ptr<Engine>(
      std::make_unique<SecondChoice>(std::move(*ptrace), std::move(perf).error(), &diagnostics));
}

}  // namespace strobe::sampling
