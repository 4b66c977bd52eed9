#include "gateway/script_call.hpp"

#include "gateway/resp/command.hpp"

namespace raceproof::gateway {

namespace {

std::string encode_script(std::string_view command, std::string_view script,
                          const std::vector<std::string>& keys,
                          const std::vector<std::string>& arguments) {
  std::string out;
  resp::append_header(out, '*', 3 + keys.size() + arguments.size());
  resp::append_bulk(out, command);
  resp::append_bulk(out, script);
  resp::append_bulk(out, std::to_string(keys.size()));
  for (const auto& key : keys) resp::append_bulk(out, key);
  for (const auto& argument : arguments) resp::append_bulk(out, argument);
  return out;
}

}  // namespace

Awaitable<resp::Answer> run_script(RedisManager& redis, const Script& script,
                                   std::vector<std::string> keys,
                                   std::vector<std::string> arguments, bool eval_fallback) {
  const std::string_view digest(script.digest.data(), script.digest.size());
  resp::Answer answer =
      co_await redis.command(encode_script("EVALSHA", digest, keys, arguments), "EVALSHA");
  if (eval_fallback && resp::has_error_code(answer.reply, "NOSCRIPT")) {
    answer = co_await redis.command(encode_script("EVAL", script.text, keys, arguments), "EVAL");
  }
  co_return answer;
}

}  // namespace raceproof::gateway
