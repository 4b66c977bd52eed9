#include "gateway/startup.hpp"

#include <utility>

namespace raceproof::gateway {

std::string_view to_string(Phase phase) {
  static constexpr std::array<std::string_view, phase_count> names{
      "init", "dependencies", "database", "cache", "services", "websocket", "finalize"};
  return names[static_cast<std::size_t>(phase)];
}

Awaitable<> Startup::run() {
  for (std::size_t i = 0; i < phase_count; ++i) co_await run_phase(static_cast<Phase>(i));
  change({StartupState::Status::complete, Phase::finalize, {}});
}

Awaitable<> Startup::run_phase(Phase phase) {
  const std::string_view name = to_string(phase);
  const Work& work = work_[static_cast<std::size_t>(phase)];
  // A phase without work is over before anybody could ask for it.
  if (work) change({StartupState::Status::running, phase, {}});
  runtime_.observe("startup_phase", {{"phase", name}, {"status", "begin"}});
  const Instant begin = runtime_.now();
  std::string error;
  if (work) {
    try {
      co_await work();
    } catch (const boost::system::system_error& failure) {
      // Shutting down during startup is not a failure of the phase.
      if (failure.code() == asio::error::operation_aborted) throw;
      error = failure.what();
    } catch (const std::exception& failure) {
      error = failure.what();
    }
  }
  const Duration took = runtime_.now() - begin;
  if (error.empty()) {
    runtime_.observe("startup_phase", {{"phase", name}, {"status", "complete"}, {"took", took}});
    co_return;
  }
  runtime_.observe("startup_phase",
                   {{"phase", name}, {"status", "failed"}, {"took", took}, {"reason", error}});
  std::string message = "startup failed in phase " + std::string(name) + ": " + error;
  change({StartupState::Status::failed, phase, error});
  throw StartupError(std::move(message));
}

void Startup::change(StartupState state) {
  state_ = std::move(state);
  if (on_state_) on_state_(state_);
}

}  // namespace raceproof::gateway
