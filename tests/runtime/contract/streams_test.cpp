// Connections: bytes, their end, and how operations on them end.
#include <optional>
#include <vector>

#include "runtime/task.hpp"
#include "tests/runtime/contract/connection.hpp"

namespace raceproof::contract {
namespace {

using namespace std::chrono_literals;
using namespace asio::experimental::awaitable_operators;

// Passing means: bytes arrive as they were sent, in both directions.
TEST_P(Streams, CarryBytesBothWays) {
  world_->run([this]() -> Awaitable<> {
    auto [client, server] = co_await make_connection(*world_);
    EXPECT_TRUE(client.is_open());
    EXPECT_FALSE(client.peer_name().empty());
    EXPECT_EQ(client.get_executor(), strand_);
    for (int i = 0; i < 20; ++i) {
      const std::string message = "message " + std::to_string(i);
      co_await send(client, message);
      EXPECT_EQ(co_await receive(server, message.size()), message);
      co_await send(server, message + '!');
      EXPECT_EQ(co_await receive(client, message.size() + 1), message + '!');
    }
  }());
}

// Passing means: a reader with a small buffer gets the bytes piece by piece, none lost, none twice.
TEST_P(Streams, AreReadInPieces) {
  world_->run([this]() -> Awaitable<> {
    auto [client, server] = co_await make_connection(*world_);
    co_await send(client, "abcdefghij");
    std::string received;
    while (received.size() < 10) {
      std::array<char, 3> piece;
      const std::size_t size = co_await server.async_read_some(asio::buffer(piece));
      EXPECT_GE(size, 1U);
      received.append(piece.data(), size);
    }
    EXPECT_EQ(received, "abcdefghij");
  }());
}

// Passing means: the pieces of one write arrive in order, also empty ones and more than are taken
// at once.
TEST_P(Streams, GatherWhatIsWritten) {
  world_->run([this]() -> Awaitable<> {
    auto [client, server] = co_await make_connection(*world_);
    std::vector<std::string> pieces;
    std::string whole;
    for (std::size_t i = 0; i < 3 * max_gather; ++i) {
      pieces.push_back(i % 5 == 0 ? "" : "piece " + std::to_string(i) + ';');
      whole += pieces.back();
    }
    std::vector<asio::const_buffer> buffers;
    for (const auto& piece : pieces) buffers.push_back(asio::buffer(piece));
    EXPECT_EQ(co_await asio::async_write(client, buffers, use_awaitable), whole.size());
    EXPECT_EQ(co_await receive(server, whole.size()), whole);
  }());
}

// Passing means: after a half-close the peer reads what was sent, then end of file, and can still
// answer.
TEST_P(Streams, HalfClose) {
  world_->run([this]() -> Awaitable<> {
    auto [client, server] = co_await make_connection(*world_);
    co_await send(client, "last words");
    ErrorCode error;
    client.shutdown_send(error);
    EXPECT_FALSE(error);
    EXPECT_EQ(co_await receive(server, 10), "last words");
    EXPECT_EQ((co_await read_some(server)).error, asio::error::eof);
    EXPECT_EQ((co_await read_some(server)).error, asio::error::eof);
    co_await send(server, "answer");
    EXPECT_EQ(co_await receive(client, 6), "answer");
  }());
}

// Passing means: a reset reaches a pending read of the peer, and everything the peer does
// afterwards.
TEST_P(Streams, Reset) {
  world_->run([this]() -> Awaitable<> {
    auto [client, server] = co_await make_connection(*world_);
    const auto reset_soon = [](Runtime& runtime, Stream& stream) -> Awaitable<> {
      co_await runtime.sleep_for(2ms);
      stream.reset();
    };
    const auto pending = co_await (read_some(server) && reset_soon(runtime_, client));
    EXPECT_EQ(pending.error, asio::error::connection_reset);
    EXPECT_EQ((co_await read_some(server)).error, asio::error::connection_reset);
    EXPECT_EQ(co_await write_some(server, "too late"), asio::error::connection_reset);
  }());
}

// Passing means: closing one end aborts what is pending there, through the queue, and the peer
// reads end of file.
TEST_P(Streams, Close) {
  world_->run([this]() -> Awaitable<> {
    auto [client, server] = co_await make_connection(*world_);
    std::optional<ErrorCode> ended;
    TaskScope scope(runtime_, strand_);
    scope.spawn("reader", [](Stream& stream, std::optional<ErrorCode>& error) -> Awaitable<> {
      error = (co_await read_some(stream)).error;
    }(client, ended));
    client.close();
    EXPECT_FALSE(ended) << "a completion ran inside close";
    co_await scope.join();
    EXPECT_EQ(ended, asio::error::operation_aborted);
    EXPECT_EQ((co_await read_some(server)).error, asio::error::eof);
    EXPECT_TRUE((co_await read_some(client)).error);
    EXPECT_TRUE(co_await write_some(client, "x"));
  }());
}

// Passing means: destroying a stream closes it.
TEST_P(Streams, CloseWhenDestroyed) {
  world_->run([this]() -> Awaitable<> {
    auto connection = co_await make_connection(*world_);
    co_await send(connection.client, "bye");
    connection.client = Stream();
    EXPECT_FALSE(connection.client.is_open());
    EXPECT_EQ(co_await receive(connection.server, 3), "bye");
    EXPECT_EQ((co_await read_some(connection.server)).error, asio::error::eof);
  }());
}

// Passing means: a cancellation that arrives when the stream has been destroyed, but the completion
// of its read is still queued, does no harm. What would go wrong shows under the sanitizers.
TEST_P(Streams, SurviveACancellationAfterTheirEnd) {
  world_->run([this]() -> Awaitable<> {
    auto connection = co_await make_connection(*world_);
    std::optional<ErrorCode> ended;
    TaskScope scope(runtime_, strand_);
    scope.spawn("reader", [](Stream& stream, std::optional<ErrorCode>& error) -> Awaitable<> {
      error = (co_await read_some(stream)).error;
    }(connection.client, ended));
    connection.client = Stream();
    EXPECT_FALSE(ended);
    scope.cancel();
    co_await scope.join();
    EXPECT_EQ(ended, asio::error::operation_aborted);
  }());
}

Awaitable<> send_pattern(Stream& stream, std::size_t total) {
  std::string block(64 * 1024, '\0');
  for (std::size_t sent = 0; sent < total; sent += block.size()) {
    for (std::size_t i = 0; i < block.size(); ++i) {
      block[i] = static_cast<char>((sent + i) * 31 / 7);
    }
    co_await asio::async_write(stream, asio::buffer(block), use_awaitable);
  }
}

/// How many of the `total` bytes differ from what `send_pattern` sends.
Awaitable<std::size_t> receive_pattern(Stream& stream, std::size_t total) {
  std::vector<char> buffer(128 * 1024);
  std::size_t wrong = 0;
  for (std::size_t received = 0; received < total;) {
    const std::size_t size = co_await stream.async_read_some(asio::buffer(buffer));
    for (std::size_t i = 0; i < size; ++i) {
      wrong += buffer[i] != static_cast<char>((received + i) * 31 / 7) ? 1 : 0;
    }
    received += size;
  }
  co_return wrong;
}

constexpr std::size_t large = 16 * 1024 * 1024;  // more than the system buffers on a connection

// Passing means: many megabytes arrive unharmed.
TEST_P(Streams, CarryALot) {
  world_->run([this]() -> Awaitable<> {
    auto [client, server] = co_await make_connection(*world_);
    const std::size_t wrong =
        co_await (send_pattern(client, large) && receive_pattern(server, large));
    EXPECT_EQ(wrong, 0U);
  }());
}

// Passing means: a writer whose peer does not read has to wait, and goes on when the peer does.
TEST_P(Streams, HoldBackAFastWriter) {
  world_->run([this]() -> Awaitable<> {
    auto [client, server] = co_await make_connection(*world_);
    bool written = false;
    TaskScope scope(runtime_, strand_);
    scope.spawn("writer", [](Stream& stream, bool& done) -> Awaitable<> {
      co_await send_pattern(stream, large);
      done = true;
    }(client, written));
    co_await runtime_.sleep_for(50ms);
    EXPECT_FALSE(written);
    EXPECT_EQ(co_await receive_pattern(server, large), 0U);
    co_await scope.join();
    EXPECT_TRUE(written);
  }());
}

// Passing means: a read that timed out has taken nothing, and the next one works.
TEST_P(Streams, CanBeReadAfterACancelledRead) {
  world_->run([this]() -> Awaitable<> {
    auto [client, server] = co_await make_connection(*world_);
    for (int i = 0; i < 5; ++i) {
      const auto late = co_await (receive(server, 5) || runtime_.sleep_for(2ms));
      EXPECT_EQ(late.index(), 1U);
    }
    co_await send(client, "hello");
    EXPECT_EQ(co_await receive(server, 5), "hello");
  }());
}

// Passing means: a write that cannot go on can be cancelled, and reading is not disturbed by it.
TEST_P(Streams, CanCancelAWrite) {
  world_->run([this]() -> Awaitable<> {
    auto [client, server] = co_await make_connection(*world_);
    TaskScope scope(runtime_, strand_);
    std::string answer;
    scope.spawn("reader", [](Stream& stream, std::string& text) -> Awaitable<> {
      text = co_await receive(stream, 6);
    }(client, answer));
    const auto stuck = co_await (send_pattern(client, large) || runtime_.sleep_for(50ms));
    EXPECT_EQ(stuck.index(), 1U);
    co_await send(server, "answer");
    co_await scope.join();
    EXPECT_EQ(answer, "answer");
  }());
}

// Passing means: reading nothing and writing nothing complete, through the queue.
TEST_P(Streams, TransferNothing) {
  world_->run([this]() -> Awaitable<> {
    auto [client, server] = co_await make_connection(*world_);
    EXPECT_EQ(co_await client.async_write_some(asio::const_buffer()), 0U);
    EXPECT_EQ(co_await server.async_read_some(asio::mutable_buffer()), 0U);
    co_await send(client, "x");
    EXPECT_EQ(co_await receive(server, 1), "x");
  }());
}

}  // namespace
}  // namespace raceproof::contract
