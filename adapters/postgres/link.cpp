#include "adapters/postgres/link.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <cctype>
#include <fcntl.h>
#include <string_view>

namespace raceproof::postgres {

using gateway::database::Error;
using gateway::database::Value;
using namespace asio::experimental::awaitable_operators;

namespace {

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

/// Where "FATAL:  28P01: " puts the SQLSTATE in a verbose message; npos when there is none. The
/// severity may be in the server's language.
std::size_t find_sqlstate(std::string_view message) {
  constexpr std::size_t length = 5;
  for (std::size_t at = message.find(":  "); at != message.npos; at = message.find(":  ", at + 1)) {
    const std::string_view rest = message.substr(at + 3);
    const auto is_state = [](unsigned char c) { return std::isdigit(c) || std::isupper(c); };
    if (rest.size() > length + 1 && rest.substr(length, 2) == ": " &&
        std::all_of(rest.begin(), rest.begin() + length, is_state)) {
      return at + 3;
    }
  }
  return message.npos;
}

std::string field(const PGresult* result, int code) {
  const char* const text = PQresultErrorField(result, code);
  return text == nullptr ? std::string() : std::string(text);
}

void refuse_zero_bytes(std::string_view text) {
  if (text.find('\0') == text.npos) return;
  throw Error("22021", "a text with a zero byte cannot be sent");
}

}  // namespace

Link::Link(Executor strand, std::shared_ptr<Canceller> canceller)
    : descriptor_(std::move(strand)), canceller_(std::move(canceller)) {}

Awaitable<> Link::open(const Parameters& parameters) {
  std::vector<const char*> names;
  std::vector<const char*> values;
  for (const auto& [name, value] : parameters) {
    names.push_back(name.c_str());
    values.push_back(value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  connection_.reset(PQconnectStartParams(names.data(), values.data(), 0));
  if (!connection_) throw Error("53200", "out of memory");
  PGconn* const connection = connection_.get();
  // A refused login has no result whose SQLSTATE could be asked for; verbose messages contain it.
  PQsetErrorVerbosity(connection, PQERRORS_VERBOSE);
  PQsetNoticeReceiver(connection, notice, this);
  auto next = PQstatus(connection) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (next != PGRES_POLLING_OK) {
    if (next == PGRES_POLLING_FAILED) throw login_error();
    watch();  // anew each time: the socket may have been replaced, even by one of the same number
    co_await wait_for(next == PGRES_POLLING_READING ? Wait::wait_read : Wait::wait_write);
    next = PQconnectPoll(connection);
  }
  PQsetErrorVerbosity(connection, PQERRORS_DEFAULT);
  PQsetnonblocking(connection, 1);
  watch();
}

Awaitable<Result> Link::execute(std::string sql, std::vector<Value> parameters) {
  require_open();
  if (running_) throw Error("", "another statement is in progress on this session");
  running_ = true;
  try {
    send(sql, parameters);
    co_await flush();
    Result result = co_await receive();
    running_ = false;
    co_return result;
  } catch (const Error&) {
    running_ = false;
    throw;
  } catch (...) {  // cancelled
    abandon();
    throw;
  }
}

bool Link::usable() {
  if (!connection_ || abandoned_) return false;
  if (!running_) {
    if (PQconsumeInput(connection_.get()) == 0) return false;
    (void)PQisBusy(
        connection_.get());  // looks at what was read, which may be the server's farewell
  }
  return PQstatus(connection_.get()) == CONNECTION_OK && fatal_state_.empty();
}

void Link::close() {
  ErrorCode ignored;
  descriptor_.close(ignored);
  connection_.reset();
}

/// What the server says unasked. Of interest is only why it ends the session.
void Link::notice(void* self, const PGresult* result) {
  auto& link = *static_cast<Link*>(self);
  const std::string severity = field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  if (severity != "FATAL" && severity != "PANIC") return;
  link.fatal_state_ = field(result, PG_DIAG_SQLSTATE);
  link.fatal_message_ = field(result, PG_DIAG_MESSAGE_PRIMARY);
}

/// Makes the reactor look at the socket that libpq uses now.
void Link::watch() {
  ErrorCode ignored;
  descriptor_.close(ignored);
  const int duplicate = ::fcntl(PQsocket(connection_.get()), F_DUPFD_CLOEXEC, 0);
  if (duplicate < 0) throw Error("08001", "no socket for a connection");
  descriptor_.assign(duplicate);
}

Awaitable<> Link::wait_for(Wait what) {
  const auto [error] = co_await descriptor_.async_wait(what, asio::as_tuple(use_awaitable));
  require_open();
  // Anything but a cancellation shows again, and better explained, in libpq's next look.
  if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
}

Awaitable<> Link::wait_for_either() {
  const auto outcome =
      co_await (descriptor_.async_wait(Wait::wait_read, asio::as_tuple(use_awaitable)) ||
                descriptor_.async_wait(Wait::wait_write, asio::as_tuple(use_awaitable)));
  require_open();
  const auto [error] = outcome.index() == 0 ? std::get<0>(outcome) : std::get<1>(outcome);
  if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
}

void Link::send(const std::string& sql, const std::vector<Value>& parameters) {
  refuse_zero_bytes(sql);
  std::vector<const char*> values;
  for (const Value& value : parameters) {
    if (value) refuse_zero_bytes(*value);
    values.push_back(value ? value->c_str() : nullptr);
  }
  const int sent =
      PQsendQueryParams(connection_.get(), sql.c_str(), static_cast<int>(values.size()), nullptr,
                        values.data(), nullptr, nullptr, 0);
  if (sent == 0) throw statement_error(nullptr);
}

/// Hands everything to the socket. Reads meanwhile, or both sides could wait for each other.
Awaitable<> Link::flush() {
  // A failure to write shows when the answer is read, together with what the server said last.
  while (PQflush(connection_.get()) == 1) {
    co_await wait_for_either();
    if (PQconsumeInput(connection_.get()) == 0) co_return;
  }
}

/// Takes all results of the statement; the last, or the first error.
Awaitable<Result> Link::receive() {
  PGconn* const connection = connection_.get();
  Result kept;
  bool failed = false;
  bool readable = true;
  for (;;) {
    while (readable && PQisBusy(connection) != 0) {
      co_await wait_for(Wait::wait_read);
      readable = PQconsumeInput(connection) != 0;
    }
    Result result(PQgetResult(connection));
    if (!result) break;
    switch (PQresultStatus(result.get())) {
      case PGRES_COMMAND_OK:
      case PGRES_TUPLES_OK:
      case PGRES_EMPTY_QUERY:
        if (!failed) kept = std::move(result);
        break;
      case PGRES_COPY_IN:
      case PGRES_COPY_OUT:
      case PGRES_COPY_BOTH:
        abandon();  // there is no way back but through the whole of its data
        throw Error("0A000", "COPY is not supported");
      default:
        if (!failed) kept = std::move(result);
        failed = true;
        break;
    }
  }
  if (failed || !kept) throw statement_error(kept.get());
  co_return kept;
}

void Link::abandon() {
  abandoned_ = true;
  running_ = false;
  if (connection_) canceller_->cancel(connection_.get());
}

void Link::require_open() const {
  if (!connection_ || abandoned_) throw Error("08003", "the session is closed");
}

Error Link::login_error() const {
  const std::string_view message = PQerrorMessage(connection_.get());
  const std::size_t at = find_sqlstate(message);
  if (at != message.npos) {
    return {std::string(message.substr(at, 5)), first_line(message.substr(at + 7))};
  }
  const bool no_password = PQconnectionNeedsPassword(connection_.get()) != 0;
  return {no_password ? "28P01" : "08001", first_line(message)};
}

Error Link::statement_error(const PGresult* result) const {
  std::string state = field(result, PG_DIAG_SQLSTATE);
  std::string message = field(result, PG_DIAG_MESSAGE_PRIMARY);
  if (state.empty() && !fatal_state_.empty()) return {fatal_state_, fatal_message_};
  if (state.empty() && PQstatus(connection_.get()) == CONNECTION_BAD) state = "08006";
  if (message.empty()) message = first_line(PQerrorMessage(connection_.get()));
  return {std::move(state), message};
}

}  // namespace raceproof::postgres
