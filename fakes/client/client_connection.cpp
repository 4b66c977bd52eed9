// The client's connections: opening, losing and leaving them, and what arrives on them.
#include <boost/asio/as_tuple.hpp>
#include <utility>

#include "fakes/client/client.hpp"
#include "runtime/task.hpp"

namespace raceproof::fakes::client {

namespace {

constexpr auto as_tuple = asio::as_tuple(use_awaitable);
using Token = decltype(as_tuple);

constexpr int lost_connection = 1006;

/// Whether a connection that nobody expected to close may have closed with `code`.
bool is_orderly(int code) { return code == 1000 || code == 1001 || code == 1005; }

/// What is asked for: the path, with the user as a query parameter; the token and the rest.
UpgradeRequest request_of(const Connect& connect, const std::string& host,
                          const std::string& user) {
  const char* const separator = connect.path.find('?') == std::string::npos ? "?" : "&";
  UpgradeRequest request{
      host, connect.path + separator + "user=" + user, {}, connect.subprotocols, connect.headers};
  const std::string token = connect.token == "none" ? std::string() : connect.token;
  if (token.empty()) return request;
  if (connect.send_token_as == TokenAs::header) {
    request.bearer = token;
  } else {
    request.subprotocols.push_back("jwt." + token);
  }
  return request;
}

}  // namespace

// --- connections ------------------------------------------------------------------------------

Awaitable<Answer> Client::open(std::optional<Limit>& limit, Stream& stream) {
  auto connected = co_await asio::async_initiate<Token, void(ErrorCode, Stream)>(
      [this, &limit](auto handler) {
        auto slot = asio::get_associated_cancellation_slot(handler);
        const OperationId id =
            runtime_.start_connect(strand_, server_, ConnectHandler(std::move(handler)));
        auto cancel = [&runtime = runtime_, id](auto&&...) { runtime.cancel_operation(id); };
        if (limit) limit->on_expiry(cancel);
        if (slot.is_connected()) slot.assign(cancel);
      },
      as_tuple);
  stream = std::move(std::get<Stream>(connected));
  if (limit && limit->expired()) co_return Answer{asio::error::timed_out, 0, {}};
  co_return Answer{std::get<ErrorCode>(connected), 0, {}};
}

Awaitable<Answer> Client::upgrade(const Connect& connect) {
  runtime_.observe("client_connecting", {{"client", script_.name}, {"attempt", ++attempts_}});
  const std::string user = connect.user.empty() ? script_.name : connect.user;
  std::optional<Limit> limit;
  if (connect.within) limit.emplace(runtime_, strand_, *connect.within);
  Stream stream;
  Answer answer = co_await open(limit, stream);
  if (!answer.error) {
    auto connection =
        std::make_unique<Connection>(std::move(stream), static_cast<ConnectionEvents&>(*this));
    if (limit) limit->on_expiry([&connection] { connection->reset(); });
    const UpgradeRequest request = request_of(connect, host_, user);
    answer = co_await connection->upgrade(request);
    if (limit && limit->expired()) answer = {asio::error::timed_out, 0, {}};
    if (limit) limit->stop();
    if (answer.status == switching_protocols) connection_ = std::move(connection);
  }
  observe_answer(connect.path, answer);
  if (connection_) {
    ended_ = false;
    runtime_.observe(
        "client_open",
        {{"client", script_.name}, {"user", user}, {"subprotocol", answer.subprotocol}});
    connection_->start_reading();
  }
  co_return answer;
}

Awaitable<Answer> Client::probe(const Get& get) {
  std::optional<Limit> limit;
  if (get.within) limit.emplace(runtime_, strand_, *get.within);
  Stream stream;
  Answer answer = co_await open(limit, stream);
  if (!answer.error) {
    if (limit) limit->on_expiry([&stream] { stream.reset(); });
    answer = co_await http_get(stream, host_, get.path);
    if (limit && limit->expired()) answer = {asio::error::timed_out, 0, {}};
    if (limit) limit->stop();
  }
  observe_answer(get.path, answer);
  co_return answer;
}

/// Closes the connection if it is still open, waits for its end and forgets it.
Awaitable<Client::Outcome> Client::leave(int code, std::string_view reason) {
  if (!connection_) co_return std::nullopt;
  read_again();  // what the server says at the end is read
  if (open_now() && !aborted_) {
    leaving_ = true;
    // A failure to close shows as the end of the connection, which is waited for anyway.
    co_await connection_->close(code, reason);
  }
  co_await until_ended();
  Outcome outcome;
  if (closed_ && !close_met_ && !is_orderly(closed_->code) &&
      !(leaving_ && closed_->code == code)) {
    outcome = Failure{"an orderly close", state()};
  }
  connection_.reset();
  inbox_.clear();
  unread_ = 0;
  closed_.reset();
  close_met_ = leaving_ = aborted_ = false;
  co_return outcome;
}

Awaitable<> Client::until_ended() {
  while (!ended_) co_await arrival(Instant::max());
}

void Client::stop_reading(Duration span) {
  read_again();
  connection_->pause_reading(true);
  slow_ = runtime_.start_wait(strand_, runtime_.wait_origin() + span, "client reads slowly",
                              [this](ErrorCode error) {
                                if (!error) read_again();
                              });
}

/// Ends the time of not reading, if it is such a time.
void Client::read_again() {
  if (slow_ == 0) return;
  runtime_.cancel_operation(std::exchange(slow_, 0));
  if (connection_ && !ended_) connection_->pause_reading(false);
}

/// Waits until something arrives on the connection; false when `deadline` passed first. The read
/// itself stays pending: cancelling it would destroy the WebSocket stream.
Awaitable<bool> Client::arrival(Instant deadline) {
  arrived_ = false;
  const auto [error] = co_await asio::async_initiate<Token, void(ErrorCode)>(
      [this, deadline](auto handler) {
        auto slot = asio::get_associated_cancellation_slot(handler);
        waiting_ = runtime_.start_wait(strand_, deadline, "client expects",
                                       WaitHandler(std::move(handler)));
        if (slot.is_connected()) {
          slot.assign([&runtime = runtime_, id = waiting_](asio::cancellation_type) {
            runtime.cancel_operation(id);
          });
        }
      },
      as_tuple);
  waiting_ = 0;
  if (error && !arrived_) throw boost::system::system_error(error);
  co_return arrived_;
}

// --- what happens -----------------------------------------------------------------------------

void Client::notify() {
  arrived_ = true;
  if (waiting_ != 0) runtime_.cancel_operation(std::exchange(waiting_, 0));
}

void Client::on_frame(std::string_view payload) {
  const Frame& frame = inbox_.emplace_back(frame_fields(payload), std::string(payload));
  runtime_.observe("client_frame", {{"client", script_.name},
                                    {"type", frame.fields.type},
                                    {"text", frame.text},
                                    {"user", frame.fields.user},
                                    {"run", frame.fields.run},
                                    {"tool", frame.fields.tool},
                                    {"recovered", frame.fields.recovered}});
  notify();
}

void Client::on_close(int code, std::string_view reason) {
  closed_.emplace(code, std::string(reason));
  runtime_.observe("client_close", {{"client", script_.name},
                                    {"code", static_cast<std::int64_t>(code)},
                                    {"reason", reason},
                                    {"local", leaving_}});
  notify();
}

void Client::on_end(ErrorCode error) {
  ended_ = true;
  if (!closed_ && !aborted_) {
    runtime_.observe("client_error", {{"client", script_.name}, {"reason", error.message()}});
    on_close(lost_connection, "");  // RFC 6455 section 7.1.5
  }
  notify();
}

void Client::observe_answer(std::string_view path, const Answer& answer) {
  if (answer.error) {
    runtime_.observe("client_error",
                     {{"client", script_.name}, {"reason", answer.error.message()}});
    return;
  }
  runtime_.observe("client_http", {{"client", script_.name},
                                   {"path", path},
                                   {"status", static_cast<std::int64_t>(answer.status)}});
}

}  // namespace raceproof::fakes::client
