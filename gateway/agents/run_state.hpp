// The states of an agent's run and the changes between them (domain.md sections 9 and 12).
//
//   pending ----> starting ----> running ----> completing ----> completed
//      |             |              |               |
//      +-> failed    +-> failed     +-> failed      +-> failed
//      +-> cancelled +-> timeout    +-> timeout
//                    +-> dead       +-> dead
//                    +-> cancelled  +-> cancelled
//
// The five states that no arrow leaves are final. Nobody waits for the agent while a run is pending
// (its beginning is being stored) or completing (its reply is): then the store's own time-outs
// count, and the run is neither dead nor timed out. What is completing cannot be cancelled any
// more, because its reply may be stored already.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace raceproof::gateway {

enum class RunState : std::uint8_t {
  pending,
  starting,
  running,
  completing,
  completed,
  failed,
  timeout,
  dead,
  cancelled,
};

inline constexpr std::array all_run_states{
    RunState::pending,    RunState::starting,  RunState::running,
    RunState::completing, RunState::completed, RunState::failed,
    RunState::timeout,    RunState::dead,      RunState::cancelled};

std::string_view to_string(RunState state);
/// Whether a run in this state has ended for good.
bool is_terminal(RunState state);
/// Whether a run in this state waits for its agent, so that its time counts.
bool awaits_agent(RunState state);
/// Whether the table above leads from one state to the other.
bool may_follow(RunState from, RunState to);

}  // namespace raceproof::gateway
