// See lua_sandbox.hpp.
//
// Redis patches its interpreter to know read-only tables. This one is Debian's: a read-only table
// is an empty proxy with a metatable that reads from the table behind and refuses writes, and the
// functions that bypass metatables (rawset, next, table.insert ...) are taught about proxies.
//
// C functions called from Lua leave by longjmp on an error: none of them may hold a C++ object with
// a destructor when it raises.
#include "fakes/redis/lua_sandbox.hpp"

#include <cmath>
#include <cstdint>
#include <lua.hpp>

#include "fakes/redis/script.hpp"

namespace raceproof::fakes::redis {
namespace {

char backing_key;  ///< its address names, in a proxy's metatable, the table behind the proxy

constexpr const char* refusal = "Attempt to modify a readonly table";

LuaState& state_of(lua_State* lua) {
  return *static_cast<LuaState*>(lua_touserdata(lua, lua_upvalueindex(1)));
}

/// Pushes the table behind the proxy at `index`; false, with nothing pushed, when it is no proxy.
bool push_backing(lua_State* lua, int index) {
  if (lua_getmetatable(lua, index) == 0) return false;
  lua_pushlightuserdata(lua, &backing_key);
  lua_rawget(lua, -2);
  lua_remove(lua, -2);
  if (lua_istable(lua, -1)) return true;
  lua_pop(lua, 1);
  return false;
}

int refuse_write(lua_State* lua) { return luaL_error(lua, refusal); }

/// Raises the refusal as Redis's patched C functions do: without a position.
int refuse_plainly(lua_State* lua) {
  lua_pushstring(lua, refusal);
  return lua_error(lua);
}

/// Reads a global; upvalue 1 is the table behind.
int read_global(lua_State* lua) {
  lua_pushvalue(lua, 2);
  lua_rawget(lua, lua_upvalueindex(1));
  if (!lua_isnil(lua, -1)) return 1;
  const char* name = lua_tostring(lua, 2);
  return luaL_error(lua, "Script attempted to access nonexistent global variable '%s'",
                    name == nullptr ? "?" : name);
}

/// Calls the library function that upvalue 1 holds, in this frame, so that its error messages name
/// the function as the script called it.
int call_original(lua_State* lua) { return lua_tocfunction(lua, lua_upvalueindex(1))(lua); }

/// For functions that change the table they are given first.
int guarded(lua_State* lua) {
  return is_read_only(lua, 1) ? refuse_plainly(lua) : call_original(lua);
}

/// For functions that read the table they are given first.
int unwrapping(lua_State* lua) {
  if (push_backing(lua, 1)) lua_replace(lua, 1);
  return call_original(lua);
}

int pairs(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  lua_getglobal(lua, "next");  // the one that looks behind proxies
  lua_pushvalue(lua, 1);
  lua_pushnil(lua);
  return 3;
}

/// As Redis's pcall: an error table becomes the text of its field `err`.
int protected_call(lua_State* lua) {
  luaL_checkany(lua, 1);
  const int status = lua_pcall(lua, lua_gettop(lua) - 1, LUA_MULTRET, 0);
  if (status != 0 && lua_istable(lua, -1)) {
    lua_pushliteral(lua, "err");
    lua_rawget(lua, -2);
    if (lua_type(lua, -1) == LUA_TSTRING)
      lua_replace(lua, -2);
    else
      lua_pop(lua, 1);
  }
  lua_pushboolean(lua, status == 0);
  lua_insert(lua, 1);
  return lua_gettop(lua);
}

/// tostring without addresses, which differ from process to process.
int to_string(lua_State* lua) {
  luaL_checkany(lua, 1);
  if (luaL_callmeta(lua, 1, "__tostring") != 0) return 1;
  switch (lua_type(lua, 1)) {
    case LUA_TNUMBER:
      lua_pushstring(lua, lua_tostring(lua, 1));
      break;
    case LUA_TSTRING:
      lua_pushvalue(lua, 1);
      break;
    case LUA_TBOOLEAN:
      lua_pushstring(lua, lua_toboolean(lua, 1) ? "true" : "false");
      break;
    case LUA_TNIL:
      lua_pushliteral(lua, "nil");
      break;
    default:
      lua_pushfstring(lua, "%s: 0x0", luaL_typename(lua, 1));
  }
  return 1;
}

/// The collector's figures depend on what ran before: scripts get constants.
int collect_garbage(lua_State* lua) {
  luaL_optstring(lua, 1, "collect");
  lua_pushnumber(lua, 0);
  return 1;
}

int load_text(lua_State* lua, const char* text, std::size_t size, const char* name) {
  if (size > 0 && text[0] == LUA_SIGNATURE[0]) {  // bytecode could break out of the sandbox
    lua_pushnil(lua);
    lua_pushliteral(lua, "attempt to load chunk with wrong mode");
    return 2;
  }
  if (luaL_loadbuffer(lua, text, size, name) == 0) return 1;
  lua_pushnil(lua);
  lua_insert(lua, -2);
  return 2;
}

int load_string(lua_State* lua) {
  std::size_t size = 0;
  const char* text = luaL_checklstring(lua, 1, &size);
  return load_text(lua, text, size, luaL_optstring(lua, 2, text));
}

/// load(function): the pieces are joined first, so that bytecode cannot pass in parts.
int load_pieces(lua_State* lua) {
  const char* name = luaL_optstring(lua, 2, "=(load)");
  luaL_checktype(lua, 1, LUA_TFUNCTION);
  lua_settop(lua, 2);
  lua_pushliteral(lua, "");
  while (true) {
    lua_pushvalue(lua, 1);
    lua_call(lua, 0, 1);
    std::size_t size = 0;
    const char* piece = lua_isnil(lua, -1) ? nullptr : lua_tolstring(lua, -1, &size);
    if (piece == nullptr || size == 0) break;
    lua_concat(lua, 2);
  }
  lua_pop(lua, 1);
  std::size_t size = 0;
  const char* text = lua_tolstring(lua, 3, &size);
  return load_text(lua, text, size, name);
}

constexpr double random_range = 2147483647.0;

int random_number(lua_State* lua) {
  const auto drawn = state_of(lua).random().next() % 2147483647;
  const lua_Number r = static_cast<lua_Number>(drawn) / random_range;
  switch (lua_gettop(lua)) {
    case 0:
      lua_pushnumber(lua, r);
      return 1;
    case 1: {
      const int high = luaL_checkint(lua, 1);
      luaL_argcheck(lua, 1 <= high, 1, "interval is empty");
      lua_pushnumber(lua, std::floor(r * high) + 1);
      return 1;
    }
    case 2: {
      const int low = luaL_checkint(lua, 1);
      const int high = luaL_checkint(lua, 2);
      luaL_argcheck(lua, low <= high, 2, "interval is empty");
      lua_pushnumber(lua, std::floor(r * (static_cast<double>(high) - low + 1)) + low);
      return 1;
    }
    default:
      return luaL_error(lua, "wrong number of arguments");
  }
}

int seed_random(lua_State* lua) {
  state_of(lua).random().seed(static_cast<std::int32_t>(luaL_checkint(lua, 1)));
  return 0;
}

/// Replaces the field `name` of the table on top by `wrapper` around the function it held.
void wrap(lua_State* lua, const char* name, lua_CFunction wrapper) {
  lua_getfield(lua, -1, name);
  lua_pushcclosure(lua, wrapper, 1);
  lua_setfield(lua, -2, name);
}

void set_function(lua_State* lua, const char* name, lua_CFunction function) {
  lua_pushcfunction(lua, function);
  lua_setfield(lua, -2, name);
}

void set_state_function(lua_State* lua, const char* name, lua_CFunction function, LuaState& state) {
  lua_pushlightuserdata(lua, &state);
  lua_pushcclosure(lua, function, 1);
  lua_setfield(lua, -2, name);
}

void open_libraries(lua_State* lua) {
  constexpr std::pair<const char*, lua_CFunction> libraries[] = {{"", luaopen_base},
                                                                 {"table", luaopen_table},
                                                                 {"string", luaopen_string},
                                                                 {"math", luaopen_math}};
  for (const auto& [name, open] : libraries) {
    lua_pushcfunction(lua, open);
    lua_pushstring(lua, name);
    lua_call(lua, 1, 0);
  }
}

/// Changes the base functions; the table of globals is on top.
void adapt_base(lua_State* lua) {
  // newproxy would give scripts finalizers, which run whenever the collector does.
  for (const char* name : {"print", "dofile", "loadfile", "newproxy", "getfenv", "setfenv"}) {
    lua_pushnil(lua);
    lua_setfield(lua, -2, name);
  }
  wrap(lua, "rawset", guarded);
  wrap(lua, "setmetatable", guarded);
  wrap(lua, "rawget", unwrapping);
  wrap(lua, "next", unwrapping);
  set_function(lua, "pairs", pairs);
  set_function(lua, "pcall", protected_call);
  set_function(lua, "tostring", to_string);
  set_function(lua, "collectgarbage", collect_garbage);
  set_function(lua, "gcinfo", collect_garbage);
  set_function(lua, "loadstring", load_string);
  set_function(lua, "load", load_pieces);
}

void adapt_libraries(lua_State* lua, LuaState& state) {
  lua_getfield(lua, -1, "table");
  wrap(lua, "insert", guarded);  // the others see an empty table behind a proxy and write nothing
  lua_pop(lua, 1);
  lua_getfield(lua, -1, "math");
  set_state_function(lua, "random", random_number, state);
  set_state_function(lua, "randomseed", seed_random, state);
  lua_pop(lua, 1);
  push_redis_library(lua, state);
  lua_setfield(lua, -2, "redis");
}

/// What getmetatable("") shows: a read-only table with the library as __index.
void protect_string_metatable(lua_State* lua) {
  lua_pushliteral(lua, "");
  lua_getmetatable(lua, -1);
  lua_newtable(lua);
  lua_getfield(lua, -4, "string");
  lua_setfield(lua, -2, "__index");
  make_read_only(lua);
  lua_setfield(lua, -2, "__metatable");
  lua_pop(lua, 2);
}

}  // namespace

void make_read_only(lua_State* lua) {
  lua_newtable(lua);  // the proxy
  lua_newtable(lua);  // its metatable
  lua_pushlightuserdata(lua, &backing_key);
  lua_pushvalue(lua, -4);
  lua_rawset(lua, -3);
  lua_pushvalue(lua, -3);
  lua_setfield(lua, -2, "__index");
  set_function(lua, "__newindex", refuse_write);
  // getmetatable answers the proxy itself: a table that cannot be changed either.
  lua_pushvalue(lua, -2);
  lua_setfield(lua, -2, "__metatable");
  lua_setmetatable(lua, -2);
  lua_remove(lua, -2);
}

bool is_read_only(lua_State* lua, int index) {
  if (!push_backing(lua, index)) return false;
  lua_pop(lua, 1);
  return true;
}

int open_sandbox(lua_State* lua, LuaState& state) {
  open_libraries(lua);
  lua_pushvalue(lua, LUA_GLOBALSINDEX);
  adapt_base(lua);
  adapt_libraries(lua, state);
  for (const char* name : {"string", "table", "math", "coroutine", "redis"}) {
    lua_getfield(lua, -1, name);
    make_read_only(lua);
    lua_setfield(lua, -2, name);
  }
  protect_string_metatable(lua);

  lua_pushvalue(lua, -1);
  const int globals = luaL_ref(lua, LUA_REGISTRYINDEX);
  lua_pushvalue(lua, -1);
  make_read_only(lua);  // stack: globals, proxy
  lua_getmetatable(lua, -1);
  lua_pushvalue(lua, -3);
  lua_pushcclosure(lua, read_global, 1);
  lua_setfield(lua, -2, "__index");
  lua_pop(lua, 1);
  lua_pushvalue(lua, -1);
  lua_setfield(lua, -3, "_G");
  lua_replace(lua, LUA_GLOBALSINDEX);
  lua_pop(lua, 1);
  return globals;
}

}  // namespace raceproof::fakes::redis
