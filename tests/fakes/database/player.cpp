// See player.hpp.
#include "tests/fakes/database/player.hpp"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>

#include "tests/fakes/database/exceptions.hpp"

namespace raceproof::fakes::database::test {
namespace {

using gateway::database::Error;
using gateway::database::Rows;
using gateway::database::Session;

std::string text_of(const Rows& rows, const std::string& statement) {
  std::vector<std::string> lines;
  for (const auto& row : rows.rows) {
    std::string line;
    for (const auto& value : row) line += (line.empty() ? "" : ",") + value.value_or("NULL");
    lines.push_back("(" + line + ")");
  }
  if (!has_order(statement)) std::sort(lines.begin(), lines.end());
  std::string text = std::to_string(rows.affected);
  for (const auto& column : rows.columns) text += " " + column;
  for (const auto& line : lines) text += " " + line;
  return text;
}

Awaitable<> perform(Session& session, const Step& step, std::string& answer) {
  try {
    switch (step.kind) {
      case Step::Kind::begin:
        co_await session.begin(step.text);
        answer = "begun";
        break;
      case Step::Kind::commit:
        co_await session.commit();
        answer = "committed";
        break;
      case Step::Kind::rollback:
        co_await session.rollback();
        answer = "rolled back";
        break;
      case Step::Kind::query: {
        const Rows rows = co_await session.query(step.text, step.parameters);
        answer = text_of(rows, step.text);
        break;
      }
      case Step::Kind::cancel:
        break;
    }
  } catch (const Error& error) {
    answer = error.sqlstate() + " " + comparable_message(error.sqlstate(), error.what());
  } catch (const boost::system::system_error&) {
    answer = "cancelled";
  }
}

void start(Executor strand, PlayedSession& played, const Step& step) {
  played.waiting = true;
  played.answer.clear();
  asio::co_spawn(
      strand, perform(*played.session, step, played.answer),
      asio::bind_cancellation_slot(played.cancel.slot(),
                                   asio::bind_executor(strand, [&played](std::exception_ptr error) {
                                     if (error) played.answer = "an exception that is no Error";
                                     played.waiting = false;
                                   })));
}

/// Reports what has changed; the answer of the step's own session first.
std::string report(const PlayedSessions& sessions, std::vector<bool>& waited, std::size_t own) {
  std::string text;
  const auto add = [&](std::size_t i) {
    text += text.empty() ? "" : "; ";
    text += static_cast<char>('A' + i);
    text += ": " + (sessions[i]->waiting ? "waits" : sessions[i]->answer);
  };
  add(own);
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    if (i != own && waited[i] && !sessions[i]->waiting) add(i);
    waited[i] = sessions[i]->waiting;
  }
  return text;
}

Awaitable<> cancel(PlayedSessions& sessions, std::size_t which, Settling& settling) {
  auto& played = *sessions[which];
  played.cancel.emit(asio::cancellation_type::terminal);
  const PlayedSessions nobody;
  while (played.waiting) co_await settling.settle(nobody);
  played.session->close();
  played.closed = true;
  co_await settling.gone(played);
}

Awaitable<> take(Executor strand, PlayedSessions& sessions, const Step& step, Settling& settling,
                 std::vector<bool>& waited, std::vector<std::string>& answers) {
  auto& played = *sessions[step.session];
  if (played.closed || (played.waiting && step.kind != Step::Kind::cancel)) {
    answers.push_back(played.closed ? "closed" : "still waits");
    co_return;
  }
  if (step.kind == Step::Kind::cancel) {
    if (!played.waiting) played.answer = "nothing to cancel";
    co_await cancel(sessions, step.session, settling);
  } else {
    const bool others = std::find(waited.begin(), waited.end(), true) != waited.end();
    if (others && step.kind == Step::Kind::query) co_await settling.before_statement();
    start(strand, played, step);
  }
  co_await settling.settle(sessions);
  answers.push_back(report(sessions, waited, step.session));
}

}  // namespace

Awaitable<std::vector<std::string>> play(Runtime& runtime, Executor strand,
                                         gateway::database::Database& database,
                                         const Conversation& conversation, Settling& settling) {
  (void)runtime;
  std::vector<std::string> answers;
  PlayedSessions sessions;
  for (std::size_t i = 0; i < conversation.sessions; ++i) {
    auto& played = *sessions.emplace_back(std::make_unique<PlayedSession>());
    played.session = co_await database.connect(strand);
    co_await settling.opened(played);
  }
  for (const auto& statement : conversation.preparation) {
    std::vector<gateway::database::Value> none;
    (void)co_await sessions[0]->session->query(statement, std::move(none));
  }
  std::vector<bool> waited(sessions.size());
  for (const auto& step : conversation.steps) {
    co_await take(strand, sessions, step, settling, waited, answers);
  }
  // Nobody is left waiting: whoever holds something gives it back.
  const PlayedSessions nobody;
  for (bool left = true; left;) {
    left = false;
    for (auto& played : sessions) {
      left = left || played->waiting;
      if (played->closed || played->waiting) continue;
      played->session->close();
      played->closed = true;
      co_await settling.gone(*played);
    }
    if (left) co_await settling.settle(nobody);
  }
  co_return answers;
}

}  // namespace raceproof::fakes::database::test
