#include "runtime/asio/tcp_connect.hpp"

#include <boost/asio/bind_executor.hpp>
#include <vector>

#include "runtime/asio/tcp_stream.hpp"

namespace raceproof::detail {

namespace {

using Resolver = asio::ip::basic_resolver<asio::ip::tcp, ContextExecutor>;

class TcpConnect final : public Operation {
  // First, because its return type is deduced.
  /// A completion handler that runs `step` on the strand, as long as the operation is pending.
  template <class Step>
  auto then(Step step) {
    return asio::bind_executor(strand_.executor(), [owner = strand_.shared_from_this(), id = id_,
                                                    step](ErrorCode error, auto&&... results) {
      if (auto* self = owner->operations.find(id)) {
        step(static_cast<TcpConnect&>(*self), error, results...);
      }
    });
  }

 public:
  TcpConnect(Strand& strand, OperationId id, Endpoint to, ConnectHandler handler)
      : strand_(strand),
        id_(id),
        to_(std::move(to)),
        handler_(std::move(handler)),
        resolver_(strand.context().get_executor()),
        socket_(strand.context().get_executor()) {}

  void start() {
    ErrorCode not_numeric;
    const auto address = asio::ip::make_address(to_.host, not_numeric);
    if (!not_numeric) {
      candidates_.emplace_back(address, to_.port);
      return try_next(asio::error::host_not_found);
    }
    resolver_.async_resolve(
        to_.host, std::to_string(to_.port), Resolver::numeric_service,
        then([](TcpConnect& self, ErrorCode error, const Resolver::results_type& found) {
          for (const auto& entry : found) self.candidates_.push_back(entry.endpoint());
          self.try_next(error ? error : asio::error::host_not_found);
        }));
  }

  void cancel() override {
    cancelled_ = true;
    resolver_.cancel();
    ErrorCode ignored;
    socket_.cancel(ignored);
  }

 private:
  /// Connects to the next address, or gives up with `last_error`.
  void try_next(ErrorCode last_error) {
    if (cancelled_) return finish(asio::error::operation_aborted);
    if (tried_ == candidates_.size()) return finish(last_error);
    ErrorCode ignored;
    socket_.close(ignored);
    socket_.async_connect(candidates_[tried_++],
                          then([](TcpConnect& self, ErrorCode error) { self.connected(error); }));
  }

  void connected(ErrorCode error) {
    if (!error && connected_to_itself()) error = asio::error::connection_refused;
    if (error) return try_next(error);
    finish({});
  }

  /// With nobody listening on a port of the ephemeral range, the system can pick that very port as
  /// the source and connect the socket to itself (simultaneous open, RFC 9293 section 3.5).
  [[nodiscard]] bool connected_to_itself() const {
    ErrorCode failed;
    const auto local = socket_.local_endpoint(failed);
    return !failed && local == socket_.remote_endpoint(failed) && !failed;
  }

  void finish(ErrorCode error) {
    const auto self = strand_.operations.take(id_);
    if (error) return handler_(error, Stream());
    handler_({}, make_tcp_stream(strand_, std::move(socket_), peer_text(to_)));
  }

  Strand& strand_;
  const OperationId id_;
  const Endpoint to_;
  ConnectHandler handler_;
  Resolver resolver_;
  TcpSocket socket_;
  std::vector<asio::ip::tcp::endpoint> candidates_;
  std::size_t tried_ = 0;  // of the candidates
  bool cancelled_ = false;
};

}  // namespace

OperationId start_tcp_connect(Strand& strand, Endpoint to, ConnectHandler handler) {
  const OperationId id = strand.next_operation();
  auto connect = std::make_unique<TcpConnect>(strand, id, std::move(to), std::move(handler));
  auto& started = *connect;
  strand.operations.add(id, std::move(connect));
  started.start();
  return id;
}

}  // namespace raceproof::detail
