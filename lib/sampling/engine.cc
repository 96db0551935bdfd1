#include "sampling/engine.h"

#include <fmt/format.h>

#include <utility>

#include "sampling/perf/perf_engine.h"
#include "sampling/ptrace/ptrace_engine.h"

namespace strobe::sampling {
namespace {

/// An engine that says in its note why it was taken instead of perf.
class SecondChoice final : public Engine {
 public:
  SecondChoice(std::unique_ptr<Engine> engine, std::string reason)
      : engine_(std::move(engine)), reason_(std::move(reason)) {}

  Result<void> start(const EngineTarget& target, EventSink& sink) override {
    return engine_->start(target, sink);
  }
  Result<void> poll(EventSink& sink, int timeout_ms) override { return engine_->poll(sink, timeout_ms); }
  Result<void> finish(EventSink& sink) override { return engine_->finish(sink); }
  [[nodiscard]] int wake_fd() const override { return engine_->wake_fd(); }
  [[nodiscard]] bool targets_gone() const override { return engine_->targets_gone(); }
  [[nodiscard]] bool pooled_sampling() const override { return engine_->pooled_sampling(); }
  void describe(Quality& quality) const override {
    engine_->describe(quality);
    quality.engine_note = reason_;
  }

 private:
  std::unique_ptr<Engine> engine_;
  std::string reason_;
};

/// Whether ptrace may do where perf events did not, and the target itself is not the trouble.
bool worth_another_try(const Error& error) {
  return error.code != ErrorCode::gone && error.code != ErrorCode::invalid_argument;
}

}  // namespace

Result<std::unique_ptr<Engine>> make_engine(const EngineOptions& options, const EngineTarget& target,
                                            Diagnostics& diagnostics) {
  if (options.engine == EngineChoice::ptrace) return make_ptrace_engine(options, target);
  auto perf = make_perf_engine(options, target);
  if (perf || options.engine == EngineChoice::perf || !worth_another_try(perf.error())) return perf;
  const Error& refusal = perf.error();
  auto ptrace = make_ptrace_engine(options, target);
  if (!ptrace) {
    // Both reasons: either may be the easier one to remove.
    return fail(refusal.code, fmt::format("{}; {}", refusal.what, ptrace.error().what),
                refusal.hint.empty() ? ptrace.error().hint : refusal.hint);
  }
  std::string reason = fmt::format("ptrace, because perf events are refused ({})", refusal.what);
  if (!refusal.hint.empty()) reason += "; " + refusal.hint;
  diagnostics.warn(reason);
  return std::unique_ptr<Engine>(std::make_unique<SecondChoice>(std::move(*ptrace), std::move(reason)));
}

}  // namespace strobe::sampling
