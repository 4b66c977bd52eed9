// See lua_convert.hpp. Nothing here raises a Lua error: the values are read without metamethods.
#include "fakes/redis/lua_convert.hpp"

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <lua.hpp>

#include "fakes/redis/reply.hpp"

namespace raceproof::fakes::redis {
namespace {

void push_text(lua_State* lua, std::string_view text) {
  lua_pushlstring(lua, text.data(), text.size());
}

/// As far as a C string goes: that is how Redis formats statuses and errors.
std::string_view until_zero(std::string_view text) { return text.substr(0, text.find('\0')); }

/// Pushes the field `name` of the table on top, without metamethods; its type.
int push_field(lua_State* lua, const char* name) {
  lua_pushstring(lua, name);
  lua_rawget(lua, -2);
  return lua_type(lua, -1);
}

std::string_view text_at(lua_State* lua, int index) {
  std::size_t size = 0;
  const char* bytes = lua_tolstring(lua, index, &size);
  return {bytes, size};
}

std::int64_t to_integer(double number) {
  // Redis casts; outside the range that yields the smallest integer on its machines, and here.
  constexpr double limit = 9223372036854775808.0;
  const bool fits = number >= -limit && number < limit;
  return fits ? static_cast<std::int64_t>(number) : std::numeric_limits<std::int64_t>::min();
}

/// Writes the pairs (or only the keys) of the table on top, and pops it.
void write_entries(lua_State* lua, std::string& out, bool with_values) {
  std::size_t count = 0;
  for (lua_pushnil(lua); lua_next(lua, -2) != 0; lua_pop(lua, 1)) ++count;
  ReplyWriter(out).array(with_values ? 2 * count : count);
  for (lua_pushnil(lua); lua_next(lua, -2) != 0;) {
    lua_pushvalue(lua, -2);
    write_reply(lua, out);  // the key
    with_values ? write_reply(lua, out) : lua_pop(lua, 1);
  }
  lua_pop(lua, 1);
}

/// Writes the table on top by what its fields say; false, with nothing done, when it is an array.
bool write_tagged(lua_State* lua, std::string& out) {
  ReplyWriter reply(out);
  const auto done = [&](int values) {
    lua_pop(lua, values);
    return true;
  };
  if (push_field(lua, "err") == LUA_TSTRING) {
    auto text = text_at(lua, -1);
    if (text.starts_with('-')) text.remove_prefix(1);
    reply.error(until_zero(text));
    return done(2);
  }
  lua_pop(lua, 1);
  if (push_field(lua, "ok") == LUA_TSTRING) {
    reply.status(until_zero(text_at(lua, -1)));
    return done(2);
  }
  lua_pop(lua, 1);
  if (push_field(lua, "double") == LUA_TNUMBER) {
    char text[40];
    std::snprintf(text, sizeof text, "%.17g", lua_tonumber(lua, -1));
    reply.bulk(text);
    return done(2);
  }
  lua_pop(lua, 1);
  for (const auto& [name, with_values] : {std::pair("map", true), std::pair("set", false)}) {
    if (push_field(lua, name) == LUA_TTABLE) {
      write_entries(lua, out, with_values);
      return done(1);
    }
    lua_pop(lua, 1);
  }
  return false;
}

void write_array(lua_State* lua, std::string& out) {
  std::size_t count = 0;
  while (true) {
    lua_rawgeti(lua, -1, static_cast<int>(count + 1));
    const bool end = lua_isnil(lua, -1);
    lua_pop(lua, 1);
    if (end) break;
    ++count;
  }
  ReplyWriter(out).array(count);
  for (std::size_t i = 1; i <= count; ++i) {
    lua_rawgeti(lua, -1, static_cast<int>(i));
    write_reply(lua, out);
  }
  lua_pop(lua, 1);
}

std::string_view take_line(std::string_view& bytes) {
  const auto end = bytes.find("\r\n");
  const auto line = bytes.substr(0, end);
  bytes.remove_prefix(end + 2);
  return line;
}

}  // namespace

void push_error(lua_State* lua, std::string_view text) {
  lua_createtable(lua, 0, 2);
  push_text(lua, text);
  lua_setfield(lua, -2, "err");
  lua_pushboolean(lua, 1);
  lua_setfield(lua, -2, "ignore_error_stats_update");
}

void push_reply(lua_State* lua, std::string_view& bytes) {
  lua_checkstack(lua, 4);
  const auto line = take_line(bytes);
  const auto text = line.substr(1);
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  switch (line.front()) {
    case '+':
      lua_createtable(lua, 0, 1);
      push_text(lua, text);
      lua_setfield(lua, -2, "ok");
      return;
    case '-':
      return push_error(lua, text);
    case ':':
      return lua_pushnumber(lua, static_cast<lua_Number>(number));
    case '$':
      if (number < 0) return lua_pushboolean(lua, 0);
      push_text(lua, bytes.substr(0, static_cast<std::size_t>(number)));
      bytes.remove_prefix(static_cast<std::size_t>(number) + 2);
      return;
    default:
      if (number < 0) return lua_pushboolean(lua, 0);
      lua_createtable(lua, static_cast<int>(number), 0);
      for (int i = 1; i <= number; ++i) {
        push_reply(lua, bytes);
        lua_rawseti(lua, -2, i);
      }
  }
}

void write_reply(lua_State* lua, std::string& out) {
  ReplyWriter reply(out);
  if (lua_checkstack(lua, 6) == 0) {
    reply.error("ERR reached lua stack limit");
    return lua_pop(lua, 1);
  }
  switch (lua_type(lua, -1)) {
    case LUA_TSTRING:
      reply.bulk(text_at(lua, -1));
      break;
    case LUA_TNUMBER:
      reply.integer(to_integer(lua_tonumber(lua, -1)));
      break;
    case LUA_TBOOLEAN:
      lua_toboolean(lua, -1) ? reply.integer(1) : reply.null();
      break;
    case LUA_TTABLE:
      if (!write_tagged(lua, out)) write_array(lua, out);
      return;
    default:
      reply.null();
  }
  lua_pop(lua, 1);
}

}  // namespace raceproof::fakes::redis
