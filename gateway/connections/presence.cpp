#include "gateway/connections/presence.hpp"

#include <charconv>

#include "gateway/script_call.hpp"

namespace raceproof::gateway {

namespace {

std::string presence_key(const std::string& user) { return "presence:" + user; }
std::string kept_key(const std::string& user) { return "kept:" + user; }

/// Takes "<length>:<that many bytes>" off the front.
std::optional<std::string> take_counted(std::string_view& text) {
  std::size_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (error != std::errc() || end == text.data() + text.size() || *end != ':') return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  if (length > text.size()) return std::nullopt;
  std::string taken(text.substr(0, length));
  text.remove_prefix(length);
  return taken;
}

}  // namespace

std::string encode(const RemoteMessage& message) {
  std::string out = std::to_string(message.user.size());
  out.append(":").append(message.user).append(std::to_string(message.type.size()));
  return out.append(":").append(message.type).append(message.text);
}

std::optional<RemoteMessage> decode(std::string_view text) {
  auto user = take_counted(text);
  auto type = user ? take_counted(text) : std::nullopt;
  if (!type) return std::nullopt;
  return RemoteMessage{std::move(*user), std::move(*type), std::string(text)};
}

Awaitable<std::optional<std::vector<RemoteMessage>>> Presence::join(std::string user,
                                                                    std::string session) {
  const std::vector<std::string> keys{presence_key(user), kept_key(user)};
  const std::vector<std::string> arguments{session, instance_};
  const auto answer =
      co_await call(redis_.strand(), run_script(redis_, join_script, keys, arguments, true));
  if (answer.reply.type != resp::Reply::Type::array) co_return std::nullopt;
  std::vector<RemoteMessage> kept;
  for (const auto& element : answer.reply.elements) {
    if (auto message = decode(element.text)) kept.push_back(std::move(*message));
  }
  co_return kept;
}

Awaitable<> Presence::leave(std::string user, std::string session) {
  const std::vector<std::string> keys{presence_key(user)};
  const std::vector<std::string> arguments{session};
  co_await call(redis_.strand(), run_script(redis_, leave_script, keys, arguments, true));
}

Awaitable<std::optional<std::int64_t>> Presence::send(RemoteMessage message, bool absent,
                                                      bool keep) {
  const std::vector<std::string> keys{presence_key(message.user), kept_key(message.user)};
  const std::vector<std::string> arguments{instance_, channels_, encode(message),
                                           std::to_string(keep ? keep_ : 0), absent ? "1" : "0"};
  const auto answer =
      co_await call(redis_.strand(), run_script(redis_, send_script, keys, arguments, true));
  if (!answer.reply.is_integer()) co_return std::nullopt;
  co_return answer.reply.integer;
}

}  // namespace raceproof::gateway
