// A scenario on the wall clock: the real gateway on its production runtime, the fake Redis and the
// clients on loopback TCP. Shows that what the simulation found happens in life, too; a run here is
// one sample, and says nothing about the orders that it did not take.
#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "harness/campaign/wall_draw.hpp"
#include "harness/scenario/model.hpp"
#include "harness/trace/trace.hpp"
#include "runtime/stream.hpp"

namespace raceproof::campaign {

struct WallOptions : DrawOptions {
  /// The longest that clients may take; then they are stopped and the run has ended by `limit`.
  std::chrono::nanoseconds limit = std::chrono::seconds(60);
  /// Ends the run early, as Ctrl-C does.
  std::stop_token stop;
};

/// Why a run ended.
enum class WallEnd {
  clients_done,  ///< every script is over, met or not
  limit,         ///< the time was up
  stopped,       ///< by the caller
  failed,        ///< a task of the gateway, of Redis or of a client failed
};
std::string_view name(WallEnd end);

/// What one client made of its script.
struct WallClient {
  std::string name;
  bool finished = false;
  bool ok = false;
};

/// A named parameter and the number that it stood for.
struct WallValue {
  std::string name;
  std::chrono::nanoseconds value;
};

struct WallResult {
  WallEnd end = WallEnd::clients_done;
  std::string failure;  ///< which task failed and why; empty otherwise
  std::vector<WallClient> clients;
  std::vector<WallValue> values;
  /// What the scenario says and the wall clock cannot do ("network.latency").
  std::vector<std::string> not_played;
  std::chrono::nanoseconds took{};
  /// Everything that was observed, in nanoseconds since the start of the run.
  trace::Trace trace;
};

/// The gateway and its backends, running. For clients that are not ours; `run_wall` for those that
/// are. One caller's thread.
class WallWorld {
 public:
  /// Starts Redis and, after the cold start, the gateway. `concrete` has numbers for all
  /// parameters. Throws system_error when a port cannot be had.
  WallWorld(std::shared_ptr<const scenario::ResolvedVariant> concrete, const WallOptions& options);
  ~WallWorld();
  WallWorld(const WallWorld&) = delete;
  WallWorld& operator=(const WallWorld&) = delete;

  /// Where the gateway listens, or will.
  [[nodiscard]] Endpoint gateway() const;
  /// Plays the variant's clients until all are done or the run has to end.
  void play_clients();
  /// Shuts the gateway down in an orderly way and hands over what was seen. Once.
  WallResult finish();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// The variant with its parameters drawn.
std::shared_ptr<const scenario::ResolvedVariant> draw_variant(
    const scenario::Scenario& scenario, const scenario::ResolvedVariant& variant,
    const DrawOptions& options, std::vector<WallValue>& values);

/// Plays `variant` of `scenario` once, from start to end.
WallResult run_wall(const scenario::Scenario& scenario, const scenario::ResolvedVariant& variant,
                    const WallOptions& options);

}  // namespace raceproof::campaign
