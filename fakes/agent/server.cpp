#include "fakes/agent/server.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "runtime/task.hpp"

namespace raceproof::fakes::agent {

namespace {

using nlohmann::json;

std::string text_under(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string_view name_of(StepKind kind) { return choices(kind)[static_cast<std::size_t>(kind)]; }

std::string line_of(const ScriptStep& step, const std::string& said) {
  json line{{"step", name_of(step.step)}, {"text", step.text}};
  if (!step.tool.empty()) line["tool"] = step.tool;
  if (step.step == StepKind::reply && step.text.empty()) line["text"] = "You said: " + said;
  return line.dump() + "\n";
}

}  // namespace

Server::Server(Runtime& runtime, Settings settings)
    : runtime_(runtime),
      settings_(std::move(settings)),
      script_(script_of(settings_)),
      http_(runtime, "agent", settings_.listen,
            [this](http::Request request, http::Exchange& exchange) {
              return handle(std::move(request), exchange);
            }) {}

/// On the connection's strand, like everything that it calls but `take_up`.
Awaitable<> Server::handle(http::Request request, http::Exchange& exchange) {
  Operation operation;
  if (request.path() == "/health" && request.method == "GET") {
    operation.name = "health";
  } else if (request.path() == "/runs" && request.method == "POST") {
    operation.name = "run";
    const json body = json::parse(request.body, nullptr, /*allow_exceptions=*/false);
    operation.usable = body.is_object();
    if (operation.usable) {
      operation.run = text_under(body, "run_id");
      operation.user = text_under(body, "user_id");
      operation.text = text_under(body, "text");
      operation.usable = !operation.run.empty() && !operation.user.empty();
    }
  } else {
    operation.name = "unknown";
  }
  const OperationRule* found = co_await call(http_.strand(), take_up(operation));
  const OperationRule none;
  const OperationRule& rule = found != nullptr ? *found : none;
  co_await wait(rule.delay.value_or(settings_.reply), "agent reply");
  if (rule.reset) {
    observe_fault(operation, "reset");
    exchange.reset();
  } else if (rule.hang) {
    observe_fault(operation, "hang");
    co_await hang();
  } else if (rule.status != 0) {
    observe_fault(operation, "status");
    co_await exchange.answer(static_cast<unsigned>(rule.status), R"({"error":"scripted"})");
  } else if (operation.name == "unknown") {
    co_await exchange.answer(404, R"({"error":"not_found"})");
  } else if (!operation.usable) {
    co_await exchange.answer(400, R"({"error":"bad_request"})");
  } else if (operation.name == "health") {
    co_await exchange.answer(200, R"({"status":"ok"})");
  } else {
    co_await work(operation, rule, exchange);
  }
}

/// On the server's strand: counts the request. The rule that applies to it, or null.
Awaitable<const OperationRule*> Server::take_up(const Operation& operation) {
  runtime_.observe("agent_request", {{"operation", operation.name},
                                     {"run", std::string_view(operation.run)},
                                     {"user", std::string_view(operation.user)}});
  const auto it = settings_.on.find(std::string(operation.name));
  if (it == settings_.on.end()) co_return nullptr;
  const OperationRule& rule = it->second;
  if (!rule.user.empty() && rule.user != operation.user) co_return nullptr;
  if (rule.times != 0 && applied_[it->first]++ >= rule.times) co_return nullptr;
  co_return &rule;
}

/// Follows the script, as far as the rule lets it.
Awaitable<> Server::work(const Operation& operation, const OperationRule& rule,
                         http::Exchange& exchange) {
  co_await exchange.begin(200, "application/x-ndjson");
  std::int64_t done = 0;
  for (const ScriptStep& step : script_) {
    const bool ended = co_await misbehave(operation, rule, done, exchange);
    if (ended) co_return;
    co_await wait(rule.step ? *rule.step : step.delay.value_or(settings_.step), "agent step");
    runtime_.observe("agent_step", {{"run", std::string_view(operation.run)},
                                    {"user", std::string_view(operation.user)},
                                    {"step", name_of(step.step)}});
    co_await exchange.chunk(line_of(step, operation.text));
    ++done;
  }
  const bool ended = co_await misbehave(operation, rule, done, exchange);
  if (!ended) co_await exchange.end();
}

/// What the rule says for after so many steps; whether that was the end.
Awaitable<bool> Server::misbehave(const Operation& operation, const OperationRule& rule,
                                  std::int64_t steps, http::Exchange& exchange) {
  if (rule.garbage_after == steps) {
    observe_fault(operation, "garbage");
    co_await exchange.chunk("<html>not a step</html>\n");
  }
  if (rule.cut_after == steps) {
    observe_fault(operation, "cut");
    exchange.cut();
    co_return true;
  }
  if (rule.hang_after == steps) {
    observe_fault(operation, "hang");
    co_await hang();
  }
  co_return false;
}

Awaitable<> Server::hang() { co_await runtime_.sleep_until(Instant::max(), "agent that hangs"); }

Awaitable<> Server::wait(const DelayRange& delay, const char* what) {
  if (http::is_constant_zero(delay)) co_return;
  co_await runtime_.sleep_for(runtime_.draw(delay, what), what);
}

void Server::observe_fault(const Operation& operation, std::string_view fault) {
  runtime_.observe("agent_fault", {{"operation", operation.name},
                                   {"run", std::string_view(operation.run)},
                                   {"user", std::string_view(operation.user)},
                                   {"fault", fault}});
}

}  // namespace raceproof::fakes::agent
