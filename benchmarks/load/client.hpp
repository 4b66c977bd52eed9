// One WebSocket connection of the load generator (RFC 6455), made to cost little: the server is
// what is measured.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace raceproof::load {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

/// The frame of a text message from a client. Its masking key is always the same, so that it can be
/// masked once and sent many times: the key protects caches between client and server, of which
/// there are none here.
std::string text_frame(std::string_view text);

/// The upgrade request; no Authorization header when `token` is empty.
std::string upgrade_request(std::string_view host, std::string_view path, std::string_view token);

/// Single-threaded. What is pending keeps it alive.
class Client : public std::enable_shared_from_this<Client> {
 public:
  /// What a connection tells its owner.
  class Events {
   public:
    virtual ~Events() = default;
    /// The upgrade was accepted, and checked (RFC 6455 section 4.1).
    virtual void on_open(Client& client) = 0;
    /// A whole message; `text` is valid during the call.
    virtual void on_message(Client& client, std::string_view text) = 0;
    /// Nothing more will come: the last call. `problem` is empty after an orderly close that this
    /// side began, and otherwise says what happened.
    virtual void on_end(Client& client, std::string_view problem) = 0;
  };

  /// `number` is the owner's own. `events` must outlive the connection.
  Client(asio::io_context& context, std::size_t number, Events& events);

  /// Connects and sends `request`. `source` is the local address.
  void start(const asio::ip::tcp::endpoint& server, const asio::ip::address& source,
             std::string request);
  /// Sends a frame; `frame` stays valid until the reply to it, or the end. One at a time.
  void send(const std::string& frame);
  /// Sends a close frame (1000) and waits for the server's.
  void close();
  /// Ends at once, with `problem`.
  void abort(std::string_view problem);

  [[nodiscard]] std::size_t number() const { return number_; }
  [[nodiscard]] bool ended() const { return state_ == State::ended; }
  [[nodiscard]] Clock::time_point started_at() const { return started_at_; }

  // The owner's own.
  bool ready = false;                                  ///< what it waits for at first has come
  bool waiting = false;                                ///< for the answer to a message
  std::uint64_t sent = 0;                              ///< messages
  Clock::time_point due{};                             ///< when the current message was to be sent
  Clock::time_point limit = Clock::time_point::max();  ///< until when something must happen

 private:
  enum class State { connecting, upgrading, open, closing, ended };

  void write(const std::string& bytes, std::size_t from);
  void read();
  void received(std::size_t size);
  bool take_answer();
  bool take_frame();
  bool take_control(unsigned opcode, std::string_view payload);
  void end(std::string_view problem);

  std::size_t number_;
  Events& events_;
  asio::ip::tcp::socket socket_;
  State state_ = State::connecting;
  Clock::time_point started_at_{};
  std::string request_;  // the upgrade, later frames that answer control frames
  std::string message_;  // fragments of a message so far
  std::string input_;    // bytes that are no whole frame yet
  std::array<char, 2048> chunk_;
};

}  // namespace raceproof::load
