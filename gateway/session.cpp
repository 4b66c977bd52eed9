#include "gateway/session.hpp"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/websocket/error.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <functional>
#include <utility>

#include "gateway/beast_request.hpp"
#include "gateway/connections/send_queue.hpp"
#include "gateway/messages.hpp"
#include "gateway/rate_limit.hpp"
#include "gateway/session_registry.hpp"
#include "gateway/watchdog.hpp"
#include "runtime/beast.hpp"
#include "runtime/task.hpp"

namespace raceproof::gateway {

namespace {

namespace beast = boost::beast;
namespace websocket = beast::websocket;
constexpr auto as_result = asio::as_tuple(use_awaitable);
constexpr const char* too_many_bad_reason = "too many bad messages";

/// A session's id: 64 random bits in hexadecimal.
std::string hex_id(std::uint64_t number) {
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

/// A stream that tells when its WebSocket begins to close it, whatever the reason: from then on
/// nothing is sent, and the peer may take its time.
struct Transport : Stream {
  explicit Transport(Stream stream) : Stream(std::move(stream)) {}
  std::function<void()> on_teardown;
};

[[maybe_unused]] void teardown(beast::role_type role, Transport& transport, ErrorCode& error) {
  raceproof::teardown(role, static_cast<Stream&>(transport), error);
}

template <class Handler>
void async_teardown(beast::role_type role, Transport& transport, Handler&& handler) {
  if (transport.on_teardown) transport.on_teardown();
  raceproof::async_teardown(role, static_cast<Stream&>(transport), std::forward<Handler>(handler));
}

class WebSocketSession final : public Session,
                               public std::enable_shared_from_this<WebSocketSession> {
 public:
  WebSocketSession(Services& services, Stream stream)
      : services_(services),
        runtime_(services.runtime),
        strand_(stream.get_executor()),
        peer_(stream.peer_name()),
        watchdog_(runtime_, strand_),
        queue_(static_cast<std::size_t>(services.settings.connections.send_queue),
               static_cast<std::size_t>(services.settings.connections.send_bytes)),
        written_(runtime_, strand_),
        rate_(static_cast<std::size_t>(services.settings.limits.messages_per_minute),
              std::chrono::minutes(1)),
        siblings_(runtime_, strand_),
        socket_(std::move(stream)) {
    const auto limit = static_cast<std::size_t>(services.settings.limits.max_frame);
    socket_.read_message_max(limit);
    socket_.auto_fragment(false);
    socket_.text(true);
    socket_.next_layer().on_teardown = [this] { transport_ends(); };
  }

  Awaitable<SessionEnd> run(UpgradeRequest request, Admission admission) override;
  void stop() override;
  void abort() override { socket_.next_layer().close(); }

  bool deliver(const FramePtr& frame) override;
  Awaitable<> flushed() override;
  Awaitable<> handle(std::string text) override;

 private:
  enum class State { connecting, accepted, setting_up, established, degraded, closing, closed };

  Awaitable<bool> accept(UpgradeRequest request);
  Awaitable<> serve();
  Awaitable<> serve_degraded();
  Awaitable<bool> set_up();
  Awaitable<> set_up_beside();
  Awaitable<bool> join();
  Awaitable<> leave();
  void leave_beside();
  Awaitable<> return_unsent();
  void transport_ends();
  Awaitable<> exchange_messages();
  Awaitable<> receive(std::string_view text);
  Awaitable<> answer(ClientMessage received);
  Awaitable<> start_run(ClientMessage chat);
  Awaitable<> bind_agent();
  void reject(std::string_view code, std::string_view text);
  [[nodiscard]] bool too_many_bad() const {
    return bad_in_a_row_ >= services_.settings.limits.bad_messages;
  }
  void send(std::string_view type, std::string text);
  bool enqueue(FramePtr frame);
  Awaitable<std::tuple<ErrorCode, std::size_t>> read() {
    return socket_operation<ErrorCode, std::size_t>(
        [this](auto handler) { socket_.async_read(buffer_, std::move(handler)); });
  }
  Awaitable<std::tuple<ErrorCode>> send_close(websocket::close_reason reason) {
    return socket_operation<ErrorCode>(
        [this, reason](auto handler) { socket_.async_close(reason, std::move(handler)); });
  }
  void write_next();
  void wrote(const ErrorCode& error);
  void close_beside(std::uint16_t code, std::string reason);
  Awaitable<> close(std::uint16_t code, std::string reason);
  Awaitable<> deregister();
  void read_failed(const ErrorCode& error);
  void note_end(std::uint16_t code, std::string_view reason);
  void enter(State state);
  [[nodiscard]] bool ended() const { return closing_ || broken_; }

  Services& services_;
  Runtime& runtime_;
  Executor strand_;
  std::string peer_;
  std::string user_;
  std::string id_;
  Admission admission_;
  beast::flat_buffer buffer_;
  Watchdog watchdog_;
  SendQueue queue_;
  std::vector<FramePtr> early_;  // taken before the session is established
  Signal written_;               // the queue is empty, or nothing more leaves
  RateLimit rate_;
  TaskScope siblings_;  // what runs beside a pending read
  State state_ = State::connecting;
  SessionEnd end_;
  std::string end_reason_;
  std::int64_t bad_in_a_row_ = 0;
  bool stopping_ = false;
  bool reading_ = false;
  bool writing_ = false;
  bool joined_ = false;
  bool registered_ = false;
  bool no_agent_ = false;   // and none will be looked for
  bool closing_ = false;    // one side has begun to close
  bool finishing_ = false;  // the queue is still emptied before the close frame
  bool broken_ = false;     // nothing more can be sent
  std::string too_early_;   // what was to be sent before the accept
  // The first to go: Beast keeps operations in it, whose coroutines refer to the rest.
  websocket::stream<Transport, false> socket_;
};

Awaitable<SessionEnd> WebSocketSession::run(UpgradeRequest request, Admission admission) {
  admission_ = std::move(admission);
  user_ = admission_.user;
  id_ = hex_id(runtime_.random());
  const bool early = services_.settings.handshake.join == JoinAt::before_accept;
  if (early && admission_.refuse_with == 0) joined_ = co_await join();
  end_.accepted = co_await accept(std::move(request));
  if (end_.accepted) co_await serve();
  closing_ = true;
  co_await siblings_.join();
  if (writing_) {
    watchdog_.arm(services_.settings.limits.close_timeout, "last write limit", [this] { abort(); });
  }
  while (writing_) co_await written_.wait("last write");
  watchdog_.disarm();
  if (std::exchange(joined_, false)) co_await leave();
  co_await return_unsent();
  if (registered_) co_await deregister();
  socket_.next_layer().close();
  if (!end_.accepted) co_return end_;
  if (end_.code == 0) note_end(close_code::abnormal, "connection ended");
  enter(State::closed);
  runtime_.observe("session_closed", {{"peer", peer_},
                                      {"user", user_},
                                      {"code", std::int64_t{end_.code}},
                                      {"reason", end_reason_}});
  co_return end_;
}

Awaitable<bool> WebSocketSession::accept(UpgradeRequest request) {
  watchdog_.arm(services_.settings.limits.request_timeout, "websocket accept limit",
                [this] { abort(); });
  if (!admission_.subprotocol.empty()) {
    socket_.set_option(websocket::stream_base::decorator(
        [protocol = admission_.subprotocol](websocket::response_type& response) {
          response.set(beast::http::field::sec_websocket_protocol, protocol);
        }));
  }
  const auto [error] = co_await socket_.async_accept(request->message, as_result);
  watchdog_.disarm();
  if (error) {
    const std::string reason = error.message();
    runtime_.observe("upgrade_failed", {{"peer", peer_}, {"reason", reason}});
    co_return false;
  }
  enter(State::accepted);
  runtime_.observe("session_accepted", {{"peer", peer_}, {"user", user_}});
  co_return true;
}

Awaitable<> WebSocketSession::serve() {
  if (admission_.refuse_with != 0) {
    co_await close(admission_.refuse_with, std::move(admission_.refuse_reason));
    co_return;
  }
  if (!too_early_.empty()) {
    co_await close(close_code::internal_error, too_early_ + " before the accept has completed");
    co_return;
  }
  const auto not_ready = services_.settings.readiness.not_ready;
  if (!admission_.verdict.ready && not_ready == NotReady::accept_then_close) {
    co_await close(close_code::internal_error, "Service not ready: " + admission_.verdict.reason);
    co_return;
  }
  if (!admission_.verdict.ready && not_ready == NotReady::accept_degraded) {
    co_await serve_degraded();
    co_return;
  }
  if (services_.settings.handshake.answer_from == AnswerFrom::accept) {
    siblings_.spawn("session set-up", set_up_beside());
  } else {
    const bool established = co_await set_up();
    if (!established) co_return;
  }
  co_await exchange_messages();
}

Awaitable<> WebSocketSession::serve_degraded() {
  enter(State::degraded);
  runtime_.observe("session_degraded", {{"peer", peer_}, {"user", user_}});
  send("degraded_mode", message("degraded_mode", "reason", admission_.verdict.reason));
  co_await exchange_messages();
}

/// Registers the session; a failure closes with 1011 and its reason.
Awaitable<bool> WebSocketSession::set_up() {
  if (services_.figures.stabilise) {
    co_await runtime_.sleep_for(*services_.figures.stabilise, "handshake stabilisation");
  }
  enter(State::setting_up);
  if (services_.settings.handshake.agent == AgentBound::at_connect) co_await bind_agent();
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
  if (!joined_) joined_ = co_await join();
  if (!joined_) {
    co_await close(close_code::policy_violation, "too many connections of this user");
    co_return false;
  }
  if (ended()) co_return false;
  enter(State::established);
  end_.established = true;
  runtime_.observe("session_established", {{"peer", peer_}, {"user", user_}});
  send("session_established", session_established_message(id_, user_));
  auto early = early_.begin();
  while (early != early_.end() && enqueue(*early)) ++early;
  early_.erase(early_.begin(), early);  // what is left goes back to the manager
  co_return true;
}

Awaitable<> WebSocketSession::set_up_beside() { co_await set_up(); }

/// Makes the session known to whoever has messages for its user.
Awaitable<bool> WebSocketSession::join() {
  UserConnection connection;
  connection.id = id_;
  connection.user = user_;
  connection.strand = strand_;
  connection.session = weak_from_this();
  ConnectionManager& connections = services_.connections;
  const bool joined =
      co_await call(connections.strand(), connections.connect_user(std::move(connection)));
  co_return joined;
}

/// What could not be sent goes back to the manager.
Awaitable<> WebSocketSession::leave() {
  co_await enter_shield();
  std::vector<FramePtr> unsent = queue_.take_rest(writing_);
  unsent.insert(unsent.end(), early_.begin(), early_.end());
  early_.clear();
  ConnectionManager& connections = services_.connections;
  co_await call(connections.strand(), connections.disconnect_user(user_, id_, std::move(unsent)));
}

/// Leaves as soon as the end is certain: a closing handshake may take its time.
void WebSocketSession::leave_beside() {
  if (std::exchange(joined_, false)) siblings_.spawn("session leave", leave());
}

/// The frame that was being written when the session left, if it did not get through.
Awaitable<> WebSocketSession::return_unsent() {
  std::vector<FramePtr> unsent = queue_.take_rest(false);
  if (unsent.empty()) co_return;
  co_await enter_shield();
  ConnectionManager& connections = services_.connections;
  co_await call(connections.strand(), connections.return_unsent(user_, id_, std::move(unsent)));
}

Awaitable<> WebSocketSession::exchange_messages() {
  while (!ended()) {
    if (stopping_) {
      co_await close(close_code::going_away, "going away");
      co_return;
    }
    reading_ = true;
    const auto [error, size] = co_await read();
    reading_ = false;
    if (error) co_return read_failed(error);
    if (!socket_.got_text()) {
      co_await close(close_code::unsupported_data, "binary frames are not supported");
      co_return;
    }
    const auto bytes = buffer_.cdata();
    co_await receive({static_cast<const char*>(bytes.data()), bytes.size()});
    buffer_.consume(buffer_.size());
  }
}

Awaitable<> WebSocketSession::receive(std::string_view text) {
  ++end_.received;
  if (!rate_.allow(runtime_.now())) {
    reject("rate_limited", "too many messages, try again in a minute");
  } else if (services_.settings.connections.handlers == Handlers::first) {
    ConnectionManager& connections = services_.connections;
    co_await call(connections.strand(), connections.handle_message(id_, std::string(text)));
  } else {
    co_await answer(parse_client_message(text));
  }
  if (too_many_bad()) co_await close(close_code::policy_violation, too_many_bad_reason);
}

Awaitable<> WebSocketSession::handle(std::string text) {
  if (ended()) co_return;
  co_await answer(parse_client_message(text));
  // Beside: whoever called owns this session, and would be kept in its socket.
  if (too_many_bad()) close_beside(close_code::policy_violation, too_many_bad_reason);
}

Awaitable<> WebSocketSession::answer(ClientMessage received) {
  runtime_.observe("ws_received", {{"peer", peer_}, {"type", to_string(received.type)}});
  if (!received.user.empty() && received.user != user_) {
    reject("forbidden", "this connection speaks for another user");
    co_return;
  }
  switch (received.type) {
    case ClientMessage::Type::chat: {
      bad_in_a_row_ = 0;
      if (state_ == State::degraded) {
        send("service_info",
             message("service_info", "text", "running degraded, no agent available"));
        break;
      }
      co_await start_run(std::move(received));
      break;
    }
    case ClientMessage::Type::ping:
      bad_in_a_row_ = 0;
      send("pong", message("pong"));
      break;
    case ClientMessage::Type::cancel: {
      AgentBridge& bridge = services_.bridge;
      const bool cancelled =
          co_await call(bridge.strand(), bridge.cancel(user_, std::move(received.run)));
      if (!cancelled) reject("unknown_run", "no run of that id can be cancelled");
      break;
    }
    case ClientMessage::Type::unknown:
      reject("unknown_type", received.text);
      break;
    case ClientMessage::Type::malformed:
      reject("malformed", received.text);
      break;
  }
}

/// Gives a chat to the bridge; what comes of it arrives as events.
Awaitable<> WebSocketSession::start_run(ClientMessage chat) {
  if (no_agent_) {
    send("service_info", message("service_info", "text", "no agent was there at the connect"));
    co_return;
  }
  ContextFields fields;
  fields.user_id = user_;
  fields.thread_id = chat.thread.empty() ? "thread_of_" + user_ : std::move(chat.thread);
  fields.run_id = make_id(runtime_, "run");
  fields.websocket_client_id = id_;
  std::string problem;
  try {
    UserExecutionContext context(runtime_, services_.figures.environment.name, std::move(fields));
    AgentBridge& bridge = services_.bridge;
    const RunSubmission run =
        co_await call(bridge.strand(), bridge.run(std::move(context), std::move(chat.text)));
    if (!run.accepted) reject(run.code, run.reason);
  } catch (const InvalidContextError& error) {
    problem = error.what();
  }
  if (!problem.empty()) reject("invalid_context", problem);
}

/// The original's way: a connection that finds no agent never looks again (domain.md section 11).
Awaitable<> WebSocketSession::bind_agent() {
  AgentBridge& bridge = services_.bridge;
  const bool there = co_await call(bridge.strand(), bridge.available());
  no_agent_ = !there;
}

/// Answers a frame that cannot be served; too many of them in a row end the session.
void WebSocketSession::reject(std::string_view code, std::string_view text) {
  ++end_.rejected;
  runtime_.observe("ws_rejected", {{"peer", peer_}, {"user", user_}, {"code", code}});
  send("error", error_message(code, text));
  ++bad_in_a_row_;
}

// --- sending ------------------------------------------------------------------------------------

bool WebSocketSession::deliver(const FramePtr& frame) {
  if (state_ == State::connecting && too_early_.empty()) too_early_ = frame->type;
  if (state_ == State::connecting) return false;
  if (ended()) return !services_.settings.connections.refuse_after_close;
  if (state_ == State::established) return enqueue(frame);
  early_.push_back(frame);
  return true;
}

Awaitable<> WebSocketSession::flushed() {
  while (writing_ && !ended()) co_await written_.wait("socket");
}

void WebSocketSession::send(std::string_view type, std::string text) {
  if (!ended()) enqueue(make_frame(std::string(type), std::move(text)));
}

bool WebSocketSession::enqueue(FramePtr frame) {
  if (!queue_.push(std::move(frame))) {
    runtime_.observe("slow_consumer", {{"peer", peer_},
                                       {"user", user_},
                                       {"frames", static_cast<std::int64_t>(queue_.size())},
                                       {"bytes", static_cast<std::int64_t>(queue_.bytes())}});
    close_beside(close_code::try_again_later, "slow consumer");
    return false;
  }
  if (!writing_) write_next();
  return true;
}

/// One frame at a time. The handler is Beast's last use of this object: `run` waits for it.
void WebSocketSession::write_next() {
  writing_ = true;
  socket_.async_write(asio::buffer(queue_.front()->text),
                      [this](const ErrorCode& error, std::size_t) { wrote(error); });
}

void WebSocketSession::wrote(const ErrorCode& error) {
  if (error) {
    broken_ = true;
    const std::string reason = error.message();
    note_end(code_of(error), reason);
  } else {
    const Frame& frame = *queue_.front();
    ++end_.sent;
    runtime_.observe(
        "ws_sent",
        {{"peer", peer_}, {"type", frame.type}, {"user", frame.user.empty() ? user_ : frame.user}});
    queue_.pop();
    if (!queue_.empty() && (!closing_ || finishing_)) {
      write_next();
      return;
    }
  }
  writing_ = false;
  written_.notify_all();
}

// --- the end ------------------------------------------------------------------------------------

void WebSocketSession::stop() {
  if (std::exchange(stopping_, true) || !end_.accepted || !reading_) return;
  // The read stays pending: it is what receives the peer's half of the closing handshake.
  close_beside(close_code::going_away, "going away");
}

void WebSocketSession::close_beside(std::uint16_t code, std::string reason) {
  if (!closing_) siblings_.spawn("session close", close(code, std::move(reason)));
}

/// Sends the close frame and waits for the peer's, at most the close time-out.
Awaitable<> WebSocketSession::close(std::uint16_t code, std::string reason) {
  if (std::exchange(closing_, true)) co_return;
  // A control frame holds 125 bytes, two of them the code (RFC 6455 section 5.5).
  if (reason.size() > 123) reason.resize(123);
  note_end(code, reason);
  enter(State::closing);
  watchdog_.arm(services_.settings.limits.close_timeout, "websocket close limit",
                [this] { abort(); });
  // All that is on its way, but for a consumer who is too slow for it: the frame in progress.
  finishing_ = code != close_code::try_again_later;
  if (!finishing_) leave_beside();
  while (writing_) co_await written_.wait("socket before the close");
  runtime_.observe("session_closing",
                   {{"peer", peer_}, {"user", user_}, {"code", std::int64_t{code}}});
  leave_beside();
  const websocket::close_reason with(static_cast<websocket::close_code>(code), reason);
  co_await send_close(with);
  watchdog_.disarm();
}

/// The last close frame has left or has come; Beast waits for the peer to end the connection.
void WebSocketSession::transport_ends() {
  if (!std::exchange(closing_, true)) {
    enter(State::closing);
    watchdog_.arm(services_.settings.limits.close_timeout, "websocket close limit",
                  [this] { abort(); });
  }
  leave_beside();
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
  if (end_.code != 0) return;
  end_.code = code;
  end_reason_ = reason;
}

void WebSocketSession::enter(State state) {
  static constexpr std::array<std::string_view, 7> names{
      "connecting", "accepted", "setting_up", "established", "degraded", "closing", "closed"};
  runtime_.observe("transition", {{"machine", "session"},
                                  {"id", id_},
                                  {"from", names[static_cast<std::size_t>(state_)]},
                                  {"to", names[static_cast<std::size_t>(state)]}});
  state_ = state;
}

}  // namespace

std::shared_ptr<Session> make_session(Services& services, Stream stream) {
  return std::make_shared<WebSocketSession>(services, std::move(stream));
}

}  // namespace raceproof::gateway
