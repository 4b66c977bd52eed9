#include "tests/gateway/scripted_redis.hpp"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/write.hpp>

#include "gateway/resp/command.hpp"
#include "gateway/resp/reader.hpp"
#include "gateway/sha1.hpp"
#include "runtime/task.hpp"

namespace raceproof::gateway::testing {

namespace {

constexpr auto as_result = asio::as_tuple(use_awaitable);

std::string bulk(const std::string& text) {
  std::string out;
  resp::append_bulk(out, text);
  return out;
}

/// An array of three: two texts, and a last element that is coded already.
std::string three(const std::string& first, const std::string& second, const std::string& last) {
  std::string out;
  resp::append_header(out, '*', 3);
  return out.append(bulk(first)).append(bulk(second)).append(last);
}

std::string number(std::size_t value) {
  std::string out;
  resp::append_header(out, ':', value);
  return out;
}

std::string digest(const std::string& script) {
  const auto hex = sha1_hex(script);
  return {hex.data(), hex.size()};
}

}  // namespace

struct ScriptedRedis::Peer {
  Stream stream;
  std::set<std::string> channels;
  std::string pushed;  // messages that wait to be written
};

ScriptedRedis::ScriptedRedis(Runtime& runtime, Script script)
    : runtime_(runtime),
      script_(script),
      strand_(runtime.make_strand("scripted redis")),
      port_(listening_.get_future()) {
  spawn(runtime_, strand_, "scripted redis", listen());
}

template <class T, class Body>
T ScriptedRedis::on_strand(Body body) {
  std::promise<T> result;
  spawn(runtime_, strand_, "test", [](Body& work, std::promise<T>& to) -> Awaitable<> {
    to.set_value(work());
    co_return;
  }(body, result));
  return result.get_future().get();
}

void ScriptedRedis::drop_connections() {
  on_strand<bool>([this] {
    for (const auto& peer : peers_) peer->stream.reset();
    return true;
  });
}

void ScriptedRedis::stop() {
  on_strand<bool>([this] {
    listener_.close();
    for (const auto& peer : peers_) peer->stream.close();
    return true;
  });
}

std::size_t ScriptedRedis::sessions() {
  return on_strand<std::size_t>([this] { return sessions_.size(); });
}

std::vector<std::string> ScriptedRedis::commands() {
  return on_strand<std::vector<std::string>>([this] { return commands_; });
}

Awaitable<> ScriptedRedis::listen() {
  listener_ = runtime_.listen(strand_, {"127.0.0.1", 0});
  listening_.set_value(listener_.port());
  for (;;) {
    auto [error, stream] =
        co_await listener_.async_accept([this](std::string_view) { return strand_; }, as_result);
    if (error) co_return;
    auto peer = std::make_shared<Peer>();
    peer->stream = std::move(stream);
    peers_.insert(peer);
    spawn(runtime_, strand_, "scripted redis connection", serve(std::move(peer)));
  }
}

Awaitable<> ScriptedRedis::serve(std::shared_ptr<Peer> peer) {
  resp::Reader reader;
  std::array<char, 1024> bytes;
  for (;;) {
    const auto [error, size] =
        co_await peer->stream.async_read_some(asio::buffer(bytes), as_result);
    if (error) break;
    reader.feed({bytes.data(), size});
    while (auto command = reader.next()) co_await answer(*peer, *command);
  }
  peers_.erase(peer);
}

Awaitable<> ScriptedRedis::answer(Peer& peer, const resp::Reply& command) {
  const std::string& name = command.elements.at(0).text;
  commands_.push_back(name);
  if (name == "SUBSCRIBE") {
    if (script_.subscribe == Script::Subscribe::ignored) co_return;
    co_await runtime_.sleep_for(script_.subscribe_delay, "scripted delay");
  }
  const std::string reply = execute(peer, name, command.elements);
  if (name == "SUBSCRIBE" && script_.subscribe == Script::Subscribe::executed_unanswered) co_return;
  co_await asio::async_write(peer.stream, asio::buffer(reply), as_result);
}

std::string ScriptedRedis::execute(Peer& peer, const std::string& name,
                                   const std::vector<resp::Reply>& words) {
  const auto word = [&words](std::size_t i) -> const std::string& { return words.at(i).text; };
  if (name == "PING") return script_.loading ? "-LOADING not yet\r\n" : "+PONG\r\n";
  if (name == "SUBSCRIBE") {
    peer.channels.insert(word(1));
    return three("subscribe", word(1), number(1));
  }
  if (name == "SCRIPT") {
    scripts_.insert(digest(word(2)));
    return bulk(digest(word(2)));
  }
  if (name == "EVALSHA" || name == "EVAL") {
    if (name == "EVALSHA" && (script_.forgets_scripts || !scripts_.contains(word(1)))) {
      return "-NOSCRIPT No matching script.\r\n";
    }
    sessions_[word(4)] = word(5);
    return number(sessions_.size());
  }
  if (name == "PUBLISH") return publish(word(1), word(2));
  if (name == "HDEL") return number(sessions_.erase(word(2)));
  return "-ERR unknown command\r\n";
}

std::string ScriptedRedis::publish(const std::string& channel, const std::string& text) {
  std::size_t receivers = 0;
  for (const auto& peer : peers_) {
    if (!peer->channels.contains(channel)) continue;
    ++receivers;
    peer->pushed = three("message", channel, bulk(text));
    peer->stream.async_write_some(asio::buffer(peer->pushed), [peer](ErrorCode, std::size_t) {});
  }
  return number(receivers);
}

}  // namespace raceproof::gateway::testing
