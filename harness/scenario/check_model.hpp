// The names of the check model (harness/check/model.hpp) as the reader uses them.
#pragma once

#include "harness/check/model.hpp"

namespace raceproof::scenario {

using check::CausedBy;
using check::Check;
using check::check_names;
using check::command_matches;
using check::Pattern;
using check::reply_matches;
using check::StateExpression;

}  // namespace raceproof::scenario
