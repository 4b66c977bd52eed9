// A byte stream and a listener without a type of their own: TCP in production, the simulated
// network in simulation. `Stream` meets Asio's AsyncReadStream and AsyncWriteStream, so Boost.Beast
// runs on it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/container/static_vector.hpp>
#include <boost/system/error_code.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace raceproof {

namespace asio = boost::asio;
using Executor = asio::any_io_executor;
using ErrorCode = boost::system::error_code;

/// A host and a port. In simulation the host is the name of a process of the scenario.
struct Endpoint {
  Endpoint() = default;
  // Not an aggregate: g++ 12 copies the bytes of an aggregate temporary in an operand of co_await,
  // which breaks the short string in it.
  Endpoint(std::string to_host, std::uint16_t to_port) : host(std::move(to_host)), port(to_port) {}

  std::string host;
  std::uint16_t port = 0;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// Completion of a read or write: error and number of bytes.
using IoHandler = std::move_only_function<void(ErrorCode, std::size_t)>;
/// At most this many pieces of a gathered write are taken at once; the rest is a short write.
inline constexpr std::size_t max_gather = 16;
using ConstBuffers = boost::container::static_vector<asio::const_buffer, max_gather>;

/// What a runtime implements for one end of a connection. Used on the strand it was made for only.
/// At most one read and one write are pending at a time. Completions run on that strand, never
/// inside the initiating call. `cancel_*` completes the pending operation with operation_aborted.
class StreamImpl {
 public:
  virtual ~StreamImpl() = default;
  virtual void start_read(asio::mutable_buffer buffer, IoHandler handler) = 0;
  virtual void start_write(ConstBuffers buffers, IoHandler handler) = 0;
  virtual void cancel_read() = 0;
  virtual void cancel_write() = 0;
  /// Half-close: the peer reads end of file after the bytes sent so far.
  virtual void shutdown_send(ErrorCode& error) = 0;
  /// Closes both directions; pending operations complete with operation_aborted.
  virtual void close() = 0;
  /// Closes with a reset: the peer's pending and later operations fail with connection_reset.
  virtual void reset() = 0;
};

/// One end of a connection, owned by one strand. Move-only. Closes when destroyed.
class Stream {
 public:
  using executor_type = Executor;

  Stream() = default;
  Stream(Stream&&) = default;
  Stream& operator=(Stream&&) = default;
  Stream(Executor strand, std::unique_ptr<StreamImpl> impl, std::string peer)
      : strand_(std::move(strand)), impl_(std::move(impl)), peer_(std::move(peer)) {}

  [[nodiscard]] executor_type get_executor() const noexcept { return strand_; }
  [[nodiscard]] bool is_open() const noexcept { return impl_ != nullptr; }
  /// Stable name of the other end: the connecting strand's name in simulation, host:port on TCP.
  [[nodiscard]] const std::string& peer_name() const noexcept { return peer_; }

  template <class Buffers, class Token = asio::use_awaitable_t<Executor>>
  auto async_read_some(const Buffers& buffers, Token&& token = Token()) {
    return asio::async_initiate<Token, void(ErrorCode, std::size_t)>(
        [this](auto handler, asio::mutable_buffer first) {
          arm_cancellation(handler, &StreamImpl::cancel_read);
          impl_->start_read(first, IoHandler(std::move(handler)));
        },
        token, first_buffer(buffers));
  }

  template <class Buffers, class Token = asio::use_awaitable_t<Executor>>
  auto async_write_some(const Buffers& buffers, Token&& token = Token()) {
    return asio::async_initiate<Token, void(ErrorCode, std::size_t)>(
        [this](auto handler, ConstBuffers pieces) {
          arm_cancellation(handler, &StreamImpl::cancel_write);
          impl_->start_write(pieces, IoHandler(std::move(handler)));
        },
        token, gather(buffers));
  }

  /// Half-close (FIN). Errors are reported, not thrown.
  void shutdown_send(ErrorCode& error) {
    if (impl_) impl_->shutdown_send(error);
  }
  void close() {
    if (impl_) impl_->close();
  }
  void reset() {
    if (impl_) impl_->reset();
  }

 private:
  template <class Handler>
  void arm_cancellation(Handler& handler, void (StreamImpl::*cancel)()) {
    auto slot = asio::get_associated_cancellation_slot(handler);
    if (slot.is_connected()) {
      // Weak: the operation's completion may still be queued when the stream is destroyed.
      slot.assign([weak = std::weak_ptr(impl_), cancel](asio::cancellation_type) {
        if (const auto impl = weak.lock()) ((*impl).*cancel)();
      });
    }
  }

  template <class Buffers>
  static asio::mutable_buffer first_buffer(const Buffers& buffers) {
    for (auto it = asio::buffer_sequence_begin(buffers); it != asio::buffer_sequence_end(buffers);
         ++it) {
      if (asio::mutable_buffer piece(*it); piece.size() > 0) return piece;
    }
    return {};
  }

  template <class Buffers>
  static ConstBuffers gather(const Buffers& buffers) {
    ConstBuffers pieces;
    for (auto it = asio::buffer_sequence_begin(buffers);
         it != asio::buffer_sequence_end(buffers) && pieces.size() < max_gather; ++it) {
      if (asio::const_buffer piece(*it); piece.size() > 0) pieces.push_back(piece);
    }
    return pieces;
  }

  Executor strand_;
  std::shared_ptr<StreamImpl> impl_;  // shared with nobody but weakly with pending operations
  std::string peer_;
};

/// Completion of an accept.
using AcceptHandler = std::move_only_function<void(ErrorCode, Stream)>;

/// What a runtime implements for a bound, listening endpoint.
class ListenerImpl {
 public:
  virtual ~ListenerImpl() = default;
  /// Takes the next connection; the stream will belong to `strand_of(peer name)`.
  virtual void start_accept(std::move_only_function<Executor(std::string_view)> strand_of,
                            AcceptHandler handler) = 0;
  virtual void cancel_accept() = 0;
  virtual void close() = 0;
  [[nodiscard]] virtual std::uint16_t port() const = 0;
};

/// A listening endpoint. Connections arrive in its backlog from the moment it exists, whether or
/// not anybody accepts. Owned by the strand that listens.
class Listener {
 public:
  Listener() = default;
  Listener(Listener&&) = default;
  Listener& operator=(Listener&&) = default;
  Listener(Executor strand, std::unique_ptr<ListenerImpl> impl)
      : strand_(std::move(strand)), impl_(std::move(impl)) {}

  /// Accepts one connection. `strand_of(peer)` makes the strand that will own it.
  template <class StrandOf, class Token = asio::use_awaitable_t<Executor>>
  auto async_accept(StrandOf strand_of, Token&& token = Token()) {
    return asio::async_initiate<Token, void(ErrorCode, Stream)>(
        [this](auto handler, StrandOf make) {
          auto slot = asio::get_associated_cancellation_slot(handler);
          if (slot.is_connected()) {
            slot.assign([weak = std::weak_ptr(impl_)](asio::cancellation_type) {
              if (const auto impl = weak.lock()) impl->cancel_accept();
            });
          }
          impl_->start_accept(std::move(make), AcceptHandler(std::move(handler)));
        },
        token, std::move(strand_of));
  }

  void close() {
    if (impl_) impl_->close();
  }
  [[nodiscard]] bool is_open() const noexcept { return impl_ != nullptr; }
  /// The bound port; what was asked for, or the one the system chose when 0 was asked for.
  [[nodiscard]] std::uint16_t port() const { return impl_->port(); }

 private:
  Executor strand_;
  std::shared_ptr<ListenerImpl> impl_;  // as in Stream
};

}  // namespace raceproof
