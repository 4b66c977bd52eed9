#include "gateway/messages.hpp"

#include <initializer_list>
#include <nlohmann/json.hpp>
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

}  // namespace

ClientMessage parse_client_message(std::string_view frame) {
  using Type = ClientMessage::Type;
  const auto json = nlohmann::json::parse(frame, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return {Type::malformed, "not JSON"};
  if (!json.is_object()) return {Type::malformed, "not an object"};
  const auto type = json.find("type");
  if (type == json.end() || !type->is_string()) return {Type::malformed, "no type"};
  const auto& name = type->get_ref<const std::string&>();
  if (name == "ping") return {Type::ping, {}};
  if (name != "chat") return {Type::unknown, name};
  const auto text = json.find("text");
  if (text == json.end() || !text->is_string()) return {Type::malformed, "chat without text"};
  return {Type::chat, text->get<std::string>()};
}

std::string message(std::string_view type) { return object({{"type", type}}); }

std::string message(std::string_view type, std::string_view key, std::string_view value) {
  return object({{"type", type}, {key, value}});
}

std::string session_established_message(std::string_view session, std::string_view user) {
  return object({{"type", "session_established"}, {"session", session}, {"user", user}});
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
