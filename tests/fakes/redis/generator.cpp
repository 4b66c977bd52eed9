// See generator.hpp. Commands are made from templates: %k stands for a key, %v a value, %w a
// short one (a hash keeps the order of its fields while all values are short), %n a number,
// %i a small index, %s seconds, %f a field, %m a set's member, %c a channel, %g a pattern.
#include "tests/fakes/redis/generator.hpp"

#include <cctype>
#include <span>
#include <sstream>

#include "fakes/redis/script.hpp"
#include "gateway/scripts.hpp"
#include "tests/fakes/redis/templates.hpp"

namespace raceproof::fakes::redis::test {
namespace {

/// SplitMix64: small, and the same everywhere.
class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) : state_(seed) {}
  std::size_t below(std::size_t limit) { return next() % limit; }
  template <class Range>
  auto pick(const Range& range) {
    return range[below(std::size(range))];
  }

 private:
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  std::uint64_t state_;
};

std::string fill(char kind, Numbers& numbers) {
  using namespace std::string_literals;
  static const std::string keys[] = {"a", "b", "c", "key:1"};
  static const std::string values[] = {"",
                                       "x",
                                       "10",
                                       "-7",
                                       "hello world",
                                       "3.5",
                                       "a\0b"s,
                                       "\r\n",
                                       "1e3",
                                       "9223372036854775807",
                                       " 1",
                                       "007",
                                       "inf",
                                       std::string(300, 'v')};
  static const std::string integers[] = {"0",
                                         "1",
                                         "-1",
                                         "10",
                                         "-10",
                                         "100",
                                         "x",
                                         "1.5",
                                         "+1",
                                         "",
                                         "9223372036854775807",
                                         "-9223372036854775808",
                                         "9223372036854775808"};
  static const std::string indices[] = {"0", "1", "2", "-1", "-2", "-100", "100", "x"};
  static const std::string seconds[] = {
      "100", "5000", "0", "-1", "x", "9223372036854775807", "1e2", "9300000000000000"};
  static const std::string fields[] = {"f", "g", "n", ""};
  static const std::string members[] = {"1", "2", "-5", "x", "y", "10", "01"};
  static const std::string channels[] = {"news", "news.art", "n[w", "x"};
  static const std::string globs[] = {"*",     "news*", "n?ws", "n[a-f]ws", "n[^a]ws", "key:[0-9]",
                                      "n\\[w", "[a-c]", "a",    "*w*",      "",        "[z-a]"};
  switch (kind) {
    case 'k':
      return numbers.pick(keys);
    case 'v':
      return numbers.pick(values);
    case 'w':
      return numbers.pick(std::span(values).first(std::size(values) - 1));
    case 'n':
      return numbers.pick(integers);
    case 'i':
      return numbers.pick(indices);
    case 's':
      return numbers.pick(seconds);
    case 'f':
      return numbers.pick(fields);
    case 'm':
      return numbers.pick(members);
    case 'c':
      return numbers.pick(channels);
    default:
      return numbers.pick(globs);
  }
}

std::vector<std::string> instantiate(std::string_view pattern, Numbers& numbers) {
  std::vector<std::string> arguments;
  std::istringstream words{std::string(pattern)};
  for (std::string word; words >> word;) {
    arguments.push_back(word[0] == '%' ? fill(word[1], numbers) : word);
  }
  if (numbers.below(4) == 0) {  // names are taken in any case
    for (char& c : arguments[0]) c = static_cast<char>(std::tolower(c));
  }
  if (numbers.below(40) == 0) arguments.push_back("extra");
  if (numbers.below(40) == 0 && arguments.size() > 1) arguments.pop_back();
  return arguments;
}

std::string in_words(const std::vector<std::string>& arguments) {
  std::string words;
  for (const auto& argument : arguments) words += (words.empty() ? "" : " ") + argument;
  return words;
}

Step make_step(int connection, const std::vector<std::string>& arguments, Until until) {
  return {connection, encode(arguments), until, in_words(arguments)};
}

Conversation start(std::string name, int connections) {
  Conversation conversation{std::move(name), {}, connections};
  conversation.steps.push_back(make_step(0, {"FLUSHALL"}, Until::marker));
  conversation.steps.push_back(make_step(0, {"SCRIPT", "FLUSH"}, Until::marker));
  conversation.steps.push_back(
      make_step(0, {"CONFIG", "SET", "timeout", "0", "maxmemory", "0"}, Until::marker));
  return conversation;
}

/// Follows which connection is inside MULTI, as far as it matters for when an answer is complete.
struct Side {
  bool in_transaction = false;
};

void add_command(Conversation& conversation, int connection, Side& side,
                 const std::vector<std::string>& arguments) {
  std::string name;
  for (const char c : arguments[0]) name += static_cast<char>(std::toupper(c));
  const bool exact = arguments.size() == 1;
  const bool ends = exact && (name == "EXEC" || name == "DISCARD" || name == "RESET");
  if (name == "MULTI" && exact) side.in_transaction = true;
  if (ends) side.in_transaction = false;
  const auto until = side.in_transaction ? Until::one_reply : Until::marker;
  conversation.steps.push_back(make_step(connection, arguments, until));
}

Conversation mixed(std::string name, std::span<const std::string_view> templates,
                   Numbers& numbers) {
  auto conversation = start(std::move(name), 1);
  Side side;
  const auto length = 12 + numbers.below(12);
  for (std::size_t i = 0; i < length; ++i) {
    add_command(conversation, 0, side, instantiate(numbers.pick(templates), numbers));
  }
  return conversation;
}

/// Two or three connections; after each command the others are asked what they were sent.
Conversation crowd(std::string name, std::span<const std::string_view> templates, int connections,
                   Numbers& numbers) {
  auto conversation = start(std::move(name), connections);
  std::vector<Side> sides(static_cast<std::size_t>(connections));
  const auto length = 14 + numbers.below(10);
  for (std::size_t i = 0; i < length; ++i) {
    const auto connection = static_cast<int>(numbers.below(sides.size()));
    add_command(conversation, connection, sides[connection],
                instantiate(numbers.pick(templates), numbers));
    for (int other = 0; other < connections; ++other) {
      if (other == connection || sides[other].in_transaction) continue;
      conversation.steps.push_back({other, "", Until::marker, "(what was sent to it)"});
    }
  }
  return conversation;
}

}  // namespace

std::vector<Conversation> generate_conversations(std::uint64_t seed, std::size_t count) {
  Numbers numbers(seed);
  std::vector<Conversation> conversations;
  while (conversations.size() < count) {
    const auto number = " " + std::to_string(conversations.size());
    conversations.push_back(mixed("strings" + number, string_templates, numbers));
    conversations.push_back(mixed("keys" + number, key_templates, numbers));
    conversations.push_back(mixed("hashes" + number, hash_templates, numbers));
    conversations.push_back(mixed("sets and lists" + number, collection_templates, numbers));
    conversations.push_back(mixed("connection" + number, connection_templates, numbers));
    conversations.push_back(crowd("pubsub" + number, pubsub_templates, 3, numbers));
    conversations.push_back(crowd("transactions" + number, transaction_templates, 2, numbers));
    conversations.push_back(mixed("scripts" + number, script_templates, numbers));
  }
  return conversations;
}

std::vector<Conversation> script_conversations() {
  std::vector<Conversation> conversations;
  for (const auto body : script_bodies) {
    auto conversation = start("script", 1);
    conversation.steps.push_back(make_step(0, {"SET", "a", "text"}, Until::marker));
    conversation.steps.push_back(make_step(0, {"HSET", "h", "f", "1", "g", "2"}, Until::marker));
    conversation.steps.push_back(
        make_step(0, {"EVAL", std::string(body), "2", "a", "h", "one", "2", "3.5"}, Until::marker));
    conversation.steps.push_back(
        make_step(0, {"SCRIPT", "LOAD", std::string(body)}, Until::marker));
    conversation.steps.push_back(
        make_step(0, {"EVAL_RO", std::string(body), "1", "a", "b"}, Until::marker));
    conversation.steps.push_back(
        make_step(0, {"EVALSHA", sha1_hex(body), "2", "a", "h", "one", "2", "3.5"}, Until::marker));
    conversation.steps.push_back(make_step(0, {"GET", "a"}, Until::marker));
    conversations.push_back(std::move(conversation));
  }
  return conversations;
}

std::vector<Conversation> gateway_conversations() {
  using gateway::join_script;
  using gateway::leave_script;
  using gateway::send_script;
  // Connection 0 sends, for two gateways; 1 and 2 are what those subscribed with.
  auto conversation = start("gateway", 3);
  const auto say = [&](int connection, const std::vector<std::string>& arguments) {
    conversation.steps.push_back(make_step(connection, arguments, Until::marker));
    for (const int other : {1, 2}) {
      if (other == connection) continue;
      conversation.steps.push_back({other, "", Until::marker, "(what was sent to it)"});
    }
  };
  const auto call = [&](const gateway::Script& script, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(),
                     {"EVALSHA", std::string(script.digest.data(), script.digest.size())});
    say(0, arguments);
  };
  const auto setup = [&](const std::string& instance, const std::string& session) {
    const std::string key = "sessions:" + instance;
    say(0, {"EVALSHA", std::string(gateway::register_session_sha), "1", key, session, "alice",
            "86400"});
    say(0, {"PUBLISH", "instance:" + instance, "probe " + session});
    call(join_script, {"2", "user:alice", "kept:alice", session, instance});
  };
  const auto send = [&](const std::string& from, const std::string& text, const std::string& keep,
                        const std::string& forget) {
    call(send_script, {"2", "user:alice", "kept:alice", from, "instance:", text, keep, forget});
  };
  say(0, {"PING"});
  setup("one", "s0");  // nothing is loaded, and nobody has subscribed
  for (const auto text :
       {gateway::register_session_script, join_script.text, leave_script.text, send_script.text}) {
    say(0, {"SCRIPT", "LOAD", std::string(text)});
  }
  setup("one", "s1");
  say(1, {"SUBSCRIBE", "instance:one"});
  say(2, {"SUBSCRIBE", "instance:two"});
  setup("one", "s2");
  setup("two", "s3");
  send("one", "to two alone", "10", "0");
  send("two", "to one alone", "10", "1");  // forgets its own session
  send("two", "to one again", "0", "0");
  call(leave_script, {"1", "user:alice", "s1"});
  call(leave_script, {"1", "user:alice", "s2"});
  call(leave_script, {"1", "user:alice", "s2"});
  for (const std::string text : {"first", "second", "third"}) send("two", text, "2", "0");
  setup("one", "s4");  // gets the last two
  say(0, {"HDEL", "sessions:one", "s4"});
  say(0, {"TTL", "sessions:one"});
  say(0, {"HGETALL", "sessions:one"});
  say(0, {"PUBSUB", "NUMSUB", "instance:one", "instance:two", "instance:three"});
  return {conversation};
}

std::vector<Conversation> protocol_conversations() {
  std::vector<Conversation> conversations;
  for (const auto& [bytes, closes] : protocol_samples) {
    auto conversation = start("protocol", 2);
    conversation.steps.push_back({1, std::string(bytes), closes ? Until::closed : Until::marker,
                                  std::string(bytes.substr(0, 40))});
    conversations.push_back(std::move(conversation));
  }
  for (const std::size_t length : {70000}) {
    for (const std::string front : {"", "*", "*1\r\n$", "*1\r\nx"}) {
      auto conversation = start("protocol", 2);
      conversation.steps.push_back(
          {1, front + std::string(length, '1'), Until::closed, front + "1111..."});
      conversations.push_back(std::move(conversation));
    }
  }
  return conversations;
}

}  // namespace raceproof::fakes::redis::test
