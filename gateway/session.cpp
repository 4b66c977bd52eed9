#include "gateway/session.hpp"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/error.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <utility>

#include "gateway/beast_request.hpp"
#include "gateway/messages.hpp"
#include "gateway/session_registry.hpp"
#include "gateway/watchdog.hpp"
#include "runtime/beast.hpp"
#include "runtime/task.hpp"

namespace raceproof::gateway {

namespace {

namespace websocket = boost::beast::websocket;
constexpr auto as_result = asio::as_tuple(use_awaitable);

/// A session's id: 64 random bits in hexadecimal.
std::string make_id(std::uint64_t number) {
  std::array<char, 16> digits;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    digits[i] = "0123456789abcdef"[(number >> (60 - 4 * i)) & 0xF];
  }
  return {digits.data(), digits.size()};
}

/// The code that Beast has closed with when a read or write fails by itself.
std::uint16_t code_of(const ErrorCode& error) {
  if (error == websocket::error::message_too_big || error == websocket::error::buffer_overflow) {
    return close_code::too_big;
  }
  if (error == websocket::error::bad_frame_payload) return close_code::bad_payload;
  if (error == websocket::condition::protocol_violation) return close_code::protocol_error;
  return close_code::abnormal;
}

class WebSocketSession final : public Session {
 public:
  WebSocketSession(Services& services, Stream stream, std::string user)
      : services_(services),
        runtime_(services.runtime),
        strand_(stream.get_executor()),
        peer_(stream.peer_name()),
        user_(std::move(user)),
        socket_(std::move(stream)),
        watchdog_(runtime_, strand_),
        siblings_(runtime_, strand_) {
    const auto limit = static_cast<std::size_t>(services.settings.limits.max_frame);
    socket_.read_message_max(limit);
    socket_.auto_fragment(false);
    socket_.text(true);
  }

  Awaitable<> run(UpgradeRequest request, Verdict verdict) override;
  void stop() override;
  void abort() override { socket_.next_layer().close(); }

 private:
  Awaitable<bool> accept(UpgradeRequest request);
  Awaitable<> serve(Verdict verdict);
  Awaitable<bool> set_up();
  Awaitable<> exchange_messages();
  Awaitable<> handle(std::string_view frame);
  Awaitable<> send(std::string frame, std::string_view type);
  Awaitable<> close(std::uint16_t code, std::string reason);
  Awaitable<> deregister();
  void read_failed(const ErrorCode& error);
  void note_end(std::uint16_t code, std::string_view reason);

  Services& services_;
  Runtime& runtime_;
  Executor strand_;
  std::string peer_;
  std::string user_;
  std::string id_;
  websocket::stream<Stream, false> socket_;
  boost::beast::flat_buffer buffer_;
  Watchdog watchdog_;
  TaskScope siblings_;  // closes that run beside a pending read
  bool accepted_ = false;
  bool stopping_ = false;
  bool reading_ = false;
  bool registered_ = false;
  bool degraded_ = false;
  bool closing_ = false;        // this side has begun to close
  bool broken_ = false;         // a write failed: nothing more can be sent
  std::uint16_t end_code_ = 0;  // the first end that was noted; 0 while the session lives
  std::string end_reason_;
};

Awaitable<> WebSocketSession::run(UpgradeRequest request, Verdict verdict) {
  const bool accepted = co_await accept(std::move(request));
  if (accepted) co_await serve(std::move(verdict));
  co_await siblings_.join();
  watchdog_.disarm();
  if (registered_) co_await deregister();
  socket_.next_layer().close();
  if (!accepted) co_return;
  if (end_code_ == 0) note_end(close_code::abnormal, "connection ended");
  runtime_.observe("session_closed", {{"peer", peer_},
                                      {"user", user_},
                                      {"code", std::int64_t{end_code_}},
                                      {"reason", end_reason_}});
}

Awaitable<bool> WebSocketSession::accept(UpgradeRequest request) {
  watchdog_.arm(services_.settings.limits.request_timeout, "websocket accept limit",
                [this] { abort(); });
  const auto [error] = co_await socket_.async_accept(request->message, as_result);
  watchdog_.disarm();
  if (error) {
    const std::string reason = error.message();
    runtime_.observe("upgrade_failed", {{"peer", peer_}, {"reason", reason}});
    co_return false;
  }
  accepted_ = true;
  runtime_.observe("session_accepted", {{"peer", peer_}, {"user", user_}});
  co_return true;
}

Awaitable<> WebSocketSession::serve(Verdict verdict) {
  if (!verdict.ready) {
    if (services_.settings.readiness.not_ready == NotReady::accept_then_close) {
      co_await close(close_code::internal_error, "Service not ready: " + verdict.reason);
      co_return;
    }
    degraded_ = services_.settings.readiness.not_ready == NotReady::accept_degraded;
  }
  if (degraded_) {
    runtime_.observe("session_degraded", {{"peer", peer_}, {"user", user_}});
    co_await send(message("degraded_mode", "reason", verdict.reason), "degraded_mode");
  } else {
    const bool established = co_await set_up();
    if (!established) co_return;
  }
  co_await exchange_messages();
}

/// Registers the session; a failure closes with 1011 and its reason.
Awaitable<bool> WebSocketSession::set_up() {
  if (services_.figures.stabilise) {
    co_await runtime_.sleep_for(*services_.figures.stabilise, "handshake stabilisation");
  }
  id_ = make_id(runtime_.random());
  runtime_.observe("session_setup", {{"peer", peer_}, {"user", user_}});
  SetupResult result = co_await call(
      services_.redis.strand(), register_session(services_.redis, services_.settings.instance, id_,
                                                 user_, services_.settings.eval_fallback));
  registered_ = result.registered;
  if (!result.ok) {
    runtime_.observe(
        "session_setup_failed",
        {{"peer", peer_}, {"user", user_}, {"step", result.step}, {"reason", result.reason}});
    co_await close(close_code::internal_error, std::move(result.reason));
    co_return false;
  }
  runtime_.observe("session_established", {{"peer", peer_}, {"user", user_}});
  co_await send(session_established_message(id_, user_), "session_established");
  co_return true;
}

Awaitable<> WebSocketSession::exchange_messages() {
  while (!closing_ && !broken_) {
    if (stopping_) {
      co_await close(close_code::going_away, "going away");
      co_return;
    }
    reading_ = true;
    const auto [error, size] = co_await socket_.async_read(buffer_, as_result);
    reading_ = false;
    if (error) co_return read_failed(error);
    if (!socket_.got_text()) {
      co_await close(close_code::unsupported_data, "binary frames are not supported");
      co_return;
    }
    const auto bytes = buffer_.cdata();
    co_await handle({static_cast<const char*>(bytes.data()), bytes.size()});
    buffer_.consume(buffer_.size());
  }
}

Awaitable<> WebSocketSession::handle(std::string_view frame) {
  ClientMessage received = parse_client_message(frame);
  static constexpr std::array<std::string_view, 4> names{"chat", "ping", "unknown", "malformed"};
  runtime_.observe("ws_received",
                   {{"peer", peer_}, {"type", names[static_cast<std::size_t>(received.type)]}});
  switch (received.type) {
    case ClientMessage::Type::chat: {
      if (degraded_) {
        co_await send(message("service_info", "text", "running degraded, no agent available"),
                      "service_info");
        break;
      }
      std::string answer = co_await services_.agent.answer(user_, std::move(received.text));
      co_await send(message("agent_completed", "text", answer), "agent_completed");
      break;
    }
    case ClientMessage::Type::ping:
      co_await send(message("pong"), "pong");
      break;
    case ClientMessage::Type::unknown:
      co_await send(error_message("unknown_type", received.text), "error");
      break;
    case ClientMessage::Type::malformed:
      co_await send(error_message("malformed", received.text), "error");
      break;
  }
}

Awaitable<> WebSocketSession::send(std::string frame, std::string_view type) {
  const auto [error, size] = co_await socket_.async_write(asio::buffer(frame), as_result);
  if (error) {
    broken_ = true;
    const std::string reason = error.message();
    note_end(code_of(error), reason);
    co_return;
  }
  runtime_.observe("ws_sent", {{"peer", peer_}, {"type", type}});
}

void WebSocketSession::stop() {
  if (std::exchange(stopping_, true) || !accepted_ || !reading_) return;
  // The read stays pending: it is what receives the peer's half of the closing handshake.
  siblings_.spawn("session close", close(close_code::going_away, "going away"));
}

/// Sends the close frame and waits for the peer's, at most the close time-out.
Awaitable<> WebSocketSession::close(std::uint16_t code, std::string reason) {
  if (std::exchange(closing_, true)) co_return;
  // A control frame holds 125 bytes, two of them the code (RFC 6455 section 5.5).
  if (reason.size() > 123) reason.resize(123);
  note_end(code, reason);
  watchdog_.arm(services_.settings.limits.close_timeout, "websocket close limit",
                [this] { abort(); });
  const websocket::close_reason with(static_cast<websocket::close_code>(code), reason);
  co_await socket_.async_close(with, as_result);
  watchdog_.disarm();
}

Awaitable<> WebSocketSession::deregister() {
  co_await enter_shield();
  co_await call(services_.redis.strand(),
                deregister_session(services_.redis, services_.settings.instance, id_));
}

void WebSocketSession::read_failed(const ErrorCode& error) {
  if (error == websocket::error::closed) {
    const auto& theirs = socket_.reason();
    const std::uint16_t code =
        theirs.code == websocket::close_code::none ? close_code::no_status : theirs.code;
    note_end(code, {theirs.reason.data(), theirs.reason.size()});
    return;
  }
  const std::string reason = error.message();
  note_end(code_of(error), reason);
}

/// Only the first end counts: what follows is its consequence.
void WebSocketSession::note_end(std::uint16_t code, std::string_view reason) {
  if (end_code_ != 0) return;
  end_code_ = code;
  end_reason_ = reason;
}

}  // namespace

std::unique_ptr<Session> make_session(Services& services, Stream stream, std::string user) {
  return std::make_unique<WebSocketSession>(services, std::move(stream), std::move(user));
}

}  // namespace raceproof::gateway
