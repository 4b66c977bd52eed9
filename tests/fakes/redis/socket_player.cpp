// See socket_player.hpp.
#include "tests/fakes/redis/socket_player.hpp"

#include <arpa/inet.h>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace raceproof::fakes::redis::test {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

class Socket {
 public:
  Socket() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { ::close(descriptor_); }

  bool connect(std::uint16_t port) {
    const auto address = loopback(port);
    const int on = 1;
    ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return ::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  void send(const std::string& bytes) {
    for (std::size_t sent = 0; sent < bytes.size();) {
      const auto n = ::send(descriptor_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) return;  // closed by the server: the reading shows it
      sent += static_cast<std::size_t>(n);
    }
  }
  /// Feeds the collector until it has all, or nothing comes.
  bool receive(Collector& collector, int patience_ms) {
    char buffer[65536];
    while (!collector.complete()) {
      pollfd readable{descriptor_, POLLIN, 0};
      if (::poll(&readable, 1, patience_ms) <= 0) return false;
      const auto n = ::recv(descriptor_, buffer, sizeof buffer, 0);
      if (n <= 0)
        collector.end();
      else
        collector.feed({buffer, static_cast<std::size_t>(n)});
    }
    return true;
  }

 private:
  int descriptor_;
};

}  // namespace

std::vector<std::string> play_over_sockets(std::uint16_t port, const Conversation& conversation,
                                           int patience_ms) {
  std::vector<std::unique_ptr<Socket>> sockets;
  for (int i = 0; i < conversation.connections; ++i) {
    sockets.push_back(std::make_unique<Socket>());
    if (!sockets.back()->connect(port)) throw std::runtime_error("cannot connect to the server");
  }
  std::vector<std::string> answers;
  for (const auto& step : conversation.steps) {
    Collector collector(step, answers.size());
    auto& socket = *sockets[static_cast<std::size_t>(step.connection)];
    socket.send(collector.request());
    const bool complete = socket.receive(collector, patience_ms);
    answers.push_back(collector.answer());
    if (complete) continue;
    answers.back() += incomplete;
    break;
  }
  answers.resize(conversation.steps.size(), std::string(incomplete));
  return answers;
}

bool accepts(std::uint16_t port) { return Socket().connect(port); }

}  // namespace raceproof::fakes::redis::test
