// A pair of connected streams for the tests of the suite.
#pragma once

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <string>
#include <utility>

#include "runtime/runtime.hpp"
#include "tests/runtime/contract/world.hpp"

namespace raceproof::contract {

/// Both ends of a connection, on the strand that made it.
struct Connection {
  Stream client;
  Stream server;
};

/// A listener at a free port of the world. `strand` is the running one.
inline Listener listen_anywhere(World& world) {
  return world.runtime().listen(world.strand(), {world.host(), world.free_port()});
}

/// Connects to `listener` and accepts, both at once.
inline Awaitable<Connection> make_connection(World& world, Listener& listener) {
  using namespace asio::experimental::awaitable_operators;
  // Named: g++ 12 copies the bytes of a closure that is a temporary in an operand of co_await.
  const auto same_strand = [strand = world.strand()](std::string_view) { return strand; };
  auto [client, server] = co_await (world.runtime().connect({world.host(), listener.port()}) &&
                                    listener.async_accept(same_strand));
  co_return Connection{std::move(client), std::move(server)};
}

inline Awaitable<Connection> make_connection(World& world) {
  Listener listener = listen_anywhere(world);
  co_return co_await make_connection(world, listener);
}

inline Awaitable<> send(Stream& stream, std::string text) {
  co_await asio::async_write(stream, asio::buffer(text), use_awaitable);
}

/// Reads exactly `size` bytes.
inline Awaitable<std::string> receive(Stream& stream, std::size_t size) {
  std::string text(size, '\0');
  co_await asio::async_read(stream, asio::buffer(text), use_awaitable);
  co_return text;
}

/// Reads once; what came of it.
struct ReadResult {
  ErrorCode error;
  std::string text;
};
inline Awaitable<ReadResult> read_some(Stream& stream) {
  std::array<char, 4096> buffer;
  const auto [error, size] =
      co_await stream.async_read_some(asio::buffer(buffer), asio::as_tuple(use_awaitable));
  co_return ReadResult{error, std::string(buffer.data(), size)};
}

/// Writes once; the error.
inline Awaitable<ErrorCode> write_some(Stream& stream, std::string text) {
  const auto [error, size] =
      co_await stream.async_write_some(asio::buffer(text), asio::as_tuple(use_awaitable));
  co_return error;
}

/// Runs `operation` and returns the error that it ends with.
template <class T>
Awaitable<ErrorCode> error_of(Awaitable<T> operation) {
  try {
    (void)co_await std::move(operation);
  } catch (const boost::system::system_error& failure) {
    co_return failure.code();
  }
  co_return ErrorCode();
}
template <>
inline Awaitable<ErrorCode> error_of(Awaitable<void> operation) {
  try {
    co_await std::move(operation);
  } catch (const boost::system::system_error& failure) {
    co_return failure.code();
  }
  co_return ErrorCode();
}

}  // namespace raceproof::contract
