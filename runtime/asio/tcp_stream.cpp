#include "runtime/asio/tcp_stream.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>

namespace raceproof::detail {

namespace {

/// What the stream shares with its pending operations, whose completions may run after the stream
/// has been destroyed.
struct Connection {
  explicit Connection(TcpSocket connected) : socket(std::move(connected)) {}

  TcpSocket socket;
  asio::cancellation_signal read_cancellation;
  asio::cancellation_signal write_cancellation;
  /// How later operations fail; none as long as they may succeed. The system reports a reset once,
  /// and then end of file or broken pipe; and Asio waits for ever when it reads again after end of
  /// file (Boost 1.81: no new edge comes from epoll). Here both last.
  ErrorCode read_end;
  ErrorCode write_end;

  void note(ErrorCode error) {
    if (error == asio::error::connection_reset) read_end = write_end = error;
    if (error == asio::error::eof) read_end = error;
  }
};

class TcpStream final : public StreamImpl {
  // First, because its return type is deduced. Refers to the connection only: the stream may be
  // gone.
  auto completion(asio::cancellation_signal& cancellation, IoHandler handler) {
    return asio::bind_cancellation_slot(
        cancellation.slot(),
        asio::bind_executor(strand_, [connection = connection_, handler = std::move(handler)](
                                         ErrorCode error, std::size_t bytes) mutable {
          connection->note(error);
          handler(error, bytes);
        }));
  }

 public:
  TcpStream(Strand& strand, TcpSocket socket)
      : strand_(strand.executor()), connection_(std::make_shared<Connection>(std::move(socket))) {}
  ~TcpStream() override { TcpStream::close(); }

  void start_read(asio::mutable_buffer buffer, IoHandler handler) override {
    if (connection_->read_end) return fail(connection_->read_end, std::move(handler));
    connection_->socket.async_read_some(
        buffer, completion(connection_->read_cancellation, std::move(handler)));
  }
  void start_write(ConstBuffers buffers, IoHandler handler) override {
    if (connection_->write_end) return fail(connection_->write_end, std::move(handler));
    connection_->socket.async_write_some(
        buffers, completion(connection_->write_cancellation, std::move(handler)));
  }
  void cancel_read() override {
    connection_->read_cancellation.emit(asio::cancellation_type::terminal);
  }
  void cancel_write() override {
    connection_->write_cancellation.emit(asio::cancellation_type::terminal);
  }
  void shutdown_send(ErrorCode& error) override {
    connection_->socket.shutdown(asio::socket_base::shutdown_send, error);
  }
  void close() override {
    ErrorCode ignored;  // the descriptor is gone whatever the system says
    connection_->socket.close(ignored);
  }
  void reset() override {
    ErrorCode ignored;
    connection_->socket.set_option(asio::socket_base::linger(true, 0), ignored);
    close();
  }

 private:
  void fail(ErrorCode error, IoHandler handler) {
    asio::post(strand_, [error, handler = std::move(handler)]() mutable { handler(error, 0); });
  }

  Executor strand_;
  std::shared_ptr<Connection> connection_;
};

std::string peer_text(const std::string& host, std::uint16_t port) {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

}  // namespace

std::string peer_text(const asio::ip::tcp::endpoint& peer) {
  return peer_text(peer.address().to_string(), peer.port());
}

std::string peer_text(const Endpoint& peer) { return peer_text(peer.host, peer.port); }

Stream make_tcp_stream(Strand& strand, TcpSocket socket, std::string peer) {
  ErrorCode ignored;  // fails when the peer has gone already, which the first read will report
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  return {strand.executor(), std::make_unique<TcpStream>(strand, std::move(socket)),
          std::move(peer)};
}

}  // namespace raceproof::detail
