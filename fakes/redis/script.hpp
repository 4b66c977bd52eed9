// Redis scripts: Lua 5.1 in a sandbox that behaves as Redis's does, with its conversions and
// errors.
//
// One state serves many servers, one after the other: whatever a script can reach is read-only or
// made anew for each run, so nothing can leak from a run into the next. What would differ between
// two machines (addresses in tostring, the collector's figures) is hidden.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fakes/redis/command.hpp"

struct lua_State;

namespace raceproof::fakes::redis {

/// One script of a server's cache.
struct Script {
  std::string digest;  ///< SHA-1 of the body, 40 lower-case hexadecimal digits
  std::string body;
  bool read_only = false;  ///< its shebang line says flags=no-writes
  bool may_write = false;  ///< its shebang line does not
};
using ScriptCacheMap = std::map<std::string, Script, std::less<>>;

/// SHA-1 in lower-case hexadecimal, as scripts are named.
std::string sha1_hex(std::string_view bytes);

/// Redis's own generator for math.random in scripts: 48-bit linear congruential, as in drand48.
class ScriptRandom {
 public:
  void seed(std::int32_t value);
  /// Uniform over [0, 2^31).
  std::int32_t next();

 private:
  std::uint64_t state_ = 0x330e;
};

/// Executes commands for a running script.
class ScriptHost {
 public:
  /// The reply's bytes; an error reply where the command is unknown or not allowed.
  virtual std::string script_call(Arguments arguments) = 0;

 protected:
  ~ScriptHost() = default;
};

/// A Lua interpreter with Redis's sandbox. Used by one server at a time.
class LuaState {
 public:
  LuaState();
  LuaState(const LuaState&) = delete;
  LuaState& operator=(const LuaState&) = delete;
  ~LuaState();

  /// Compiles a script, unless this state has it. Fills `error` ("ERR ...") and returns false when
  /// it does not compile; otherwise sets the script's flags.
  bool compile(Script& script, std::string& error);
  /// Runs a compiled script and appends its reply, RESP2, to `out`.
  void run(const Script& script, Arguments keys, Arguments values, ScriptHost& host,
           ScriptRandom& random, std::string& out);
  /// Whether it is small enough to be lent to another server.
  [[nodiscard]] bool reusable() const;

  /// For the sandbox's own functions.
  [[nodiscard]] ScriptHost* host() const { return host_; }
  [[nodiscard]] ScriptRandom& random() const { return *random_; }

 private:
  lua_State* lua_;
  int globals_ = 0;  ///< reference to the table behind the globals, which holds KEYS and ARGV
  std::map<std::string, int, std::less<>> compiled_;  ///< digest -> reference in Lua's registry
  ScriptHost* host_ = nullptr;
  ScriptRandom* random_ = nullptr;
};

/// A state borrowed from this thread's pool, or made when the pool is empty; it goes back when the
/// lease ends. To be ended on the thread that took it.
class LuaLease {
 public:
  LuaLease() = default;
  LuaLease(const LuaLease&) = delete;
  LuaLease& operator=(const LuaLease&) = delete;
  ~LuaLease();

  LuaState& get();
  [[nodiscard]] ScriptRandom& random() { return random_; }

 private:
  std::unique_ptr<LuaState> state_;
  ScriptRandom random_;  ///< of this server alone
};

}  // namespace raceproof::fakes::redis
