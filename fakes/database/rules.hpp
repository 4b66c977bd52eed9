// Which rule of the settings applies to a request, and how long the request takes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "fakes/database/settings.hpp"

namespace raceproof::fakes::database {

/// What is to be done with one request.
struct Plan {
  std::optional<DelayRange> delay;    ///< to wait before it; none: at once, and nothing is drawn
  const RequestRule* rule = nullptr;  ///< what goes wrong; null: nothing
};

/// The rules of one server, with how often each kind has been asked for.
class Rules {
 public:
  /// `settings` must outlive the rules.
  explicit Rules(const Settings& settings) : settings_(settings) {}

  /// Counts the request and says what to do with it.
  Plan plan(std::string_view kind);

 private:
  const Settings& settings_;
  std::map<std::string, std::int64_t, std::less<>> met_;  ///< how many requests of each kind
};

}  // namespace raceproof::fakes::database
