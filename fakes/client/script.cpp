#include "fakes/client/script.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <type_traits>

namespace raceproof::fakes::client {

namespace {

template <std::size_t... I>
constexpr auto keys_of(std::index_sequence<I...>) {
  return std::array{std::variant_alternative_t<I, Step>::key...};
}
constexpr auto keys = keys_of(std::make_index_sequence<std::variant_size_v<Step>>{});

template <std::size_t... I>
std::optional<Step> make_at(std::size_t index, std::index_sequence<I...>) {
  std::optional<Step> made;
  ((index == I ? void(made.emplace(std::in_place_index<I>)) : void()), ...);
  return made;
}

bool is_status(std::string_view text) {
  int status = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), status);
  return error == std::errc() && end == text.data() + text.size() && status >= 100 && status <= 599;
}

/// RFC 6455 section 7.4: what an endpoint may put into a close frame.
bool may_be_sent(std::int64_t code) {
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

/// Characters that stand for themselves in a URI (RFC 3986 section 2.3).
bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

/// RFC 9110 section 5.6.2.
bool is_token(std::string_view text) {
  static constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
  });
}

std::string problem_of(const Connect& step) {
  if (!std::all_of(step.user.begin(), step.user.end(), is_unreserved)) {
    return "'user' goes into the request as it is: letters, digits, '-', '.', '_' and '~' only";
  }
  for (const auto& [name, text] : step.headers) {
    if (!is_token(name)) return "'" + name + "' cannot name a header (RFC 9110 section 5.6.2)";
    if (text.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
      return "a header has one line";
    }
  }
  for (const auto& protocol : step.subprotocols) {
    if (!is_token(protocol)) {
      return "'" + protocol + "' cannot name a subprotocol (RFC 6455 section 4.1)";
    }
  }
  for (const auto& reason : step.retry_on) {
    if (reason != "refused" && reason != "lost" && !is_status(reason)) {
      return "retry_on takes HTTP statuses (100 to 599), 'refused' and 'lost', not '" + reason +
             "'";
    }
  }
  return {};
}

std::string problem_of(const Expect& step) {
  const int kinds = (step.type.empty() ? 0 : 1) + (step.close == 0 ? 0 : 1) +
                    (step.http == 0 ? 0 : 1) + (step.subprotocol.empty() ? 0 : 1);
  if (kinds > 1) {
    return "an expect has one of 'type', 'close', 'http' and 'subprotocol', not several";
  }
  if (step.strict && step.http != 0) return "'strict' is about frames, not HTTP answers";
  return {};
}

std::string problem_of(const Send& step) {
  if (!step.raw.empty() && !step.text.empty()) return "a send has 'raw' or 'text', not both";
  if (!step.raw.empty() && !step.thread.empty()) return "a send has 'raw' or 'thread', not both";
  if (!step.raw.empty() && step.with_run) return "a send has 'raw' or 'with_run', not both";
  return {};
}

std::string problem_of(const Close& step) {
  if (may_be_sent(step.code)) return {};
  return "a client cannot send close code " + std::to_string(step.code) + " (RFC 6455 section 7.4)";
}

std::string problem_of(const auto&) { return {}; }

}  // namespace

void Wait::describe(SettingsVisitor& visitor) {
  visitor.on("delay", delay, "How long the client does nothing.");
}

std::span<const std::string_view> choices(TokenAs) {
  static constexpr std::array<std::string_view, 2> names{"header", "subprotocol"};
  return names;
}

void TokenValidity::describe(SettingsVisitor& visitor) {
  visitor.on("from", from, "When it becomes valid (nbf), counted from the start of the run.");
  visitor.on("for", span, "How long it is valid (until exp).");
}

void Connect::describe(SettingsVisitor& visitor) {
  visitor.on("path", path, "Path of the WebSocket upgrade.");
  visitor.on("user", user,
             "Query parameter 'user' of the upgrade request; the client's name when left out.");
  visitor.on("token", token,
             "Token of the upgrade request: valid, expired, not_yet_valid, forged, wrong_audience "
             "(made for this user where there is an auth backend), none, or the token itself.");
  visitor.on("token_valid", token_valid, "From when to when the token is valid, in whole seconds.");
  visitor.on("send_token_as", send_token_as,
             "As the header 'Authorization: Bearer', or as the subprotocol 'jwt.TOKEN', offered "
             "last.");
  visitor.on("subprotocols", subprotocols, "Subprotocols that are offered, in this order.");
  visitor.on("headers", headers, "Further headers of the upgrade request.");
  visitor.on("retry_on", retry_on,
             "What is tried again: HTTP statuses of a refused upgrade, 'refused' for a refused "
             "connection, 'lost' for one that ended or timed out unanswered.");
  visitor.on("every", every, "Pause between two attempts.");
  visitor.on("for", give_up, "How long attempts are begun, counted from the first.");
  visitor.on("within", within, "Limit of one attempt, from the TCP connect to the HTTP answer.");
}

void Expect::describe(SettingsVisitor& visitor) {
  visitor.on("type", type, "The frame's JSON \"type\"; any frame when left out.");
  visitor.on("text", text, "What the frame, or the reason of the close, contains.");
  visitor.on("strict", strict,
             "Whether the very next frame must match, instead of the first that does.");
  visitor.on("close", close, 1000, 4999,
             "Code of the expected close; 1006 is a connection lost without a close frame.");
  visitor.on("http", http, 100, 599,
             "HTTP status with which the upgrade just before was answered.");
  visitor.on("subprotocol", subprotocol,
             "The subprotocol that the server chose for the connection.");
  visitor.on("within", within,
             "Limit of the wait; without it the client waits as long as the run lasts.");
}

void Send::describe(SettingsVisitor& visitor) {
  visitor.on("type", type, "\"type\" of the JSON message.");
  visitor.on("text", text, "\"text\" of the JSON message.");
  visitor.on("raw", raw, "A frame sent exactly as written, instead of a JSON message.");
  visitor.on("thread", thread, "\"thread_id\" of the JSON message; none when left out.");
  visitor.on("with_run", with_run,
             "Whether the JSON message has a \"run_id\": that of the latest frame that has one.");
  visitor.on("binary", binary, "Whether it is a binary frame instead of a text frame.");
  visitor.on("bytes", bytes, 0, 16 * 1024 * 1024,
             "The least length of the frame, in bytes: \"text\" (or 'raw') is filled up with x.");
}

void ReadSlowly::describe(SettingsVisitor& visitor) {
  visitor.on("for", span, "For how long nothing is read, while the script goes on.");
}

void Close::describe(SettingsVisitor& visitor) {
  visitor.on("code", code, 1000, 4999, "Close code (RFC 6455 section 7.4).");
  visitor.on("reason", reason, "Reason in the close frame; at most 123 bytes are sent.");
  visitor.on("within", within, "Limit of the wait for the server's close frame.");
}

void Get::describe(SettingsVisitor& visitor) {
  visitor.on("path", path, "Path of the request.");
  visitor.on("status", status, 100, 599, "The HTTP status that is expected.");
  visitor.on("every", every, "Pause between two attempts.");
  visitor.on("for", give_up,
             "How long the request is repeated until it is answered as expected; once without it.");
  visitor.on("within", within, "Limit of one attempt, from the TCP connect to the answer.");
}

std::span<const std::string_view> step_keys() { return keys; }

std::optional<Step> make_step(std::string_view key) {
  const auto found = std::find(keys.begin(), keys.end(), key);
  return make_at(static_cast<std::size_t>(found - keys.begin()),
                 std::make_index_sequence<std::variant_size_v<Step>>{});
}

std::string_view step_key(const Step& step) { return keys[step.index()]; }

std::string_view step_shorthand(const Step& step) {
  return std::visit([](const auto& s) { return std::remove_cvref_t<decltype(s)>::shorthand; },
                    step);
}

void describe(Step& step, SettingsVisitor& visitor) {
  std::visit([&](auto& s) { s.describe(visitor); }, step);
}

std::string problem(const Step& step) {
  return std::visit([](const auto& s) { return problem_of(s); }, step);
}

}  // namespace raceproof::fakes::client
