// The library `redis` that scripts see: call, pcall, error_reply, status_reply, sha1hex, log and
// the functions that change nothing here. The rule about longjmp of lua_sandbox.cpp applies: what
// holds C++ objects is done in a function of its own, which returns before an error is raised.
#include <cstdio>
#include <deque>
#include <exception>
#include <lua.hpp>

#include "fakes/redis/lua_convert.hpp"
#include "fakes/redis/lua_sandbox.hpp"
#include "fakes/redis/script.hpp"

namespace raceproof::fakes::redis {
namespace {

LuaState& state_of(lua_State* lua) {
  return *static_cast<LuaState*>(lua_touserdata(lua, lua_upvalueindex(1)));
}

/// The arguments of redis.call; false when one is neither a string nor a number.
bool collect_arguments(lua_State* lua, std::vector<std::string_view>& arguments,
                       std::deque<std::string>& numbers) {
  for (int i = 1; i <= lua_gettop(lua); ++i) {
    if (lua_type(lua, i) == LUA_TNUMBER) {
      char text[64];
      std::snprintf(text, sizeof text, "%.17g", lua_tonumber(lua, i));
      arguments.emplace_back(numbers.emplace_back(text));
    } else if (lua_type(lua, i) == LUA_TSTRING) {
      std::size_t size = 0;
      const char* bytes = lua_tolstring(lua, i, &size);
      arguments.emplace_back(bytes, size);
    } else {
      return false;
    }
  }
  return true;
}

/// Executes the command that the stack holds and pushes its reply. Returns whether it is an error.
bool execute(lua_State* lua) {
  std::vector<std::string_view> arguments;
  std::deque<std::string> numbers;
  if (lua_gettop(lua) == 0) {
    push_error(lua, "ERR Please specify at least one argument for this redis lib call");
    return true;
  }
  if (!collect_arguments(lua, arguments, numbers)) {
    push_error(lua, "ERR Lua redis lib command arguments must be strings or integers");
    return true;
  }
  std::string reply;
  try {
    reply = state_of(lua).host()->script_call(arguments);
  } catch (const std::exception& failure) {  // must not cross the interpreter's frames
    reply = std::string("-ERR ") + failure.what() + "\r\n";
  }
  std::string_view rest = reply;
  push_reply(lua, rest);
  return reply.starts_with('-');
}

int call(lua_State* lua) { return execute(lua) ? lua_error(lua) : 1; }

int protected_call(lua_State* lua) {
  execute(lua);
  return 1;
}

/// Pushes the single string argument of error_reply and status_reply; false, with an error reply
/// pushed, when it is not that.
bool check_single_string(lua_State* lua) {
  if (lua_gettop(lua) == 1 && lua_type(lua, 1) == LUA_TSTRING) return true;
  push_error(lua, "ERR wrong number or type of arguments");
  return false;
}

void push_error_reply(lua_State* lua) {
  std::size_t size = 0;
  const char* bytes = lua_tolstring(lua, 1, &size);
  std::string_view text(bytes, size);
  if (text.starts_with('-')) text.remove_prefix(1);
  const bool has_code = text.find(' ') != std::string_view::npos;
  lua_createtable(lua, 0, 1);
  lua_pushlstring(lua, "ERR ", has_code ? 0 : 4);
  lua_pushlstring(lua, text.data(), text.size());
  lua_concat(lua, 2);
  lua_setfield(lua, -2, "err");
}

int error_reply(lua_State* lua) {
  if (check_single_string(lua)) push_error_reply(lua);
  return 1;
}

int status_reply(lua_State* lua) {
  if (!check_single_string(lua)) return 1;
  lua_createtable(lua, 0, 1);
  lua_pushvalue(lua, 1);
  lua_setfield(lua, -2, "ok");
  return 1;
}

/// Raises `text` as Redis's own functions do: an error reply, without a position.
int raise(lua_State* lua, const char* text) {
  push_error(lua, text);
  return lua_error(lua);
}

void push_digest(lua_State* lua) {
  std::size_t size = 0;
  const char* bytes = lua_tolstring(lua, 1, &size);
  const auto digest = sha1_hex(std::string_view(bytes == nullptr ? "" : bytes, size));
  lua_pushlstring(lua, digest.data(), digest.size());
}

int sha1hex(lua_State* lua) {
  if (lua_gettop(lua) != 1) return raise(lua, "ERR wrong number of arguments");
  push_digest(lua);
  return 1;
}

int log(lua_State* lua) {
  if (lua_gettop(lua) < 2) {
    return raise(lua, "ERR redis.log() requires two arguments or more.");
  }
  if (lua_type(lua, 1) != LUA_TNUMBER) {
    return raise(lua, "ERR First argument must be a number (log level).");
  }
  const auto level = lua_tonumber(lua, 1);
  if (level < 0 || level > 3) return raise(lua, "ERR Invalid debug level.");
  return 0;  // there is no log to write to
}

int setresp(lua_State* lua) {
  if (lua_gettop(lua) != 1) {
    return raise(lua, "ERR redis.setresp() requires one argument.");
  }
  const auto version = lua_tonumber(lua, 1);
  if (version != 2 && version != 3) return raise(lua, "ERR RESP version must be 2 or 3.");
  return 0;  // commands are always answered in RESP2
}

int set_repl(lua_State* lua) {
  if (lua_gettop(lua) != 1) return raise(lua, "ERR redis.set_repl() requires two arguments.");
  const auto flags = static_cast<int>(lua_tonumber(lua, 1));
  if ((flags & ~3) != 0) {
    return raise(lua,
                 "ERR Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or "
                 "REPL_NONE.");
  }
  return 0;
}

int answer_true(lua_State* lua) {
  lua_pushboolean(lua, 1);
  return 1;
}

int answer_false(lua_State* lua) {
  lua_pushboolean(lua, 0);
  return 1;
}

int do_nothing(lua_State*) { return 0; }

}  // namespace

void push_redis_library(lua_State* lua, LuaState& state) {
  lua_newtable(lua);
  constexpr std::pair<const char*, lua_CFunction> functions[] = {
      {"call", call},
      {"pcall", protected_call},
      {"error_reply", error_reply},
      {"status_reply", status_reply},
      {"sha1hex", sha1hex},
      {"log", log},
      {"setresp", setresp},
      {"set_repl", set_repl},
      {"replicate_commands", answer_true},
      {"breakpoint", answer_false},
      {"debug", do_nothing},
      {"acl_check_cmd", answer_true},
  };
  for (const auto& [name, function] : functions) {
    lua_pushlightuserdata(lua, &state);
    lua_pushcclosure(lua, function, 1);
    lua_setfield(lua, -2, name);
  }
  constexpr std::pair<const char*, int> constants[] = {
      {"LOG_DEBUG", 0},    {"LOG_VERBOSE", 1},
      {"LOG_NOTICE", 2},   {"LOG_WARNING", 3},
      {"REPL_NONE", 0},    {"REPL_AOF", 1},
      {"REPL_REPLICA", 2}, {"REPL_SLAVE", 2},
      {"REPL_ALL", 3},     {"REDIS_VERSION_NUM", 0x0007000f}};
  for (const auto& [name, value] : constants) {
    lua_pushnumber(lua, value);
    lua_setfield(lua, -2, name);
  }
  lua_pushliteral(lua, "7.0.15");
  lua_setfield(lua, -2, "REDIS_VERSION");
}

}  // namespace raceproof::fakes::redis
