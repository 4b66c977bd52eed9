// What every fake that speaks HTTP has in common: where it listens, and when it cannot be reached.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/settings.hpp"
#include "runtime/time.hpp"

namespace raceproof::fakes::http {

/// A time without the server: all connections are reset, new ones refused.
struct Outage {
  Duration at;        ///< counted from the server's start
  Duration duration;  ///< `for` in scenario files

  void describe(SettingsVisitor& visitor);
};

/// The first keys of a fake's settings.
struct ListenSettings {
  std::string host;
  std::int64_t port = 0;
  DelayRange connect;     ///< from a connection's arrival until its first request is looked at
  Duration listen_after;  ///< connections are refused until then, counted from the start
  std::vector<Outage> drop_connections;

  void describe(SettingsVisitor& visitor);
};

/// Whether a duration is zero whatever happens. Not a comparison: it decides nothing.
bool is_constant_zero(Duration duration);
bool is_constant_zero(const DelayRange& range);

}  // namespace raceproof::fakes::http
