#include "fakes/client/client.hpp"

#include <algorithm>
#include <utility>

#include "runtime/task.hpp"

namespace raceproof::fakes::client {

namespace {

std::string text_of(const Answer& answer) {
  return answer.error ? answer.error.message() : "HTTP " + std::to_string(answer.status);
}

std::string wanted(const Expect& expect) {
  std::string text = "a frame";
  if (expect.close != 0) text = "close " + std::to_string(expect.close);
  if (expect.http != 0) text = "HTTP " + std::to_string(expect.http);
  if (!expect.type.empty()) text = "a frame '" + expect.type + "'";
  if (!expect.subprotocol.empty()) text = "subprotocol '" + expect.subprotocol + "'";
  if (!expect.text.empty()) text += " with '" + expect.text + "'";
  return text;
}

/// The frame as it goes out, filled up to the length that is asked for.
std::string frame_of(const Send& send, std::string_view run) {
  const auto built = [&](const std::string& text) {
    return send.raw.empty() ? message_json(send.type, text, send.thread, run) : send.raw;
  };
  std::string frame = built(send.text);
  const auto length = static_cast<std::size_t>(send.bytes);
  if (frame.size() >= length) return frame;
  const std::string filling(length - frame.size(), 'x');
  return send.raw.empty() ? built(send.text + filling) : frame + filling;
}

/// The word or status under which `retry_on` lists this answer.
bool is_retried(const Connect& connect, const Answer& answer) {
  std::string reason = std::to_string(answer.status);
  if (answer.error) {
    reason = answer.error == asio::error::connection_refused ? "refused" : "lost";
  }
  return std::find(connect.retry_on.begin(), connect.retry_on.end(), reason) !=
         connect.retry_on.end();
}

}  // namespace

Client::Client(Runtime& runtime, Endpoint server, Script script)
    : runtime_(runtime),
      server_(std::move(server)),
      host_(server_.host + ":" + std::to_string(server_.port)),
      script_(std::move(script)),
      strand_(runtime.make_strand(script_.name)) {}

// --- the script -------------------------------------------------------------------------------

Awaitable<bool> Client::run() {
  if (runtime_.running_on(strand_)) return play();
  return call(strand_, play());
}

Awaitable<bool> Client::play() {
  bool ok = false;
  std::exception_ptr stopped;
  try {
    ok = co_await play_steps();
  } catch (...) {
    stopped = std::current_exception();
  }
  co_await enter_shield();
  if (stopped) {  // cancelled: nobody waits for a closing handshake
    read_again();
    if (connection_ && !ended_) {
      aborted_ = true;
      connection_->reset();
    }
    co_await until_ended();
    std::rethrow_exception(stopped);
  }
  const Outcome outcome = co_await leave(1000, "");
  if (ok && outcome) {
    observe_failure(0, "end", *outcome);
    ok = false;
  }
  runtime_.observe("client_done", {{"client", script_.name}, {"ok", ok}});
  co_return ok;
}

Awaitable<bool> Client::play_steps() {
  for (at_ = 0; at_ < script_.steps.size(); ++at_) {
    const Step& next = script_.steps[at_];
    const Outcome outcome = co_await std::visit([this](const auto& s) { return step(s); }, next);
    if (outcome) {
      observe_failure(static_cast<std::int64_t>(at_) + 1, step_key(next), *outcome);
      co_return false;
    }
  }
  co_return true;
}

// --- the steps --------------------------------------------------------------------------------

Awaitable<Client::Outcome> Client::step(const Wait& wait) {
  co_await runtime_.sleep_for(runtime_.draw(wait.delay, "client wait"), "client wait");
  co_return std::nullopt;
}

Awaitable<Client::Outcome> Client::step(const Connect& connect) {
  if (auto failure = co_await leave(1000, "")) co_return failure;
  // An instant that will be compared is dear in simulation: only a client that retries asks for it.
  Instant last_begin;
  if (!connect.retry_on.empty()) last_begin = runtime_.now() + connect.give_up;
  for (;;) {
    last_answer_ = co_await upgrade(connect);
    if (last_answer_.status == switching_protocols) co_return std::nullopt;
    if (!is_retried(connect, last_answer_)) break;
    const Instant again = runtime_.now() + runtime_.draw(connect.every, "client retry");
    if (again > last_begin) break;
    co_await runtime_.sleep_until(again, "client retry");
  }
  if (!last_answer_.error && next_expects_http()) co_return std::nullopt;
  co_return Failure{"an open connection", text_of(last_answer_)};
}

Awaitable<Client::Outcome> Client::step(const Expect& expect) {
  if (expect.http != 0) {
    if (last_answer_.status == expect.http) co_return std::nullopt;
    co_return Failure{wanted(expect), text_of(last_answer_)};
  }
  if (!expect.subprotocol.empty()) {
    if (last_answer_.subprotocol == expect.subprotocol) co_return std::nullopt;
    co_return Failure{wanted(expect), last_answer_.subprotocol.empty()
                                          ? "none"
                                          : "'" + last_answer_.subprotocol + "'"};
  }
  std::optional<Instant> deadline;
  for (bool late = false;;) {
    const auto verdict = expect.close == 0 ? examine_frames(expect) : examine_close(expect);
    if (verdict) co_return *verdict;
    if (late) co_return Failure{wanted(expect), "nothing of the kind in time"};
    if (!deadline) deadline = expect.within ? runtime_.now() + *expect.within : Instant::max();
    late = !co_await arrival(*deadline);
  }
}

Awaitable<Client::Outcome> Client::step(const Send& send) {
  if (!open_now()) {
    close_met_ = true;
    co_return Failure{"an open connection", state()};
  }
  const std::string_view run = send.with_run ? latest_run() : std::string_view();
  if (send.with_run && run.empty()) co_return Failure{"a run to speak of", "no frame that has one"};
  const std::string text = frame_of(send, run);
  if (const ErrorCode error = co_await connection_->send(text, send.binary)) {
    co_return Failure{"a frame sent", error.message()};
  }
  const std::string type = send.raw.empty() ? send.type : frame_fields(send.raw).type;
  runtime_.observe("client_sent", {{"client", script_.name}, {"type", type}, {"text", text}});
  co_return std::nullopt;
}

Awaitable<Client::Outcome> Client::step(const Close& close) {
  if (!open_now()) {
    close_met_ = true;
    co_return Failure{"an open connection", state()};
  }
  std::optional<Limit> limit;
  if (close.within) {
    limit.emplace(runtime_, strand_, *close.within);
    limit->on_expiry([this] { connection_->reset(); });
  }
  auto outcome = co_await leave(static_cast<int>(close.code), close.reason);
  if (limit) limit->stop();
  if (limit && limit->expired()) outcome = Failure{"the server's close frame", "none in time"};
  co_return outcome;
}

Awaitable<Client::Outcome> Client::step(const Get& get) {
  Instant last_begin;
  if (get.give_up) last_begin = runtime_.now() + *get.give_up;
  for (;;) {
    const Answer answer = co_await probe(get);
    if (!answer.error && answer.status == get.status) co_return std::nullopt;
    const Failure failure{"HTTP " + std::to_string(get.status), text_of(answer)};
    if (!get.give_up) co_return failure;
    const Instant again = runtime_.now() + runtime_.draw(get.every, "client retry");
    if (again > last_begin) co_return failure;
    co_await runtime_.sleep_until(again, "client retry");
  }
}

Awaitable<Client::Outcome> Client::step(const Abort&) {
  if (!open_now()) {
    close_met_ = true;
    co_return Failure{"an open connection", state()};
  }
  aborted_ = true;
  connection_->reset();
  co_return co_await leave(1000, "");
}

Awaitable<Client::Outcome> Client::step(const ReadSlowly& slow) {
  if (!open_now()) {
    close_met_ = true;
    co_return Failure{"an open connection", state()};
  }
  stop_reading(runtime_.draw(slow.span, "client reads slowly"));
  co_return std::nullopt;
}

// --- matching ---------------------------------------------------------------------------------

std::optional<Client::Outcome> Client::examine_frames(const Expect& expect) {
  while (unread_ < inbox_.size()) {
    const Frame& frame = inbox_[unread_++];
    const bool type_fits = expect.type.empty() || frame.fields.type == expect.type;
    if (type_fits && frame.text.find(expect.text) != std::string::npos) return Outcome();
    if (expect.strict) return Failure{wanted(expect), frame.text};
  }
  if (open_now()) return std::nullopt;
  close_met_ = true;
  return Failure{wanted(expect), state()};
}

std::optional<Client::Outcome> Client::examine_close(const Expect& expect) {
  if (expect.strict && unread_ < inbox_.size())
    return Failure{wanted(expect), inbox_[unread_].text};
  unread_ = inbox_.size();
  if (open_now()) return std::nullopt;
  close_met_ = true;
  const bool fits = closed_ && closed_->code == expect.close &&
                    closed_->reason.find(expect.text) != std::string::npos;
  if (fits) return Outcome();
  return Failure{wanted(expect), state()};
}

bool Client::next_expects_http() const {
  if (at_ + 1 >= script_.steps.size()) return false;
  const auto* expect = std::get_if<Expect>(&script_.steps[at_ + 1]);
  return expect != nullptr && expect->http != 0;
}

std::string Client::state() const {
  if (!connection_) return "no connection";
  if (!closed_) return "an open connection";
  const std::string code = "close " + std::to_string(closed_->code);
  return closed_->reason.empty() ? code : code + " '" + closed_->reason + "'";
}

std::string_view Client::latest_run() const {
  const auto named = [](const Frame& frame) { return !frame.fields.run.empty(); };
  const auto found = std::find_if(inbox_.rbegin(), inbox_.rend(), named);
  return found == inbox_.rend() ? std::string_view() : std::string_view(found->fields.run);
}

// --- reports ----------------------------------------------------------------------------------

void Client::observe_failure(std::int64_t step, std::string_view kind, const Failure& failure) {
  runtime_.observe("client_step_failed", {{"client", script_.name},
                                          {"step", step},
                                          {"kind", kind},
                                          {"expected", failure.expected},
                                          {"got", failure.got}});
}

}  // namespace raceproof::fakes::client
