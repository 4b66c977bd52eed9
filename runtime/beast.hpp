// What Boost.Beast's WebSocket needs to know about `Stream`, found by argument-dependent look-up.
// Include it wherever `websocket::stream<Stream>` is used. Beast is costly to compile: in few
// sources, please.
#pragma once

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <boost/beast/websocket/teardown.hpp>
#include <memory>
#include <tuple>
#include <utility>

#include "runtime/runtime.hpp"

namespace raceproof {

/// An operation of a WebSocket for a coroutine to await: `begin(handler)` starts it. Awaited
/// directly, it would leave its arguments in the coroutine, and the state that the socket shares
/// with its operations is one of them. That state keeps operations that wait for their turn: it
/// would own itself, and nothing would free it once its process has been killed.
template <class... Results, class Begin>
Awaitable<std::tuple<Results...>> socket_operation(Begin begin) {
  return asio::async_initiate<const asio::as_tuple_t<asio::use_awaitable_t<Executor>>,
                              void(Results...)>(std::move(begin), asio::as_tuple(use_awaitable));
}

/// How Beast closes a stream at once (its own time-outs, which stay off here, and failures).
inline void beast_close_socket(Stream& stream) { stream.close(); }

/// The synchronous form, which nothing here uses: a `Stream` cannot wait, so it does not drain.
inline void teardown(boost::beast::role_type, Stream& stream, ErrorCode& error) {
  stream.shutdown_send(error);
  stream.close();
}

namespace detail {

/// The closing handshake of the transport under a WebSocket (RFC 6455 section 7.1.1): the server
/// half-closes and reads until the peer has closed too; the client lets the server close first.
class TeardownOperation {
 public:
  TeardownOperation(boost::beast::role_type role, Stream& stream) : role_(role), stream_(stream) {}

  template <class Self>
  void operator()(Self& self, ErrorCode error = {}, std::size_t /*bytes*/ = 0) {
    switch (step_) {
      case Step::begin:
        if (role_ == boost::beast::role_type::server) stream_.shutdown_send(error);
        if (error) {
          failure_ = error;
          step_ = Step::report;
          asio::post(stream_.get_executor(), std::move(self));
          return;
        }
        step_ = Step::drain;
        break;
      case Step::drain:
        if (error == asio::error::eof) return finish(self, {});
        if (error) return self.complete(error);
        break;
      case Step::report:
        return self.complete(failure_);
    }
    auto& scratch = *scratch_;
    stream_.async_read_some(asio::buffer(scratch), std::move(self));
  }

 private:
  enum class Step { begin, drain, report };

  template <class Self>
  void finish(Self& self, ErrorCode error) {
    if (role_ == boost::beast::role_type::client) stream_.shutdown_send(error);
    stream_.close();
    self.complete(error);
  }

  boost::beast::role_type role_;
  Stream& stream_;
  Step step_ = Step::begin;
  ErrorCode failure_;
  // On the heap because the operation itself moves while a read into the buffer is pending.
  std::unique_ptr<std::array<char, 2048>> scratch_ = std::make_unique<std::array<char, 2048>>();
};

}  // namespace detail

/// What Beast runs once the close frames have been exchanged. Waits for the peer's end of file,
/// however long that takes: whoever needs a limit closes the stream from a sibling coroutine.
template <class Handler>
void async_teardown(boost::beast::role_type role, Stream& stream, Handler&& handler) {
  asio::async_compose<Handler, void(ErrorCode)>(detail::TeardownOperation(role, stream), handler,
                                                stream);
}

}  // namespace raceproof
