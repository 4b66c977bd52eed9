// See serve.hpp.
#include "fakes/redis/serve.hpp"

#include "fakes/redis/server.hpp"
#include "fakes/serve.hpp"

namespace raceproof::fakes::redis {

int serve(const Settings& settings) {
  return serve_on_tcp<Server>(settings, settings.host, "fake Redis");
}

}  // namespace raceproof::fakes::redis
