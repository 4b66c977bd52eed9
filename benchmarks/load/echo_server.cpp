// What the gateway is measured beside: an asynchronous WebSocket echo server on Boost.Beast, as
// simple as Beast's documentation makes one. Suggested time-outs, a strand for each connection, one
// buffer, no logging, nothing behind it.
//
// Prints "listening on PORT" and serves until it is killed.
#include <CLI/CLI.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <cstdio>
#include <memory>
#include <thread>
#include <vector>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using boost::system::error_code;

class Session : public std::enable_shared_from_this<Session> {
 public:
  explicit Session(asio::ip::tcp::socket socket) : stream_(std::move(socket)) {}

  void start() {
    stream_.set_option(websocket::stream_base::timeout::suggested(beast::role_type::server));
    stream_.async_accept(beast::bind_front_handler(&Session::accepted, shared_from_this()));
  }

 private:
  void accepted(error_code error) {
    if (!error) read();
  }
  void read() {
    stream_.async_read(buffer_, beast::bind_front_handler(&Session::received, shared_from_this()));
  }
  void received(error_code error, std::size_t) {
    if (error) return;
    stream_.text(stream_.got_text());
    stream_.async_write(buffer_.data(),
                        beast::bind_front_handler(&Session::sent, shared_from_this()));
  }
  void sent(error_code error, std::size_t size) {
    if (error) return;
    buffer_.consume(size);
    read();
  }

  websocket::stream<beast::tcp_stream> stream_;
  beast::flat_buffer buffer_;
};

class Server {
 public:
  Server(asio::io_context& context, unsigned short port)
      : context_(context), acceptor_(context, {asio::ip::address_v4::loopback(), port}) {}

  [[nodiscard]] unsigned short port() const { return acceptor_.local_endpoint().port(); }
  void accept() {
    acceptor_.async_accept(asio::make_strand(context_),
                           [this](error_code error, asio::ip::tcp::socket socket) {
                             if (!error) {
                               socket.set_option(asio::ip::tcp::no_delay(true), error);
                               std::make_shared<Session>(std::move(socket))->start();
                             }
                             accept();
                           });
  }

 private:
  asio::io_context& context_;
  asio::ip::tcp::acceptor acceptor_;
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"A WebSocket echo server on Boost.Beast, to compare with."};
  unsigned short port = 0;
  int threads = 1;
  app.add_option("--port", port, "0: the system chooses");
  app.add_option("--threads", threads, "That serve")->check(CLI::Range(1, 256));
  CLI11_PARSE(app, argc, argv);
  asio::io_context context(threads);
  Server server(context, port);
  std::printf("listening on %u\n", unsigned{server.port()});
  std::fflush(stdout);
  server.accept();
  std::vector<std::jthread> pool;
  for (int i = 1; i < threads; ++i) pool.emplace_back([&context] { context.run(); });
  context.run();
}
