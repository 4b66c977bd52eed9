// A port of the loopback interface for a server that a test starts.
#pragma once

#include <arpa/inet.h>
#include <cstdint>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace raceproof::test {

/// A TCP port at which nobody listens now. It lies below the range (from 32768) out of which Linux
/// gives ports to connections and to listeners that ask for any, so that tests that run at the same
/// time do not take it away before it is used; each process begins to look elsewhere.
inline std::uint16_t free_port() {
  constexpr int first = 20'000;
  constexpr int count = 12'000;
  static int next = static_cast<int>(::getpid()) * 37 % count;
  for (int tries = 0; tries < count; ++tries) {
    const int port = first + next;
    next = (next + 1) % count;
    const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (probe < 0) break;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool free = ::bind(probe, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    ::close(probe);
    if (free) return static_cast<std::uint16_t>(port);
  }
  throw std::runtime_error("no free port between 20000 and 32000");
}

}  // namespace raceproof::test
