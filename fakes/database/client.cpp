// See client.hpp.
#include "fakes/database/client.hpp"

#include <boost/asio/redirect_error.hpp>
#include <utility>

#include "fakes/database/channel.hpp"

namespace raceproof::fakes::database {
namespace {

using gateway::database::Error;
using gateway::database::Rows;
using gateway::database::Session;
using gateway::database::Value;

/// What a session and the statement in progress share, since either may end first.
struct Dialogue {
  explicit Dialogue(std::shared_ptr<Channel> over) : channel(std::move(over)) {}
  std::shared_ptr<Channel> channel;
  bool running = false;
  bool abandoned = false;  ///< a request was cancelled
  bool closed = false;     ///< by its owner
};

/// Sends one request and waits for its answer.
Awaitable<Rows> ask(std::shared_ptr<Dialogue> dialogue, Message request) {
  if (dialogue->closed || dialogue->abandoned) throw Error("08003", "the session is closed");
  if (dialogue->running) {
    throw Error("", "another statement is in progress on this session");
  }
  if (!dialogue->channel->is_open()) throw Error("08006", "no connection to the server");
  dialogue->running = true;
  dialogue->channel->send(request);
  std::optional<Message> answer;
  std::exception_ptr cancelled;
  try {
    answer = co_await dialogue->channel->receive("database answer");
  } catch (...) {
    cancelled = std::current_exception();
  }
  dialogue->running = false;
  if (dialogue->closed) throw Error("08003", "the session is closed");
  if (cancelled) {
    dialogue->abandoned = true;
    const Message cancel{"cancel"};
    dialogue->channel->send(cancel);
    std::rethrow_exception(cancelled);
  }
  if (!answer) throw Error("08006", "server closed the connection unexpectedly");
  co_return to_rows(std::move(*answer));
}

class ClientSession final : public Session {
 public:
  explicit ClientSession(std::shared_ptr<Dialogue> dialogue) : dialogue_(std::move(dialogue)) {}
  ~ClientSession() override { close(); }
  ClientSession(const ClientSession&) = delete;
  ClientSession& operator=(const ClientSession&) = delete;

  Awaitable<> begin(std::string_view isolation) override {
    Message request{"begin", std::string(isolation)};
    co_await ask(dialogue_, std::move(request));
  }
  Awaitable<> commit() override {
    Message request{"commit"};
    co_await ask(dialogue_, std::move(request));
  }
  Awaitable<> rollback() override {
    Message request{"rollback"};
    co_await ask(dialogue_, std::move(request));
  }
  Awaitable<Rows> query(std::string_view sql, std::vector<Value> parameters) override {
    Message request;
    request.reserve(2 + parameters.size());
    request.emplace_back("query");
    request.emplace_back(std::string(sql));
    for (Value& parameter : parameters) request.push_back(std::move(parameter));
    return ask(dialogue_, std::move(request));
  }
  [[nodiscard]] bool usable() const override {
    return !dialogue_->closed && !dialogue_->abandoned && dialogue_->channel->is_open();
  }
  void close() override {
    dialogue_->closed = true;
    dialogue_->channel->close();
  }

 private:
  std::shared_ptr<Dialogue> dialogue_;
};

}  // namespace

Awaitable<std::unique_ptr<Session>> Client::connect(Executor strand) {
  (void)strand;  // streams belong to the strand that connects
  ErrorCode error;
  Stream stream = co_await runtime_.connect(server_, asio::redirect_error(use_awaitable, error));
  if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
  if (error) throw Error("08001", error.message());
  auto channel = std::make_shared<Channel>(runtime_, std::move(stream));
  channel->start();
  auto dialogue = std::make_shared<Dialogue>(std::move(channel));
  // From here on it is closed with the session, whatever happens.
  std::unique_ptr<Session> session = std::make_unique<ClientSession>(dialogue);
  try {
    Message hello{"connect"};
    co_await ask(dialogue, std::move(hello));
  } catch (const Error& refused) {
    if (refused.sqlstate() != "08006") throw;
    throw Error("08001", refused.what());
  }
  co_return session;
}

}  // namespace raceproof::fakes::database
