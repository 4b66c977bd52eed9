// Conversions between RESP2 and Lua, as Redis's scripts define them.
#pragma once

#include <string>
#include <string_view>

struct lua_State;

namespace raceproof::fakes::redis {

/// Pushes the Lua value of the first reply in `bytes` and removes that reply from them: an integer
/// becomes a number, a bulk a string, null false, an array a table, a status a table with the field
/// `ok`, an error one with the field `err`.
void push_reply(lua_State* lua, std::string_view& bytes);

/// Pops the topmost value and appends it to `out` as a reply: a number is cut to an integer, true
/// becomes 1, false, nil and functions null, a table what its fields `err`, `ok`, `double`, `map`,
/// `set` say, or else the array of its elements up to the first nil.
void write_reply(lua_State* lua, std::string& out);

/// Pushes a table whose field `err` is `text`: what scripts call an error reply.
void push_error(lua_State* lua, std::string_view text);

}  // namespace raceproof::fakes::redis
