#include "gateway/resp/conversation.hpp"

#include <utility>

namespace raceproof::gateway::resp {

namespace {

/// RESP2 has no type of its own for what is pushed: it is an array that says "message" first.
bool is_message(const Reply& reply) {
  return reply.type == Reply::Type::array && reply.elements.size() == 3 &&
         reply.elements[0].text == "message";
}

}  // namespace

std::optional<std::string> Conversation::received(std::string_view bytes) {
  reader_.feed(bytes);
  while (auto reply = reader_.next()) {
    if (is_message(*reply)) {
      if (on_message_) on_message_(reply->elements[1].text, reply->elements[2].text);
      continue;
    }
    if (waiting_.empty()) return "reply to no command: " + reply->describe();
    ReplyHandler handler = std::move(waiting_.front());
    waiting_.pop_front();
    handler(std::move(reply));
  }
  if (reader_.broken()) return "not RESP: " + reader_.error();
  return std::nullopt;
}

void Conversation::end() {
  for (auto& handler : std::exchange(waiting_, {})) handler(std::nullopt);
}

}  // namespace raceproof::gateway::resp
