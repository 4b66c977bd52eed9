// What a script may see: Redis's selection of Lua's libraries, all of it read-only.
#pragma once

struct lua_State;

namespace raceproof::fakes::redis {

class LuaState;

/// Opens the libraries in a fresh interpreter, adds `redis` and closes the sandbox around them:
/// from then on the global table is a read-only view that refuses unknown names. Returns a
/// reference, in Lua's registry, to the table behind it, where KEYS and ARGV are set for each run.
/// `state` must outlive the interpreter.
int open_sandbox(lua_State* lua, LuaState& state);

/// Puts a read-only view in the place of the table on top.
void make_read_only(lua_State* lua);

/// Whether the value at `index` is such a view.
bool is_read_only(lua_State* lua, int index);

/// Pushes the functions of `redis` as a table. See lua_redis.cpp.
void push_redis_library(lua_State* lua, LuaState& state);

}  // namespace raceproof::fakes::redis
