// Whether the gateway is ready: one background evaluator, one cached verdict that everybody reads.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/readiness/check_run.hpp"
#include "gateway/readiness/checks.hpp"
#include "runtime/confined.hpp"
#include "runtime/notice.hpp"
#include "runtime/signal.hpp"
#include "runtime/task.hpp"

namespace raceproof::gateway {

/// What probes and connects are told.
struct Verdict {
  bool ready = false;
  /// Why not: "redis: not connected".
  std::string reason = "not evaluated yet";
};

/// What is known about one check, for operators and metrics.
struct CheckFigures {
  std::string_view name;
  bool ok = false;      ///< at its last look
  bool passed = false;  ///< at least once
  Duration took;        ///< from its first look to its first pass
};

/// Evaluates readiness on its own strand. Everything but the constructor and `strand()` runs there.
class Readiness {
 public:
  /// `settings` must outlive it.
  Readiness(Runtime& runtime, const ReadinessSettings& settings, const Figures& figures);

  [[nodiscard]] const Executor& strand() const { return strand_; }

  /// Starts the background evaluator (none with `evaluate: at_connect`).
  Awaitable<> start();
  Awaitable<> stop();

  // What the components report. A ready verdict that a report contradicts is withdrawn at once.
  Awaitable<> redis_changed(RedisState state);
  Awaitable<> startup_changed(StartupState state);
  Awaitable<> agent_started();
  Awaitable<> database_changed(bool usable);
  Awaitable<> auth_changed(bool usable);
  Awaitable<> bridge_changed(BridgeState state);

  /// The cached verdict, or with `evaluate: at_connect` a fresh one.
  Awaitable<Verdict> verdict();
  /// Returns once the cached verdict is ready.
  Awaitable<> until_ready();
  [[nodiscard]] Awaitable<StartupState> startup() const;
  [[nodiscard]] Awaitable<std::vector<CheckFigures>> figures() const;

 private:
  struct Evaluation;

  Awaitable<> evaluate_forever();
  Awaitable<Verdict> evaluate();
  Awaitable<> run_group(const CheckGroup& group, Evaluation& evaluation);
  Awaitable<> run_check(const Check& check, Evaluation& evaluation);
  Awaitable<> wait_for_grace(const Check& check, Instant end);
  bool graces_apply() const;
  void facts_changed();
  void publish(bool ready, std::string reason);

  Runtime& runtime_;
  const ReadinessSettings& settings_;
  std::vector<CheckGroup> groups_;
  Duration pause_;
  Executor strand_;
  Confined<Facts> facts_;
  Confined<Verdict> verdict_;
  Notice contradicted_;  // a report contradicts the ready verdict
  Signal became_ready_;
  struct Looked {
    std::string_view check;
    bool ok = false;
    bool passed = false;
    Instant first;
    Instant first_pass;
  };
  Looked& looked(std::string_view check);
  std::vector<Looked> looked_;
  TaskScope evaluator_;
};

}  // namespace raceproof::gateway
