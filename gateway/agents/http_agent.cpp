#include "gateway/agents/http_agent.hpp"

#include <boost/beast/http/error.hpp>
#include <utility>

#include "gateway/agents/agent_step_json.hpp"
#include "gateway/agents/failure.hpp"
#include "gateway/http_client.hpp"
#include "runtime/time_limit.hpp"

namespace raceproof::gateway {

namespace {

using boost::system::system_error;

constexpr unsigned ok = 200;

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
    std::optional<system_error> failure;
    try {
      auto line = co_await within(runtime_, idle_limit_, "agent's next line", lines_->next());
      if (!line) throw AgentError("silent", "the agent sent nothing in time");
      co_return std::move(*line);
    } catch (const system_error& error) {
      failure = error;
    }
    if (is_cancellation(*failure)) throw *failure;
    throw agent_error(*failure, true);
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
  std::optional<system_error> failure;
  try {
    auto lines = co_await within(runtime_, settings_.connect_limit, "agent's answer",
                                 http_lines(runtime_, service(settings_), std::move(call)));
    if (!lines) throw AgentError("unreachable", "the agent service did not answer in time");
    if ((*lines)->status() != ok) throw refusal((*lines)->status());
    co_return std::make_unique<HttpAgentRun>(runtime_, settings_.idle_limit, std::move(*lines));
  } catch (const system_error& error) {
    failure = error;
  }
  if (is_cancellation(*failure)) throw *failure;
  throw agent_error(*failure, false);
}

/// The bridge has a time limit of its own for this.
Awaitable<> HttpAgent::check() {
  HttpCall call;
  call.target = "/health";
  std::optional<system_error> failure;
  try {
    const HttpAnswer answer = co_await http_fetch(runtime_, service(settings_), std::move(call));
    if (answer.status != ok) throw refusal(answer.status);
  } catch (const system_error& error) {
    failure = error;
  }
  if (!failure) co_return;
  if (is_cancellation(*failure)) throw *failure;
  throw agent_error(*failure, false);
}

}  // namespace raceproof::gateway
