#include "fakes/auth/server.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "runtime/task.hpp"

namespace raceproof::fakes::auth {

namespace {

using nlohmann::json;

std::string refusal(std::string_view reason) {
  return json{{"valid", false}, {"reason", reason}}.dump();
}

/// What went wrong by a rule; empty when it only changes the answer or its time.
std::string_view fault_of(const OperationRule& rule) {
  if (rule.reset) return "reset";
  if (rule.hang) return "hang";
  if (rule.cut) return "cut";
  if (rule.garbage) return "garbage";
  if (rule.status != 0) return "status";
  if (!rule.reply.empty()) return "reply";
  return rule.user.empty() ? "" : "user";
}

}  // namespace

Server::Server(Runtime& runtime, Settings settings)
    : runtime_(runtime),
      settings_(std::move(settings)),
      http_(runtime, "auth", settings_.listen,
            [this](http::Request request, http::Exchange& exchange) {
              return handle(std::move(request), exchange);
            }) {}

Server::Operation Server::understand(const http::Request& request) const {
  Operation operation;
  const auto path = request.path();
  if (path == "/health" && request.method == "GET") {
    operation.name = "health";
  } else if (path == "/jwks.json" && request.method == "GET") {
    operation.name = "key_set";
  } else if (path == "/validate" && request.method == "POST") {
    operation.name = "validate";
    const json body = json::parse(request.body, nullptr, false);
    const auto token = body.is_object() ? body.find("token") : body.end();
    if (body.is_object() && token != body.end() && token->is_string()) {
      operation.token = read_token(token->get_ref<const std::string&>(), settings_.secret);
    }
  } else {
    operation.name = "unknown";
  }
  return operation;
}

/// On the connection's strand, like everything that it calls but `take_up` and `put_down`.
Awaitable<> Server::handle(http::Request request, http::Exchange& exchange) {
  const Operation operation = understand(request);
  const Taken taken = co_await call(http_.strand(), take_up(operation));
  if (taken.busy) {
    observe_fault(operation, "busy");
    Answer given;
    given.status = 503;
    given.body = R"({"error":"busy"})";
    co_await give(operation, given, exchange);
    co_return;
  }
  std::exception_ptr failure;
  try {
    co_await work(operation, taken.rule, exchange);
  } catch (...) {
    failure = std::current_exception();
  }
  if (taken.counted) {
    co_await enter_shield();
    co_await call(http_.strand(), put_down());
  }
  if (failure) std::rethrow_exception(failure);
}

Awaitable<> Server::work(const Operation& operation, const OperationRule* rule,
                         http::Exchange& exchange) {
  const DelayRange delay = rule != nullptr && rule->delay ? *rule->delay : settings_.reply;
  if (!http::is_constant_zero(delay)) {
    co_await runtime_.sleep_for(runtime_.draw(delay, "auth reply"), "auth reply");
  }
  const Answer given = answer(operation, rule);
  const std::string_view fault = rule == nullptr ? std::string_view() : fault_of(*rule);
  if (!fault.empty()) observe_fault(operation, fault);
  if (rule != nullptr && (rule->reset || rule->hang || rule->cut || rule->garbage)) {
    co_await misbehave(*rule, operation, given, exchange);
    co_return;
  }
  co_await give(operation, given, exchange);
}

Awaitable<> Server::give(const Operation& operation, const Answer& given,
                         http::Exchange& exchange) {
  runtime_.observe("auth_answer", {{"operation", operation.name},
                                   {"user", std::string_view(operation.token.user)},
                                   {"status", std::int64_t{given.status}},
                                   {"valid", given.valid}});
  co_await exchange.answer(given.status, given.body);
}

void Server::observe_fault(const Operation& operation, std::string_view fault) {
  runtime_.observe("auth_fault", {{"operation", operation.name},
                                  {"user", std::string_view(operation.token.user)},
                                  {"fault", fault}});
}

/// On the server's strand: counts the request, and finds the rule that applies to it.
Awaitable<Server::Taken> Server::take_up(Operation operation) {
  runtime_.observe("auth_request", {{"operation", operation.name},
                                    {"user", std::string_view(operation.token.user)}});
  Taken taken;
  if (settings_.at_once != 0 && operation.name == "validate") {
    taken.busy = working_ >= settings_.at_once;
    if (taken.busy) co_return taken;
    taken.counted = true;
    ++working_;
  }
  const auto it = settings_.on.find(std::string(operation.name));
  if (it == settings_.on.end()) co_return taken;
  const OperationRule& rule = it->second;
  if (rule.times != 0 && applied_[it->first]++ >= rule.times) co_return taken;
  taken.rule = &rule;
  co_return taken;
}

Awaitable<> Server::put_down() {
  --working_;
  co_return;
}

Awaitable<> Server::misbehave(const OperationRule& rule, const Operation& operation,
                              const Answer& answer, http::Exchange& exchange) {
  if (rule.reset) co_return exchange.reset();
  if (rule.hang) {
    co_await runtime_.sleep_until(Instant::max(), "auth request that is never answered");
  }
  if (rule.garbage) {
    co_await exchange.raw("* OK " + std::string(operation.name) + " server ready\r\n\r\n");
    co_return;
  }
  co_await exchange.announce(answer.status, answer.body.size());
  co_await exchange.raw(answer.body.substr(0, answer.body.size() / 2));
  exchange.cut();
}

Server::Answer Server::answer(const Operation& operation, const OperationRule* rule) {
  Answer given;
  if (operation.name == "health") {
    given.body = R"({"status":"ok"})";
  } else if (operation.name == "key_set") {
    given.body = std::string(test_key_set);
  } else if (operation.name == "validate") {
    given = validate(operation, rule);
  } else {
    given.status = 404;
    given.body = R"({"error":"not_found"})";
  }
  if (rule != nullptr && rule->status != 0) given.status = static_cast<unsigned>(rule->status);
  if (rule != nullptr && !rule->reply.empty()) given.body = rule->reply;
  return given;
}

Server::Answer Server::validate(const Operation& operation, const OperationRule* rule) {
  const ReadToken& token = operation.token;
  const auto is_revoked = [&](const std::string& entry) {
    return entry == token.user || (!token.id.empty() && entry == token.id);
  };
  Answer given;
  if (token.user.empty()) {
    given.body = refusal("malformed");
  } else if (!token.valid) {
    given.body = refusal("bad_signature");
  } else if (std::any_of(settings_.revoked.begin(), settings_.revoked.end(), is_revoked)) {
    given.body = refusal("revoked");
  } else if (runtime_.now() >= runtime_.at_unix_time(token.expires)) {
    given.body = refusal("expired");
  } else {
    const std::string& user = rule != nullptr && !rule->user.empty() ? rule->user : token.user;
    given.valid = true;
    given.body = json{{"valid", true}, {"user", user}, {"exp", token.expires}}.dump();
  }
  return given;
}

}  // namespace raceproof::fakes::auth
