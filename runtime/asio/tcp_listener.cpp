#include "runtime/asio/tcp_listener.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <stdexcept>

#include "runtime/asio/tcp_stream.hpp"

namespace raceproof::detail {

namespace {

using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, ContextExecutor>;

/// What the listener shares with its pending accept, which may complete after it has been
/// destroyed.
struct Listening {
  explicit Listening(Strand& strand)
      : acceptor(strand.context().get_executor()), next(strand.context().get_executor()) {}

  Acceptor acceptor;
  asio::cancellation_signal cancellation;
  // Where the pending accept puts the connection and the address it comes from.
  TcpSocket next;
  asio::ip::tcp::endpoint peer;
};

class TcpListener final : public ListenerImpl {
 public:
  TcpListener(Strand& strand, const asio::ip::tcp::endpoint& at)
      : strand_(strand.executor()), listening_(std::make_shared<Listening>(strand)) {
    auto& acceptor = listening_->acceptor;
    acceptor.open(at.protocol());
    // A restarted server gets its port back at once, although old connections linger on it.
    acceptor.set_option(asio::socket_base::reuse_address(true));
    acceptor.bind(at);
    acceptor.listen();
    port_ = acceptor.local_endpoint().port();
  }
  ~TcpListener() override { TcpListener::close(); }

  void start_accept(std::move_only_function<Executor(std::string_view)> strand_for,
                    AcceptHandler handler) override {
    auto accepted = [listening = listening_, strand_for = std::move(strand_for),
                     handler = std::move(handler)](ErrorCode error) mutable {
      if (error) return handler(error, Stream());
      auto peer = peer_text(listening->peer);
      const Executor executor = strand_for(peer);  // may be all that keeps a new strand
      Strand* const owner = strand_of(executor);
      if (owner == nullptr) throw std::logic_error("a connection needs a strand of this runtime");
      handler({}, make_tcp_stream(*owner, std::move(listening->next), std::move(peer)));
    };
    listening_->acceptor.async_accept(
        listening_->next, listening_->peer,
        asio::bind_cancellation_slot(listening_->cancellation.slot(),
                                     asio::bind_executor(strand_, std::move(accepted))));
  }
  void cancel_accept() override {
    listening_->cancellation.emit(asio::cancellation_type::terminal);
  }
  void close() override {
    ErrorCode ignored;  // the descriptor is gone whatever the system says
    listening_->acceptor.close(ignored);
  }
  [[nodiscard]] std::uint16_t port() const override { return port_; }

 private:
  Executor strand_;
  std::shared_ptr<Listening> listening_;
  std::uint16_t port_ = 0;
};

asio::ip::tcp::endpoint address_of(asio::io_context& context, const Endpoint& at) {
  if (at.host.empty()) return {asio::ip::tcp::v4(), at.port};
  ErrorCode not_numeric;
  const auto address = asio::ip::make_address(at.host, not_numeric);
  if (!not_numeric) return {address, at.port};
  asio::ip::tcp::resolver resolver(context);
  const auto found = resolver.resolve(at.host, std::to_string(at.port));
  return found.begin()->endpoint();
}

}  // namespace

Listener listen_tcp(Strand& strand, const Endpoint& at) {
  return {strand.executor(),
          std::make_unique<TcpListener>(strand, address_of(strand.context(), at))};
}

}  // namespace raceproof::detail
