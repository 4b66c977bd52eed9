// One connection of the fake Redis: its stream, its parser, and the bytes on their way out.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fakes/redis/client.hpp"
#include "fakes/redis/resp.hpp"
#include "runtime/runtime.hpp"

namespace raceproof::fakes::redis {

/// Used on the server's strand only. A pending write keeps the connection alive.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  /// More bytes than this waiting for a client that does not read end its connection.
  static constexpr std::size_t output_bytes_max = 64UL * 1024 * 1024;

  Connection(Stream stream, std::unique_ptr<Client> client)
      : stream_(std::move(stream)), client_(std::move(client)) {}

  [[nodiscard]] Client& client() { return *client_; }
  [[nodiscard]] RequestParser& parser() { return parser_; }
  [[nodiscard]] const std::string& name() const { return client_->peer; }
  [[nodiscard]] bool is_closed() const { return closed_; }

  /// Reads more bytes into the parser; false when there will be none.
  Awaitable<bool> read();
  /// Starts to send what the client's outbox holds, in the running handler; never waits.
  void flush();
  /// Closes the connection once everything is sent.
  void close_when_sent();
  /// Closes it now, as a server that dies does.
  void reset();

 private:
  void write_some();
  void wrote(ErrorCode error, std::size_t size);
  void close();

  Stream stream_;
  std::unique_ptr<Client> client_;
  RequestParser parser_;
  std::string sending_;   ///< bytes being sent; the outbox collects the next ones
  std::size_t sent_ = 0;  ///< how many of them have gone
  bool writing_ = false;
  bool closing_ = false;  ///< close when everything is sent
  bool closed_ = false;
};

}  // namespace raceproof::fakes::redis
