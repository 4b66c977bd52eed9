// Running a script inside Redis.
#pragma once

#include <string>
#include <vector>

#include "gateway/redis_manager.hpp"
#include "gateway/scripts.hpp"

namespace raceproof::gateway {

/// EVALSHA; with `eval_fallback`, NOSCRIPT is answered by sending the script (EVAL). On the
/// manager's strand.
Awaitable<resp::Answer> run_script(RedisManager& redis, const Script& script,
                                   std::vector<std::string> keys,
                                   std::vector<std::string> arguments, bool eval_fallback);

}  // namespace raceproof::gateway
