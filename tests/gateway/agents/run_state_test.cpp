// Passing means: the table of states is the documented one.
#include "gateway/agents/run_state.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <set>
#include <string>

namespace raceproof::gateway {
namespace {

std::set<std::string> followers(RunState from) {
  std::set<std::string> names;
  for (const RunState to : all_run_states) {
    if (may_follow(from, to)) names.emplace(to_string(to));
  }
  return names;
}

// Nothing follows the end, and nothing leads back.
TEST(RunStates, FollowTheTable) {
  using enum RunState;
  EXPECT_EQ(followers(pending), (std::set<std::string>{"starting", "failed", "cancelled"}));
  EXPECT_EQ(followers(starting),
            (std::set<std::string>{"running", "failed", "timeout", "dead", "cancelled"}));
  EXPECT_EQ(followers(running),
            (std::set<std::string>{"completing", "failed", "timeout", "dead", "cancelled"}));
  EXPECT_EQ(followers(completing), (std::set<std::string>{"completed", "failed"}));
  for (const RunState end : {completed, failed, timeout, dead, cancelled}) {
    EXPECT_TRUE(followers(end).empty()) << to_string(end);
    EXPECT_TRUE(is_terminal(end)) << to_string(end);
  }
  for (const RunState live : {pending, starting, running, completing}) {
    EXPECT_FALSE(is_terminal(live)) << to_string(live);
  }
}

// A run can be dead or time out exactly while it waits for its agent.
TEST(RunStates, OnlyWaitingRunsAreWatched) {
  for (const RunState state : all_run_states) {
    EXPECT_EQ(awaits_agent(state), may_follow(state, RunState::dead)) << to_string(state);
    EXPECT_EQ(awaits_agent(state), may_follow(state, RunState::timeout)) << to_string(state);
  }
}

}  // namespace
}  // namespace raceproof::gateway
