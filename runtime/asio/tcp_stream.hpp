// One end of a TCP connection.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <string>

#include "runtime/asio/strand.hpp"

namespace raceproof::detail {

using TcpSocket = asio::basic_stream_socket<asio::ip::tcp, ContextExecutor>;

/// `host:port`, with brackets around an IPv6 address.
std::string peer_text(const asio::ip::tcp::endpoint& peer);
std::string peer_text(const Endpoint& peer);

/// Wraps a connected socket: no Nagle delay, owned by `strand` from now on.
Stream make_tcp_stream(Strand& strand, TcpSocket socket, std::string peer);

}  // namespace raceproof::detail
