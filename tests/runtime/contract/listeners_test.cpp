// Listening, connecting and accepting.
#include <optional>

#include "runtime/task.hpp"
#include "tests/runtime/contract/connection.hpp"

namespace raceproof::contract {
namespace {

using namespace std::chrono_literals;
using namespace asio::experimental::awaitable_operators;

// Passing means: nobody listens, so the connect is refused; and the same once a listener has
// closed.
TEST_P(Listeners, RefuseWhenAbsent) {
  world_->run([this]() -> Awaitable<> {
    const Endpoint at{world_->host(), world_->free_port()};
    EXPECT_EQ(co_await error_of(runtime_.connect(at)), asio::error::connection_refused);
    {
      Listener listener = runtime_.listen(strand_, at);
      (void)co_await make_connection(*world_, listener);
      listener.close();
    }
    EXPECT_EQ(co_await error_of(runtime_.connect(at)), asio::error::connection_refused);
  }());
}

// Passing means: connections and their bytes wait in the backlog until somebody accepts.
TEST_P(Listeners, QueueConnectionsBeforeAnyAccept) {
  world_->run([this]() -> Awaitable<> {
    Listener listener = listen_anywhere(*world_);
    Stream first = co_await runtime_.connect({world_->host(), listener.port()});
    Stream second = co_await runtime_.connect({world_->host(), listener.port()});
    co_await send(first, "first");
    co_await send(second, "second");
    co_await runtime_.sleep_for(2ms);
    const auto here = [this](std::string_view) { return strand_; };
    Stream accepted_first = co_await listener.async_accept(here);
    Stream accepted_second = co_await listener.async_accept(here);
    EXPECT_EQ(co_await receive(accepted_first, 5), "first");
    EXPECT_EQ(co_await receive(accepted_second, 6), "second");
  }());
}

// Passing means: the caller of accept chooses the strand by the peer's name, and the stream works
// there.
TEST_P(Listeners, GiveAStreamToTheStrandOfItsPeer) {
  world_->run([this]() -> Awaitable<> {
    Listener listener = listen_anywhere(*world_);
    Executor owner;
    std::string named;
    auto [client, server] = co_await (runtime_.connect({world_->host(), listener.port()}) &&
                                      listener.async_accept([&](std::string_view peer) {
                                        EXPECT_TRUE(runtime_.running_on(strand_));
                                        named = peer;
                                        return owner = runtime_.make_strand("connection");
                                      }));
    EXPECT_EQ(server.get_executor(), owner);
    EXPECT_EQ(server.peer_name(), named);
    EXPECT_FALSE(named.empty());
    const auto serve = [](Runtime& runtime, Executor on, Stream stream) -> Awaitable<> {
      const std::string request = co_await receive(stream, 4);
      EXPECT_TRUE(runtime.running_on(on));
      co_await send(stream, request + " pong");
    };
    TaskScope scope(runtime_, strand_);
    scope.spawn("server", call(owner, serve(runtime_, owner, std::move(server))));
    co_await send(client, "ping");
    EXPECT_EQ(co_await receive(client, 9), "ping pong");
    co_await scope.join();
  }());
}

// Passing means: a port can have one listener, and is free again once that one has gone.
TEST_P(Listeners, OwnTheirPort) {
  world_->run([this]() -> Awaitable<> {
    const Endpoint at{world_->host(), world_->free_port()};
    Listener first = runtime_.listen(strand_, at);
    EXPECT_EQ(first.port(), at.port);
    ErrorCode error;
    try {
      (void)runtime_.listen(strand_, at);
    } catch (const boost::system::system_error& failure) {
      error = failure.code();
    }
    EXPECT_EQ(error, asio::error::address_in_use);
    first = Listener();
    Listener second = runtime_.listen(strand_, at);
    (void)co_await make_connection(*world_, second);
  }());
}

// Passing means: an accept that timed out has taken no connection, and the next one works.
TEST_P(Listeners, AcceptAfterACancelledAccept) {
  world_->run([this]() -> Awaitable<> {
    Listener listener = listen_anywhere(*world_);
    const auto late =
        co_await (listener.async_accept([this](std::string_view) { return strand_; }) ||
                  runtime_.sleep_for(3ms));
    EXPECT_EQ(late.index(), 1U);
    auto [client, server] = co_await make_connection(*world_, listener);
    co_await send(client, "x");
    EXPECT_EQ(co_await receive(server, 1), "x");
  }());
}

// Passing means: closing a listener aborts its pending accept, through the queue.
TEST_P(Listeners, AbortTheirAcceptWhenClosed) {
  world_->run([this]() -> Awaitable<> {
    Listener listener = listen_anywhere(*world_);
    std::optional<ErrorCode> ended;
    TaskScope scope(runtime_, strand_);
    scope.spawn("acceptor",
                [](Listener& on, Executor to, std::optional<ErrorCode>& error) -> Awaitable<> {
                  const auto there = [to](std::string_view) { return to; };
                  error = co_await error_of(on.async_accept(there));
                }(listener, strand_, ended));
    listener.close();
    EXPECT_FALSE(ended) << "a completion ran inside close";
    co_await scope.join();
    EXPECT_EQ(ended, asio::error::operation_aborted);
  }());
}

// Passing means: a cancellation that arrives when the listener has been destroyed, but the
// completion of its accept is still queued, does no harm.
TEST_P(Listeners, SurviveACancellationAfterTheirEnd) {
  world_->run([this]() -> Awaitable<> {
    Listener listener = listen_anywhere(*world_);
    std::optional<ErrorCode> ended;
    TaskScope scope(runtime_, strand_);
    scope.spawn("acceptor",
                [](Listener& on, Executor to, std::optional<ErrorCode>& error) -> Awaitable<> {
                  const auto there = [to](std::string_view) { return to; };
                  error = co_await error_of(on.async_accept(there));
                }(listener, strand_, ended));
    listener = Listener();
    EXPECT_FALSE(ended);
    scope.cancel();
    co_await scope.join();
    EXPECT_EQ(ended, asio::error::operation_aborted);
  }());
}

// Passing means: a connect can be cancelled at any point, and whichever way it goes nothing is left
// over.
TEST_P(Listeners, SurviveCancelledConnects) {
  world_->run([this]() -> Awaitable<> {
    Listener listener = listen_anywhere(*world_);
    const auto here = [this](std::string_view) { return strand_; };
    for (int i = 0; i < 30; ++i) {
      const auto outcome = co_await (runtime_.connect({world_->host(), listener.port()}) ||
                                     runtime_.sleep_for(i * 5us));
      EXPECT_TRUE(outcome.index() == 1 || std::get<0>(outcome).is_open());
      // What the backlog got of it is a connection whose peer has left.
      for (;;) {
        auto accepted = co_await (listener.async_accept(here) || runtime_.sleep_for(1ms));
        if (accepted.index() == 1) break;
      }
    }
    (void)co_await make_connection(*world_, listener);
  }());
}

// Passing means: a cancelled connect ends with operation_aborted and not with what else may be
// wrong.
TEST_P(Listeners, AbortACancelledConnect) {
  world_->run([this]() -> Awaitable<> {
    Listener listener = listen_anywhere(*world_);
    std::optional<ErrorCode> ended;
    TaskScope scope(runtime_, strand_);
    scope.spawn("client",
                [](Runtime& runtime, Endpoint to, std::optional<ErrorCode>& error) -> Awaitable<> {
                  error = co_await error_of(runtime.connect(std::move(to)));
                }(runtime_, {world_->host(), listener.port()}, ended));
    scope.cancel();
    EXPECT_FALSE(ended) << "a completion ran inside the cancellation";
    co_await scope.join();
    // The system may have made the connection before the cancellation.
    EXPECT_TRUE(!*ended || *ended == asio::error::operation_aborted);
  }());
}

}  // namespace
}  // namespace raceproof::contract
