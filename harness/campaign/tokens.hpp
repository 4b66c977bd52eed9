// The tokens that scripted clients bring along.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/scenario/model.hpp"

namespace raceproof::campaign {

/// The variant's scripts with real tokens in the place of the words for them
/// (fakes/client/script.hpp), for a run whose calendar begins at `unix_seconds`. They are made for
/// the user of the connection, with what the gateway asks of them: its algorithm, audience and
/// issuer. Where nobody looks at tokens the words stay. Before a run, not in it: OpenSSL asks the
/// system.
[[nodiscard]] std::vector<fakes::client::Script> with_tokens(
    const scenario::ResolvedVariant& variant, std::int64_t unix_seconds);

}  // namespace raceproof::campaign
