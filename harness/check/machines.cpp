// The state machines that `transition{machine, id, from, to}` speaks of.
#include <algorithm>
#include <array>
#include <span>

#include "harness/check/invariants.hpp"

namespace raceproof::check {

namespace {

struct Step {
  std::string_view from;
  std::string_view to;
};

/// A failed probe opens it again, a good one closes it.
constexpr auto breaker = std::to_array<Step>({
    {"closed", "open"},
    {"open", "half_open"},
    {"half_open", "closed"},
    {"half_open", "open"},
});

/// Dead and timed out are those whose agent is waited for (domain.md section 9): not a run that is
/// still being stored, and not one whose reply is.
constexpr auto run = std::to_array<Step>({
    {"pending", "starting"},
    {"pending", "failed"},
    {"pending", "cancelled"},
    {"starting", "running"},
    {"starting", "failed"},
    {"starting", "timeout"},
    {"starting", "dead"},
    {"starting", "cancelled"},
    {"running", "completing"},
    {"running", "failed"},
    {"running", "timeout"},
    {"running", "dead"},
    {"running", "cancelled"},
    {"completing", "completed"},
    {"completing", "failed"},
});

/// Every state may be left for `uninitialized`, at the stop (domain.md section 7).
constexpr auto bridge = std::to_array<Step>({
    {"uninitialized", "initializing"},
    {"initializing", "active"},
    {"initializing", "failed"},
    {"active", "degraded"},
    {"degraded", "active"},
    {"degraded", "failed"},
    {"failed", "initializing"},
    {"initializing", "uninitialized"},
    {"active", "uninitialized"},
    {"degraded", "uninitialized"},
    {"failed", "uninitialized"},
});

/// Degraded is a way to serve; every state but the last leads to the end.
constexpr auto session = std::to_array<Step>({
    {"connecting", "accepted"},
    {"accepted", "setting_up"},
    {"accepted", "degraded"},
    {"accepted", "closing"},
    {"accepted", "closed"},
    {"setting_up", "established"},
    {"setting_up", "closing"},
    {"setting_up", "closed"},
    {"established", "closing"},
    {"established", "closed"},
    {"degraded", "closing"},
    {"degraded", "closed"},
    {"closing", "closed"},
});

std::span<const Step> table_of(std::string_view machine) {
  if (machine == "breaker") return breaker;
  if (machine == "run") return run;
  if (machine == "bridge") return bridge;
  if (machine == "session") return session;
  return {};
}

}  // namespace

bool is_legal(std::string_view machine, std::string_view from, std::string_view to) {
  const auto table = table_of(machine);
  return table.empty() || std::ranges::any_of(table, [&](const Step& step) {
           return step.from == from && step.to == to;
         });
}

}  // namespace raceproof::check
