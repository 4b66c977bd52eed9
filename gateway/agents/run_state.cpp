#include "gateway/agents/run_state.hpp"

#include <initializer_list>

namespace raceproof::gateway {

namespace {

constexpr std::size_t index_of(RunState state) { return static_cast<std::size_t>(state); }

using Row = std::array<bool, all_run_states.size()>;

constexpr Row leads_to(std::initializer_list<RunState> states) {
  Row row{};
  for (const RunState state : states) row[index_of(state)] = true;
  return row;
}

constexpr std::array<Row, all_run_states.size()> table = [] {
  using enum RunState;
  std::array<Row, all_run_states.size()> rows{};
  rows[index_of(pending)] = leads_to({starting, failed, cancelled});
  rows[index_of(starting)] = leads_to({running, failed, timeout, dead, cancelled});
  rows[index_of(running)] = leads_to({completing, failed, timeout, dead, cancelled});
  rows[index_of(completing)] = leads_to({completed, failed});
  return rows;
}();

}  // namespace

std::string_view to_string(RunState state) {
  static constexpr std::array<std::string_view, all_run_states.size()> names{
      "pending", "starting", "running", "completing", "completed",
      "failed",  "timeout",  "dead",    "cancelled"};
  return names[index_of(state)];
}

bool is_terminal(RunState state) { return table[index_of(state)] == Row{}; }

bool awaits_agent(RunState state) {
  return state == RunState::starting || state == RunState::running;
}

bool may_follow(RunState from, RunState to) { return table[index_of(from)][index_of(to)]; }

}  // namespace raceproof::gateway
