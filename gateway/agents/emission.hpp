// How an event leaves the bridge: handed to the sink, and again after a while if it was lost
// (domain.md section 7).
#pragma once

#include <chrono>
#include <span>
#include <string>

#include "gateway/agents/event.hpp"
#include "runtime/runtime.hpp"

namespace raceproof::gateway {

/// The waits before each further attempt to emit an event of this type. agent_failed is worth as
/// many as agent_completed.
std::span<const std::chrono::milliseconds> emission_waits(AgentEventType type);

/// Hands `event` to `sink` once. What the sink throws counts as lost, and is observed:
/// bridge_trouble{step: emit, reason}. `event` must outlive the call.
Awaitable<Delivery> hand_over(Runtime& runtime, EventSink& sink, const AgentEvent& event);

/// Hands `event` to `sink` until it is delivered or queued, or the waits are used up: then it is
/// lost. `transaction` names the transaction that it reports; empty: none. `event` must outlive the
/// call. Cancellable.
///
/// Observes event_leaves{run, type, transaction} before the first attempt, if there is a
/// transaction, and agent_event_lost{run, type, user} when it has given up.
Awaitable<Delivery> emit_critical_event(Runtime& runtime, EventSink& sink, const AgentEvent& event,
                                        std::string transaction = {});

}  // namespace raceproof::gateway
