// See serve.hpp.
#include "fakes/agent/serve.hpp"

#include "fakes/agent/server.hpp"
#include "fakes/serve.hpp"

namespace raceproof::fakes::agent {

int serve(const Settings& settings) {
  return serve_on_tcp<Server>(settings, settings.listen.host, "fake agent service");
}

}  // namespace raceproof::fakes::agent
