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

/// Whether a duration is zero whatever happens. Not a comparison: it decides nothing.
bool is_constant_zero(Duration duration);
bool is_constant_zero(const DelayRange& range);

/// The rules of one server, with how often each kind has been asked for.
class Rules {
 public:
  explicit Rules(const Settings& settings);

  /// Counts the request and says what to do with it.
  Plan plan(std::string_view kind);

 private:
  struct Counted {
    RequestRule rule;
    std::int64_t met = 0;
  };
  DelayRange connect_;
  DelayRange reply_;
  std::map<std::string, Counted, std::less<>> rules_;
};

}  // namespace raceproof::fakes::database
