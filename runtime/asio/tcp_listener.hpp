// A listening TCP socket.
#pragma once

#include "runtime/asio/strand.hpp"

namespace raceproof::detail {

/// Binds and listens at `at`: a numeric address, a name, or nothing for every IPv4 address; port 0
/// lets the system choose. Throws system_error.
Listener listen_tcp(Strand& strand, const Endpoint& at);

}  // namespace raceproof::detail
