// Names into addresses, because libpq would block while it looks them up.
#pragma once

#include <string>
#include <vector>

#include "runtime/runtime.hpp"

namespace raceproof::postgres {

/// The addresses of `host`, numeric, in the resolver's order; `host` itself when it is one. Returns
/// at once when cancelled, although a look-up that has begun goes on in the background. Throws
/// system_error.
Awaitable<std::vector<std::string>> resolve(Runtime& runtime, Executor strand, std::string host);

}  // namespace raceproof::postgres
