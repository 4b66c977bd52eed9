// What the gateway counts, as Prometheus reads it (text format 0.0.4). Pulled from the components
// when somebody asks, so that counting costs nobody a hop.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/agents/bridge.hpp"
#include "gateway/auth/auth.hpp"
#include "gateway/connection.hpp"
#include "gateway/database/pool.hpp"

namespace raceproof::gateway {

/// What the connections that have ended have been. On the gateway's strand.
struct ConnectionTotals {
  std::int64_t connections = 0;
  std::int64_t upgrades = 0;
  std::int64_t accepted = 0;
  std::int64_t established = 0;
  std::int64_t received = 0;
  std::int64_t sent = 0;
  std::int64_t rejected = 0;
  std::map<unsigned, std::int64_t> refused;      ///< upgrades, by HTTP status
  std::map<std::uint16_t, std::int64_t> closed;  ///< sessions, by close code

  void add(const ConnectionEnd& end);
};

/// Writes families of samples, each after its help and type.
class MetricsText {
 public:
  using Labels = std::vector<std::pair<std::string_view, std::string>>;

  /// Begins a family. `type` is counter or gauge; a counter's name ends in _total.
  void family(std::string_view name, std::string_view type, std::string_view help);
  /// One sample of the family that was begun last.
  void sample(const Labels& labels, std::int64_t value);
  /// The same for seconds. A cut in simulation: it asks for a number.
  void sample_seconds(const Labels& labels, Duration value);
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void begin_sample(const Labels& labels);

  std::string name_;
  std::string text_;
};

/// The families about connections.
void write(MetricsText& text, const ConnectionTotals& totals);
void write(MetricsText& text, const ConnectionFigures& figures);
void write(MetricsText& text, const std::vector<CheckFigures>& checks);
/// The families about the backends.
void write(MetricsText& text, const AuthFigures& figures);
void write(MetricsText& text, const BridgeFigures& figures);
void write(MetricsText& text, const database::PoolFigures& figures);

}  // namespace raceproof::gateway
