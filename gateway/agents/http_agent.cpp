#include "gateway/agents/http_agent.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/beast/http/error.hpp>
#include <utility>

#include "gateway/agents/agent_step_json.hpp"
#include "gateway/agents/failure.hpp"
#include "gateway/http_client.hpp"

namespace raceproof::gateway {

using namespace asio::experimental::awaitable_operators;

namespace {

using boost::system::system_error;

constexpr unsigned ok = 200;

/// What a wait beside a limit gave. An error is a value here: an operand of `||` that throws leaves
/// the other one to run on.
template <class T>
struct Outcome {
  T value{};
  std::optional<system_error> error;
};

Awaitable<Outcome<HttpAnswer>> fetch(Runtime& runtime, Endpoint to, HttpCall call) {
  Outcome<HttpAnswer> outcome;
  try {
    outcome.value = co_await http_fetch(runtime, std::move(to), std::move(call));
  } catch (const system_error& error) {
    outcome.error = error;
  }
  co_return outcome;
}

Awaitable<Outcome<std::unique_ptr<HttpLines>>> open_lines(Runtime& runtime, Endpoint to,
                                                          HttpCall call) {
  Outcome<std::unique_ptr<HttpLines>> outcome;
  try {
    outcome.value = co_await http_lines(runtime, std::move(to), std::move(call));
  } catch (const system_error& error) {
    outcome.error = error;
  }
  co_return outcome;
}

Awaitable<Outcome<std::optional<std::string>>> next_line(HttpLines& lines) {
  Outcome<std::optional<std::string>> outcome;
  try {
    outcome.value = co_await lines.next();
  } catch (const system_error& error) {
    outcome.error = error;
  }
  co_return outcome;
}

/// What an error of the HTTP client means before (`begun` false) or after the answer has begun.
AgentError agent_error(const system_error& error, bool begun) {
  using boost::beast::http::make_error_code;
  const bool is_http = error.code().category() == make_error_code({}).category();
  const bool is_too_long = error.code() == asio::error::message_size;
  if (error.code() == boost::beast::http::error::partial_message) {
    return {"cut_off", error.what()};
  }
  if (is_http || is_too_long) return {"malformed", error.what()};
  return {begun ? "cut_off" : "unreachable", error.what()};
}

AgentError refusal(unsigned status) {
  return {"refused", "the agent service answered with status " + std::to_string(status)};
}

Endpoint service(const AgentSettings& settings) {
  return {settings.host.value_or(std::string()), static_cast<std::uint16_t>(settings.port)};
}

class HttpAgentRun final : public AgentRun {
 public:
  HttpAgentRun(Runtime& runtime, Duration idle_limit, std::unique_ptr<HttpLines> lines)
      : runtime_(runtime), idle_limit_(idle_limit), lines_(std::move(lines)) {}

  Awaitable<std::optional<AgentStep>> next() override {
    while (!replied_) {
      std::optional<std::string> line = co_await line_in_time();
      if (!line) throw AgentError("cut_off", "the agent's answer ended before the reply");
      if (line->empty()) continue;
      AgentStep step = parse_agent_step(*line);
      replied_ = step.kind == AgentStep::Kind::reply;
      if (replied_) lines_.reset();
      co_return step;
    }
    co_return std::nullopt;
  }

 private:
  Awaitable<std::optional<std::string>> line_in_time() {
    auto outcome =
        co_await (next_line(*lines_) || runtime_.sleep_for(idle_limit_, "agent's next line"));
    co_await stop_here_if_cancelled();
    if (outcome.index() == 1) throw AgentError("silent", "the agent sent nothing in time");
    auto& line = std::get<0>(outcome);
    if (line.error) throw agent_error(*line.error, true);
    co_return std::move(line.value);
  }

  Runtime& runtime_;
  const Duration idle_limit_;
  std::unique_ptr<HttpLines> lines_;
  bool replied_ = false;
};

}  // namespace

HttpAgent::HttpAgent(Runtime& runtime, const AgentSettings& settings)
    : runtime_(runtime), settings_(settings) {}

Awaitable<std::unique_ptr<AgentRun>> HttpAgent::start(AgentRequest request) {
  HttpCall call;
  call.method = "POST";
  call.target = "/runs";
  call.headers.emplace_back("Content-Type", "application/json");
  call.headers.emplace_back("Accept", "application/x-ndjson");
  call.body = agent_request_body(request);
  auto outcome = co_await (open_lines(runtime_, service(settings_), std::move(call)) ||
                           runtime_.sleep_for(settings_.connect_limit, "agent's answer"));
  co_await stop_here_if_cancelled();
  if (outcome.index() == 1) {
    throw AgentError("unreachable", "the agent service did not answer in time");
  }
  auto& opened = std::get<0>(outcome);
  if (opened.error) throw agent_error(*opened.error, false);
  if (opened.value->status() != ok) throw refusal(opened.value->status());
  co_return std::make_unique<HttpAgentRun>(runtime_, settings_.idle_limit, std::move(opened.value));
}

/// The bridge has a time limit of its own for this.
Awaitable<> HttpAgent::check() {
  HttpCall call;
  call.target = "/health";
  const auto outcome = co_await fetch(runtime_, service(settings_), std::move(call));
  co_await stop_here_if_cancelled();
  if (outcome.error) throw agent_error(*outcome.error, false);
  if (outcome.value.status != ok) throw refusal(outcome.value.status);
}

}  // namespace raceproof::gateway
