#include "harness/campaign/runner.hpp"

#include <algorithm>

#include "harness/campaign/class_region.hpp"
#include "harness/campaign/tokens.hpp"
#include "harness/explore/witness.hpp"

namespace raceproof::campaign {

std::vector<RangedDelay> ranges_in_place(const scenario::ResolvedVariant& variant,
                                         std::uint64_t seed) {
  Runner runner(variant, seed);
  explore::BaselineDecider decider;
  (void)runner.run(sim::TimeMode::symbolic, decider);
  std::vector<RangedDelay> ranges;
  for (const auto& variable : runner.world().time().variables()) {
    if (variable.kind != sim::TimeModel::Variable::Kind::draw) continue;
    RangedDelay range{std::string(runner.world().trace().text(variable.meaning.label)),
                      nanoseconds(variable.low), nanoseconds(variable.high)};
    if (std::ranges::find(ranges, range) == ranges.end()) ranges.push_back(std::move(range));
  }
  return ranges;
}

bool is_run(sim::RunEnd end) {
  return end != sim::RunEnd::given_up && end != sim::RunEnd::impossible;
}

bool is_broken(sim::RunEnd end) {
  return end == sim::RunEnd::spin || end == sim::RunEnd::event_limit ||
         end == sim::RunEnd::task_failed || end == sim::RunEnd::leak;
}

Runner::Runner(const scenario::ResolvedVariant& variant, std::uint64_t seed)
    : variant_(variant),
      seed_(seed),
      parameters_(parameter_ranges(variant)),
      scripts_(with_tokens(variant, sim::epoch_unix_seconds)),
      relations_(check::relations(variant.checks)),
      evaluator_(variant.checks) {
  for (const auto& process : blocking_processes(variant)) steps_.declare_blocking(process);
}

Runner::~Runner() { world_.end(); }

namespace {

/// Counts choices on the way.
class CountingDecider final : public sim::Decider {
 public:
  explicit CountingDecider(sim::Decider& inner) : inner_(inner) {}
  std::size_t choose(sim::ChoiceKind kind, std::span<const sim::Meaning> alternatives) override {
    const std::size_t chosen = inner_.choose(kind, alternatives);
    ++choices;
    deviations += chosen != 0 ? 1 : 0;
    return chosen;
  }
  std::int64_t draw(std::int64_t low, std::int64_t high, const sim::Meaning& meaning) override {
    return inner_.draw(low, high, meaning);
  }
  sim::StepLog* local_time() override { return inner_.local_time(); }
  std::uint32_t choices = 0;
  std::uint32_t deviations = 0;

 private:
  sim::Decider& inner_;
};

bool is_first_attempt(const Observation& observation) {
  if (observation.name != "client_connecting") return false;
  for (const Field& field : observation.fields) {
    if (field.key == "attempt") return std::get<std::int64_t>(field.value) == 1;
  }
  return false;
}

bool is_established(const Observation& observation) {
  if (observation.name != "client_frame") return false;
  for (const Field& field : observation.fields) {
    if (field.key == "type")
      return std::get<std::string_view>(field.value) == "session_established";
  }
  return false;
}

}  // namespace

void Runner::watch(const Observation& observation) {
  relate(observation);
  if (observation.name == "shutdown_end" && world_.current_strand() != nullptr) {
    world_.take_stock(*world_.current_strand()->process);
  }
  if (observation.name == "process_left") {
    for (const Field& field : observation.fields) {
      if (field.key != "streams" || std::get<std::int64_t>(field.value) == 0) continue;
      holding_on_.emplace_back(world_.current_strand()->process->name());
    }
  }
  if (!world_.time().symbolic()) return;
  // The moments between which a time will be asked for have to be remembered.
  if (is_first_attempt(observation) || is_established(observation)) (void)world_.time().now();
}

/// Most observations are of no relation's concern, which their names tell.
bool Runner::is_related(const Observation& observation) {
  const auto name = world_.trace().observations().back().name;
  if (name >= related_.size()) related_.resize(name + 1);
  auto& related = related_[name];
  if (!related) {
    related = std::ranges::any_of(relations_, [&](const check::Relation& relation) {
      return check::is_about(relation, observation.name);
    });
  }
  return *related;
}

void Runner::relate(const Observation& observation) {
  if (!is_related(observation)) return;
  const sim::Strand* strand = world_.current_strand();
  const std::string_view process =
      strand == nullptr ? std::string_view() : std::string_view(strand->process->name());
  for (const check::Relation& relation : relations_) {
    if (const auto part = check::part_in(relation, observation, process)) {
      world_.touch(world_.object(sim::mix(sim::mix(8, relation.check), part->thing)), part->writes);
    }
  }
}

RunRecord Runner::run(sim::TimeMode time, sim::Decider& decider, const RunChoices& choices) {
  world_.end();
  CountingDecider counting(decider);
  sim::RunOptions options;
  options.time = time;
  options.parameters = parameters_;
  options.seed = seed_;
  options.horizon = variant_.explore.until;
  options.window = static_cast<std::size_t>(variant_.network.window);
  options.keep_payloads = choices.keep_payloads;
  options.fragment = choices.fragment && variant_.network.fragment;
  options.steps = &steps_;
  options.on_observation = [this](const Observation& observation) { watch(observation); };
  world_.begin(options, counting);
  system_ = std::make_unique<System>(world_, variant_, scripts_);
  system_->build();
  holding_on_.clear();

  RunRecord record;
  record.end = world_.run();
  if (!is_run(record.end)) return record;
  if (is_broken(record.end)) record.broken = world_.failure();
  record.choices = counting.choices;
  record.deviations = counting.deviations;
  note_unfinished(record.end);
  note_left();
  summarize(record);
  return record;
}

/// Clients that are not done although the run was not stopped, and what they and the others wait
/// for: what an invariant says about it goes by the trace alone.
void Runner::note_unfinished(sim::RunEnd end) {
  const bool quiescent = end == sim::RunEnd::quiescent;
  if ((!quiescent && end != sim::RunEnd::horizon) || system_->clients_left() == 0) return;
  const auto waiting = world_.waiting();
  std::string others;
  if (quiescent) {
    for (const auto& wait : waiting) {
      if (!wait.strand.starts_with(std::string(clients_host) + '/')) {
        others += "; " + wait.text();
      }
    }
  }
  for (const auto& script : variant_.clients) {
    if (system_->is_done(script.name)) continue;
    std::string own;
    bool limited = false;
    for (const auto& wait : waiting) {
      if (wait.strand != std::string(clients_host) + '/' + script.name) continue;
      limited |= wait.limited;
      own += (own.empty() ? "" : "; ") + wait.text();
    }
    const std::string waits = own + others;
    const Field fields[] = {{"client", std::string_view(script.name)},
                            {"end", sim::name_of(end)},
                            {"stuck", quiescent || !limited},
                            {"waits", std::string_view(waits)}};
    world_.note("unfinished", fields);
  }
}

/// By now backends have heard of all that was closed, or will: what a process has not closed
/// counts.
void Runner::note_left() {
  for (const std::string& process : holding_on_) system_->note_left(process);
}

std::int64_t Runner::longest_between(trace::EventId from, trace::EventId to) {
  if (!world_.time().symbolic()) {
    const auto& events = world_.trace().events();
    return events[to].time_ns - events[from].time_ns;
  }
  return explore::longest(world_.time(), world_.event_points()[from], world_.event_points()[to]);
}

void Runner::summarize(RunRecord& record) {
  const auto& trace = world_.trace();
  auto& time = world_.time();
  findings_ = &evaluator_.evaluate(
      trace, [this](trace::EventId from, trace::EventId to) { return longest_between(from, to); },
      [](Duration limit) { return limit.to_ns(); });
  for (std::size_t i = 0; i < findings_->size() && i < 64; ++i) {
    if ((*findings_)[i].violated) record.violated |= std::uint64_t{1} << i;
    if ((*findings_)[i].seen) record.seen |= std::uint64_t{1} << i;
  }
  record.digest = trace.digest();
  record.order = world_.steps()->class_hash();
  record.tie_only = time.tie_only();
  record.relaxed = time.relaxed();
  if (time.symbolic()) {
    record.virtual_ns =
        -time.zone().upper(time.zone_point(time.current_point()), sim::Zone::origin);
    record.cuts = time.cuts();
  } else {
    record.virtual_ns = time.now_ns();
  }

  // Clients: who met their script, and how long establishing took.
  struct Started {
    std::string_view client;
    trace::EventId event;
  };
  std::vector<Started> started;
  const auto client_of = [&](const trace::ObservationRecord& observation) {
    const auto* field = trace.find(observation, "client");
    return field == nullptr ? std::string_view() : trace.value_text(*field);
  };
  std::size_t scripts_met = 0;
  const auto index_of = [&](std::string_view client) {
    const auto& clients = variant_.clients;
    return static_cast<std::uint16_t>(
        std::ranges::find(clients, client, &fakes::client::Script::name) - clients.begin());
  };
  const auto connecting = world_.trace().intern("client_connecting");
  const auto frame = world_.trace().intern("client_frame");
  const auto done = world_.trace().intern("client_done");
  for (const auto& observation : trace.observations()) {
    if (observation.name == connecting) {
      const auto* attempt = trace.find(observation, "attempt");
      if (attempt != nullptr && attempt->number == 1) {
        started.push_back({client_of(observation), observation.event});
      }
    } else if (observation.name == done) {
      const auto* ok = trace.find(observation, "ok");
      if (ok == nullptr || ok->number == 0) continue;
      ++scripts_met;
      record.clients_done.push_back(index_of(client_of(observation)));
    } else if (observation.name == frame) {
      const auto* type = trace.find(observation, "type");
      if (type == nullptr || trace.value_text(*type) != "session_established") continue;
      const auto client = client_of(observation);
      const auto begin = std::ranges::find(started, client, &Started::client);
      if (begin == started.end()) continue;
      EstablishedTime established{index_of(client), 0, 0};
      if (time.symbolic()) {
        const auto from = time.zone_point(world_.event_points()[begin->event]);
        const auto to = time.zone_point(world_.event_points()[observation.event]);
        established.low_ns = -time.zone().upper(to, from);
        established.high_ns = time.zone().upper(from, to);
      } else {
        established.low_ns = established.high_ns =
            trace.events()[observation.event].time_ns - trace.events()[begin->event].time_ns;
      }
      record.established.push_back(established);
      started.erase(begin);
    }
  }
  record.clients_ok = scripts_met == variant_.clients.size();
  if (record.relaxed) look_exactly(record);
}

/// What was found in the zone of a relaxed run holds only if its exact system has a solution.
void Runner::look_exactly(RunRecord& record) {
  const auto& time = world_.time();
  if (!explore::feasible(time)) {
    record.impossible = true;
    record.violated = record.seen = 0;
    record.end = sim::RunEnd::stopped;
    record.broken.clear();
    record.tie_only = false;
    record.clients_ok = true;
    record.clients_done.clear();
    record.established.clear();
    record.cuts.clear();
    return;
  }
  for (std::size_t check = 0; check < variant_.checks.size(); ++check) {
    const std::uint64_t bit = std::uint64_t{1} << check;
    if ((record.violated & bit) == 0) continue;
    const ClassFailure failure = failure_of(*this, variant_, record, check);
    const auto is_real = [&](const explore::PointCondition& late) {
      return explore::ClassSystem(time, {}, {late}).feasible();
    };
    if (!failure.always && std::ranges::none_of(failure.late, is_real)) record.violated &= ~bit;
  }
}

}  // namespace raceproof::campaign
