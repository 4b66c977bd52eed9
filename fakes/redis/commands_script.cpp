// EVAL, EVALSHA, their read-only forms, and SCRIPT.
#include "fakes/redis/engine.hpp"
#include "fakes/redis/numbers.hpp"

namespace raceproof::fakes::redis {
namespace {

constexpr std::string_view no_script = "NOSCRIPT No matching script. Please use EVAL.";

/// The number of keys; answers the error and returns nothing when it is wrong.
std::optional<std::size_t> key_count(const Context& c) {
  const auto count = integer_argument(c, c.arguments[2]);
  if (!count) return std::nullopt;
  if (*count > static_cast<std::int64_t>(c.arguments.size()) - 3) {
    c.reply.error("ERR Number of keys can't be greater than number of args");
    return std::nullopt;
  }
  if (*count < 0) {
    c.reply.error("ERR Number of keys can't be negative");
    return std::nullopt;
  }
  return static_cast<std::size_t>(*count);
}

void run(Context& c, const Script& script, std::size_t keys, bool read_only) {
  const auto rest = c.arguments.subspan(3);
  c.engine.run_script(c, script, read_only, rest.first(keys), rest.subspan(keys));
}

void evaluate(Context& c, bool read_only) {
  const auto keys = key_count(c);
  if (!keys) return;
  std::string error;
  const Script* script = c.engine.load_script(c.arguments[1], error);
  if (script == nullptr) return c.reply.error(error);
  run(c, *script, *keys, read_only);
}

void evaluate_cached(Context& c, bool read_only) {
  // A name that cannot be a digest is answered before the number of keys is looked at.
  if (c.arguments[1].size() != 40) return c.reply.error(no_script);
  const auto keys = key_count(c);
  if (!keys) return;
  const auto& scripts = c.engine.scripts();
  const auto it = scripts.find(to_lower(c.arguments[1]));
  if (it == scripts.end()) return c.reply.error(no_script);
  run(c, it->second, *keys, read_only);
}

void eval(Context& c) { evaluate(c, false); }
void eval_ro(Context& c) { evaluate(c, true); }
void evalsha(Context& c) { evaluate_cached(c, false); }
void evalsha_ro(Context& c) { evaluate_cached(c, true); }

void script_load(Context& c) {
  std::string error;
  const Script* script = c.engine.load_script(c.arguments[2], error);
  if (script == nullptr) return c.reply.error(error);
  c.reply.bulk(script->digest);
}

void script_exists(Context& c) {
  const auto digests = c.arguments.subspan(2);
  c.reply.array(digests.size());
  for (const auto digest : digests) {
    c.reply.integer(c.engine.scripts().contains(to_lower(digest)) ? 1 : 0);
  }
}

void script_flush(Context& c) {
  const auto mode = c.arguments.size() == 3 ? c.arguments[2] : std::string_view("sync");
  if (c.arguments.size() > 3 ||
      (!equals_ignoring_case(mode, "sync") && !equals_ignoring_case(mode, "async"))) {
    return c.reply.error("ERR SCRIPT FLUSH only support SYNC|ASYNC option");
  }
  c.engine.scripts().clear();
  c.reply.ok();
}

void script_kill(Context& c) { c.reply.error("NOTBUSY No scripts in execution right now."); }

constexpr Command script_subcommands[] = {
    {"script|exists", -3, flag_noscript, script_exists},
    {"script|flush", -2, flag_noscript, script_flush},
    {"script|kill", 2, flag_noscript, script_kill},
    {"script|load", 3, flag_noscript, script_load},
};

void container(Context&) {}  // a container without a subcommand fails its arity check

constexpr Command table[] = {
    {"eval", -3, flag_noscript, eval},
    {"eval_ro", -3, flag_noscript | flag_readonly, eval_ro},
    {"evalsha", -3, flag_noscript, evalsha},
    {"evalsha_ro", -3, flag_noscript | flag_readonly, evalsha_ro},
    {"script", -2, flag_none, container, 0, 0, 0, script_subcommands},
};

}  // namespace

std::span<const Command> script_commands() { return table; }

}  // namespace raceproof::fakes::redis
