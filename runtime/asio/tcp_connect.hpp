// Opening TCP connections.
#pragma once

#include "runtime/asio/strand.hpp"

namespace raceproof::detail {

/// Resolves `to.host` (a numeric address or a name) and connects to the first of its addresses that
/// answers. On the strand, which will own the stream.
OperationId start_tcp_connect(Strand& strand, Endpoint to, ConnectHandler handler);

}  // namespace raceproof::detail
