// Startup: seven phases in order, each observed and timed (domain.md section 1). The readiness gate
// is not part of it.
#pragma once

#include <array>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "runtime/runtime.hpp"

namespace raceproof::gateway {

enum class Phase { init, dependencies, database, cache, services, websocket, finalize };
inline constexpr std::size_t phase_count = 7;
std::string_view to_string(Phase phase);

/// How far startup has come.
struct StartupState {
  enum class Status { running, complete, failed };
  Status status = Status::running;
  Phase phase = Phase::init;
  std::string error;
};

/// A required phase failed: the process cannot serve. The message names the phase and the reason.
class StartupError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Runs the phases on the caller's strand. A phase without work completes at once.
class Startup {
 public:
  using Work = std::function<Awaitable<>()>;
  using StateHandler = std::function<void(const StartupState&)>;

  /// `on_state` runs whenever the state changes.
  Startup(Runtime& runtime, StateHandler on_state)
      : runtime_(runtime), on_state_(std::move(on_state)) {}

  /// Sets what a phase does; throwing from it fails the phase.
  void on(Phase phase, Work work) { work_[static_cast<std::size_t>(phase)] = std::move(work); }
  /// Runs all phases; throws StartupError when one fails, and does not run the later ones.
  Awaitable<> run();
  [[nodiscard]] const StartupState& state() const { return state_; }

 private:
  Awaitable<> run_phase(Phase phase);
  void change(StartupState state);

  Runtime& runtime_;
  StateHandler on_state_;
  std::array<Work, phase_count> work_;
  StartupState state_;
};

}  // namespace raceproof::gateway
