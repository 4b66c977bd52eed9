// CONFIG: the parameters that clients ask a Redis for, with the defaults of redis-server 7.0.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace raceproof::fakes::redis {

/// Names and values. Setting one changes what CONFIG GET answers and nothing else.
class Config {
 public:
  Config();

  /// Sets a parameter without a check, for what the server itself knows (port, databases).
  void set(std::string_view name, std::string value);
  /// CONFIG SET of one pair; the error without its "ERR " prefix, empty on success. `name` in lower
  /// case.
  std::string change(std::string_view name, std::string_view value);
  [[nodiscard]] bool knows(std::string_view name) const { return values_.contains(name); }
  [[nodiscard]] const std::map<std::string, std::string, std::less<>>& values() const {
    return values_;
  }

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace raceproof::fakes::redis
