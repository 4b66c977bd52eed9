// See serve.hpp.
#include "fakes/auth/serve.hpp"

#include "fakes/auth/server.hpp"
#include "fakes/serve.hpp"

namespace raceproof::fakes::auth {

int serve(const Settings& settings) {
  return serve_on_tcp<Server>(settings, settings.listen.host, "fake auth service",
                              "a token: raceproof fake auth --token-for USER\n");
}

}  // namespace raceproof::fakes::auth
