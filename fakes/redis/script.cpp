// Compiling and running scripts, and the pool of interpreters. See script.hpp.
#include "fakes/redis/script.hpp"

#include <lua.hpp>
#include <openssl/evp.h>
#include <optional>

#include "fakes/redis/lua_convert.hpp"
#include "fakes/redis/lua_sandbox.hpp"

namespace raceproof::fakes::redis {

std::string sha1_hex(std::string_view bytes) {
  // Fetched once: looking the algorithm up costs more than hashing a script.
  static const EVP_MD* const sha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &size, sha1, nullptr);
  std::string text;
  text.reserve(2 * std::size_t{size});
  for (unsigned int i = 0; i < size; ++i) {
    text += "0123456789abcdef"[digest[i] >> 4];
    text += "0123456789abcdef"[digest[i] & 15];
  }
  return text;
}

void ScriptRandom::seed(std::int32_t value) {
  state_ = (static_cast<std::uint64_t>(static_cast<std::uint32_t>(value)) << 16) | 0x330e;
}

std::int32_t ScriptRandom::next() {
  constexpr std::uint64_t mask = (std::uint64_t{1} << 48) - 1;
  state_ = (state_ * 0x5deece66d + 0xb) & mask;
  return static_cast<std::int32_t>(state_ >> 17);
}

namespace {

/// A script that executes more instructions than this is stopped, and says so; Redis would answer
/// other clients with BUSY instead, for ever.
constexpr int instructions_per_check = 1'000'000;
constexpr int checks_max = 50;
char checks_key;  ///< its address names the count of checks left in Lua's registry

void set_checks_left(lua_State* lua, int checks) {
  lua_pushlightuserdata(lua, &checks_key);
  lua_pushinteger(lua, checks);
  lua_rawset(lua, LUA_REGISTRYINDEX);
}

void count_instructions(lua_State* lua, lua_Debug*) {
  lua_pushlightuserdata(lua, &checks_key);
  lua_rawget(lua, LUA_REGISTRYINDEX);
  const auto left = static_cast<int>(lua_tointeger(lua, -1));
  lua_pop(lua, 1);
  if (left == 0) luaL_error(lua, "script executed more than 50 million instructions");
  set_checks_left(lua, left - 1);
}

/// Turns any error into an error table that knows where it was raised.
int locate_error(lua_State* lua) {
  lua_Debug where;
  int level = 1;
  bool known = lua_getstack(lua, level, &where) != 0 && lua_getinfo(lua, "Sl", &where) != 0;
  if (known && where.what[0] == 'C') {  // raised by a C function: its caller is the place
    known = lua_getstack(lua, ++level, &where) != 0 && lua_getinfo(lua, "Sl", &where) != 0;
  }
  if (!lua_istable(lua, 1) || is_read_only(lua, 1)) {
    lua_newtable(lua);
    lua_pushliteral(lua, "ERR ");
    if (lua_isstring(lua, 1))
      lua_pushvalue(lua, 1);
    else if (lua_isboolean(lua, 1))
      lua_pushstring(lua, lua_toboolean(lua, 1) ? "true" : "false");
    else
      lua_pushstring(lua, luaL_typename(lua, 1));
    lua_concat(lua, 2);
    lua_setfield(lua, -2, "err");
    lua_replace(lua, 1);
  }
  lua_settop(lua, 1);
  if (known) {
    lua_pushliteral(lua, "source");
    lua_pushstring(lua, where.source);
    lua_rawset(lua, 1);
    lua_pushliteral(lua, "line");
    lua_pushnumber(lua, where.currentline);
    lua_rawset(lua, 1);
  }
  return 1;
}

std::optional<std::string> field_text(lua_State* lua, const char* name) {
  lua_pushstring(lua, name);
  lua_rawget(lua, -2);
  std::optional<std::string> text;
  if (lua_isstring(lua, -1)) {
    std::size_t size = 0;
    const char* bytes = lua_tolstring(lua, -1, &size);
    text.emplace(bytes, size);
  }
  lua_pop(lua, 1);
  return text;
}

/// The error that is on top, as it is answered; pops it.
std::string error_text(lua_State* lua, const Script& script) {
  std::string text;
  if (lua_istable(lua, -1)) {
    text = field_text(lua, "err").value_or("ERR unknown error");
    if (text.starts_with('-')) text.erase(0, 1);
    text += " script: " + script.digest;
    const auto source = field_text(lua, "source");
    const auto line = field_text(lua, "line");
    if (source && line) text += ", on " + *source + ":" + *line;
    text += ".";
  } else {
    const char* message = lua_tostring(lua, -1);
    text = std::string("ERR ") + (message == nullptr ? "unknown error" : message) +
           " script: " + script.digest + ".";
  }
  lua_pop(lua, 1);
  return text;
}

struct Shebang {
  std::string error;  ///< empty when the line is right
  bool read_only = false;
  std::size_t size = 0;  ///< of the line without its end; 0: there is none
};

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const auto end = text.find(separator);
    if (const auto part = text.substr(0, end); !part.empty()) parts.push_back(part);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return parts;
}

/// Reads "#!lua flags=a,b", the line that may open a script.
Shebang read_shebang(std::string_view body) {
  Shebang shebang;
  if (!body.starts_with("#!")) return shebang;
  shebang.size = body.find('\n');
  if (shebang.size == std::string_view::npos) {
    shebang.error = "ERR Invalid script shebang";
    return shebang;
  }
  const auto words = split(body.substr(0, shebang.size), ' ');
  if (words.front() != "#!lua") {
    shebang.error = "ERR Unexpected engine in script shebang: " + std::string(words.front());
    return shebang;
  }
  for (const auto word : std::span(words).subspan(1)) {
    if (!word.starts_with("flags=")) {
      shebang.error = "ERR Unknown lua shebang option: " + std::string(word);
      return shebang;
    }
    for (const auto flag : split(word.substr(6), ',')) {
      if (flag == "no-writes")
        shebang.read_only = true;
      else if (flag != "allow-oom" && flag != "allow-stale" && flag != "no-cluster" &&
               flag != "allow-cross-slot-keys") {
        shebang.error = "ERR Unexpected flag in script shebang: " + std::string(flag);
        return shebang;
      }
    }
  }
  return shebang;
}

void push_texts(lua_State* lua, Arguments texts) {
  lua_createtable(lua, static_cast<int>(texts.size()), 0);
  int i = 0;
  for (const auto text : texts) {
    lua_pushlstring(lua, text.data(), text.size());
    lua_rawseti(lua, -2, ++i);
  }
}

}  // namespace

LuaState::LuaState() : lua_(luaL_newstate()) {
  if (lua_ == nullptr) throw std::bad_alloc();
  globals_ = open_sandbox(lua_, *this);
}

LuaState::~LuaState() { lua_close(lua_); }

bool LuaState::compile(Script& script, std::string& error) {
  auto shebang = read_shebang(script.body);
  if (!shebang.error.empty()) {
    error = std::move(shebang.error);
    return false;
  }
  script.read_only = shebang.read_only;
  script.may_write = shebang.size > 0 && !shebang.read_only;
  if (compiled_.contains(script.digest)) return true;
  // The line's end stays, so that line numbers count the shebang.
  const auto code = std::string_view(script.body).substr(shebang.size);
  const bool is_text = !code.starts_with(LUA_SIGNATURE[0]);
  if (is_text && luaL_loadbuffer(lua_, code.data(), code.size(), "@user_script") == 0) {
    compiled_.emplace(script.digest, luaL_ref(lua_, LUA_REGISTRYINDEX));
    return true;
  }
  error = "ERR Error compiling script (new function): ";
  error += is_text ? lua_tostring(lua_, -1) : "bytecode is not allowed";
  lua_settop(lua_, 0);
  return false;
}

void LuaState::run(const Script& script, Arguments keys, Arguments values, ScriptHost& host,
                   ScriptRandom& random, std::string& out) {
  host_ = &host;
  random_ = &random;
  lua_rawgeti(lua_, LUA_REGISTRYINDEX, globals_);
  push_texts(lua_, keys);
  lua_setfield(lua_, -2, "KEYS");
  push_texts(lua_, values);
  lua_setfield(lua_, -2, "ARGV");
  lua_settop(lua_, 0);

  set_checks_left(lua_, checks_max);
  lua_sethook(lua_, count_instructions, LUA_MASKCOUNT, instructions_per_check);
  lua_pushcfunction(lua_, locate_error);
  lua_rawgeti(lua_, LUA_REGISTRYINDEX, compiled_.find(script.digest)->second);
  if (lua_pcall(lua_, 0, 1, 1) == 0) {
    write_reply(lua_, out);
  } else {
    ReplyWriter(out).error(error_text(lua_, script));
  }
  lua_settop(lua_, 0);
  host_ = nullptr;
  random_ = nullptr;
}

bool LuaState::reusable() const {
  constexpr std::size_t scripts_max = 256;
  constexpr int kilobytes_max = 8 * 1024;
  return compiled_.size() < scripts_max && lua_gc(lua_, LUA_GCCOUNT, 0) < kilobytes_max;
}

namespace {

constexpr std::size_t pooled_max = 4;

std::vector<std::unique_ptr<LuaState>>& pool() {
  thread_local std::vector<std::unique_ptr<LuaState>> states;
  return states;
}

}  // namespace

LuaState& LuaLease::get() {
  if (state_) return *state_;
  if (pool().empty()) {
    state_ = std::make_unique<LuaState>();
  } else {
    state_ = std::move(pool().back());
    pool().pop_back();
  }
  return *state_;
}

LuaLease::~LuaLease() {
  if (state_ && pool().size() < pooled_max && state_->reusable()) {
    pool().push_back(std::move(state_));
  }
}

}  // namespace raceproof::fakes::redis
