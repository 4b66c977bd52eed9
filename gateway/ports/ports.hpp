// What a gateway is given from outside: the ports whose other side is no part of it.
#pragma once

#include <memory>

#include "gateway/ports/database.hpp"

namespace raceproof::gateway {

struct Ports {
  /// Null where `database.host` is unset.
  std::unique_ptr<database::Database> database;
};

}  // namespace raceproof::gateway
