#include "harness/campaign/rests_on.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "harness/campaign/fakes_used.hpp"

namespace raceproof::campaign {

namespace {

using trace::ObservationRecord;
using trace::Trace;

/// One thing that a fake did.
struct Behaviour {
  enum class Kind {
    request,   ///< it took a request up
    refusal,   ///< it answered one with an error
    invented,  ///< a fault or an outage of the scenario
  } kind = Kind::request;
  std::string what;   ///< "PUBLISH", "commit -> 40001", "fault 'reset' at PUBLISH", "outage"
  std::string error;  ///< of a refusal: "40001"
};

/// What a fake calls its observations, and the fields that name a request.
struct Vocabulary {
  std::string_view fake;
  std::string_view request;  ///< the observation of a request that is taken up
  std::string_view asked;    ///< its field, and that of the others, which says what for
  std::string_view reply;    ///< the observation of an answer that may be an error; may be empty
  std::string_view fault;
  std::string_view outage;
};
constexpr Vocabulary vocabularies[] = {
    {"redis", "redis_command", "command", "redis_reply", "redis_fault", "redis_outage_begin"},
    {"database", "db_request", "kind", "db_reply", "db_fault", "db_outage_begin"},
    {"auth", "auth_request", "operation", "", "auth_fault", "auth_outage_begin"},
    {"agent", "agent_request", "operation", "", "agent_fault", "agent_outage_begin"},
};

/// The error that an answer is: the first word of Redis' error, a SQLSTATE; empty if it is none.
std::string error_of(const Trace& trace, const ObservationRecord& reply) {
  if (const auto result = text_field(trace, reply, "result"); !result.empty()) {
    return result == "ok" ? "" : result;
  }
  const auto text = text_field(trace, reply, "reply");
  return text.starts_with('-') ? text.substr(1, text.find(' ') - 1) : "";
}

std::optional<Behaviour> behaviour_in(const Trace& trace, const ObservationRecord& record,
                                      std::string_view fake) {
  using Kind = Behaviour::Kind;
  const auto name = trace.text(record.name);
  if (fake == "balancer") {
    if (name == "balancer_routed") return Behaviour{Kind::request, "routed", {}};
    if (name == "balancer_refused") return Behaviour{Kind::request, "refused", {}};
    return std::nullopt;
  }
  const auto* words = std::ranges::find(vocabularies, fake, &Vocabulary::fake);
  if (words == std::end(vocabularies)) return std::nullopt;
  const auto asked = text_field(trace, record, words->asked);
  if (name == words->request) return Behaviour{Kind::request, asked, {}};
  if (name == words->outage) return Behaviour{Kind::invented, "outage", {}};
  if (name == words->fault) {
    const auto fault = text_field(trace, record, "fault");
    return Behaviour{Kind::invented,
                     fmt::format("fault '{}'{}{}", fault, asked.empty() ? "" : " at ", asked),
                     {}};
  }
  if (name != words->reply) return std::nullopt;
  const auto error = error_of(trace, record);
  if (error.empty()) return std::nullopt;
  return Behaviour{Kind::refusal, fmt::format("{} -> {}", asked, error), error};
}

/// The event outside of the fake that `event`, on one of its strands, goes back to: whoever sent
/// the request. 0 if there is none.
trace::EventId origin_of(const Trace& trace, trace::EventId event) {
  const auto host = process_of(trace, trace.events()[event].strand);
  while (event != 0 && process_of(trace, trace.events()[event].strand) == host) {
    event = trace.events()[event].cause;
  }
  return event;
}

bool is_verified(const Behaviour& behaviour, const Verified& verified) {
  const auto is_in = [](const std::vector<std::string>& list, const std::string& name) {
    return std::ranges::find(list, name) != list.end();
  };
  switch (behaviour.kind) {
    case Behaviour::Kind::request:
      return is_in(verified.compared, behaviour.what);
    case Behaviour::Kind::refusal:
      return is_in(verified.errors, behaviour.error);
    case Behaviour::Kind::invented:
      break;
  }
  return false;
}

}  // namespace

std::vector<RestsOn> rests_on(const Past& past, const std::vector<FakeUsed>& fakes) {
  const Trace& trace = past.trace();
  std::vector<RestsOn> all;
  for (const FakeUsed& fake : fakes) {
    const Verified verified = read_verified(verified_note(fake.name));
    std::set<std::string> good;
    std::set<std::string> open;
    for (std::size_t i = 0; i < past.end(); ++i) {
      const ObservationRecord& record = trace.observations()[i];
      const auto behaviour = behaviour_in(trace, record, fake.name);
      if (!behaviour) continue;
      const trace::EventId origin = origin_of(trace, record.event);
      if (!past.has(i) && (origin == 0 || !past.has_step_of(origin))) continue;
      (is_verified(*behaviour, verified) ? good : open).insert(behaviour->what);
    }
    if (good.empty() && open.empty()) continue;
    all.push_back({fake.name, fake.server, {good.begin(), good.end()}, {open.begin(), open.end()}});
  }
  return all;
}

}  // namespace raceproof::campaign
