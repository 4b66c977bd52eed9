#include "gateway/messages.hpp"

#include <array>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "gateway/json_text.hpp"

namespace raceproof::gateway {

namespace {

using Member = std::pair<std::string_view, std::string_view>;

/// An object of strings, in the order given, without the members whose value is empty.
std::string object(std::initializer_list<Member> members) {
  std::string out = "{";
  for (const auto& [key, value] : members) {
    if (value.empty()) continue;
    if (out.size() > 1) out += ',';
    append_json_string(out, key);
    out += ':';
    append_json_string(out, value);
  }
  out += '}';
  return out;
}

ClientMessage malformed(std::string what) {
  ClientMessage message;
  message.text = std::move(what);
  return message;
}

/// A member that is a string; nothing otherwise.
std::optional<std::string> text_of(const nlohmann::json& object, const char* key) {
  const auto member = object.find(key);
  if (member == object.end() || !member->is_string()) return std::nullopt;
  return member->get<std::string>();
}

/// False when the member is there and no string.
bool read_optional(const nlohmann::json& object, const char* key, std::string& value) {
  if (!object.contains(key)) return true;
  const auto text = text_of(object, key);
  if (text) value = *text;
  return text.has_value();
}

}  // namespace

std::string_view to_string(ClientMessage::Type type) {
  static constexpr std::array<std::string_view, 5> names{"chat", "ping", "cancel", "unknown",
                                                         "malformed"};
  return names[static_cast<std::size_t>(type)];
}

ClientMessage parse_client_message(std::string_view frame) {
  const auto json = nlohmann::json::parse(frame, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return malformed("not JSON");
  if (!json.is_object()) return malformed("not an object");
  const std::optional<std::string> name = text_of(json, "type");
  if (!name) return malformed("no type");
  ClientMessage message;
  if (!read_optional(json, "user_id", message.user)) return malformed("user_id is not a string");
  if (*name == "ping") {
    message.type = ClientMessage::Type::ping;
  } else if (*name == "cancel") {
    if (!text_of(json, "run_id")) return malformed("cancel without run_id");
    message.type = ClientMessage::Type::cancel;
    message.run = *text_of(json, "run_id");
  } else if (*name == "chat") {
    if (!text_of(json, "text")) return malformed("chat without text");
    if (!read_optional(json, "thread_id", message.thread)) {
      return malformed("thread_id is not a string");
    }
    message.type = ClientMessage::Type::chat;
    message.text = *text_of(json, "text");
  } else {
    message.type = ClientMessage::Type::unknown;
    message.text = *name;
  }
  return message;
}

std::string message(std::string_view type) { return object({{"type", type}}); }

std::string message(std::string_view type, std::string_view key, std::string_view value) {
  return object({{"type", type}, {key, value}});
}

std::string session_established_message(std::string_view session, std::string_view user) {
  return object(
      {{"type", "session_established"}, {"session", session}, {"user", user}, {"user_id", user}});
}

std::string error_message(std::string_view code, std::string_view text) {
  return object({{"type", "error"}, {"code", code}, {"message", text}});
}

std::string health_body(std::string_view status, std::string_view reason, std::string_view phase) {
  return object({{"status", status}, {"reason", reason}, {"phase", phase}});
}

std::string error_body(std::string_view code, std::string_view text) {
  return object({{"error", code}, {"message", text}});
}

}  // namespace raceproof::gateway
