// Which rule of the settings applies to a command, and how long the command takes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fakes/redis/command.hpp"
#include "fakes/redis/settings.hpp"

namespace raceproof::fakes::redis {

/// What is to be done with one command.
struct Plan {
  std::optional<DelayRange> delay;    ///< to wait before it; none: at once, and nothing is drawn
  const CommandRule* rule = nullptr;  ///< what goes wrong; null: nothing
};

/// Whether a duration is zero whatever happens. Not a comparison: it decides nothing.
bool is_constant_zero(Duration duration);
bool is_constant_zero(const DelayRange& range);

/// The rules of one server, with how often each has applied.
class Rules {
 public:
  explicit Rules(const Settings& settings);

  /// Counts the command and says what to do with it. `name` as `request_name` gives it.
  Plan plan(std::string_view name);

 private:
  struct Counted {
    CommandRule rule;
    std::int64_t applied = 0;
  };
  Counted* find(std::string_view name);

  DelayRange reply_;
  std::map<std::string, Counted, std::less<>> rules_;
};

/// The command's name for observations: in capitals, with the subcommand where there are some
/// ("PUBLISH", "SCRIPT LOAD").
std::string request_name(Arguments arguments);

/// The names that `Settings::on` can have, in lower case: of commands, and of subcommands behind
/// their container ("script load").
std::vector<std::string> rule_names();

}  // namespace raceproof::fakes::redis
