#include "harness/sim/world.hpp"

#include <algorithm>
#include <array>
#include <boost/container/small_vector.hpp>
#include <cassert>
#include <fmt/format.h>

namespace raceproof::sim {

std::string_view name_of(RunEnd end) {
  static constexpr std::array<std::string_view, 9> names = {"stopped", "quiescent",   "horizon",
                                                            "spin",    "event limit", "task failed",
                                                            "leak",    "given up",    "impossible"};
  return names[static_cast<std::size_t>(end)];
}

World::World() : network_(*this), context_(std::make_unique<boost::asio::io_context>(1)) {
  seed_libraries();
}

World::~World() { end(); }

void World::begin(const RunOptions& options, Decider& decider) {
  end();
  options_ = options;
  decider_ = &decider;
  trace_.clear();
  steps_ = decider.local_time();
  local_time_ = steps_ != nullptr;
  if (steps_ == nullptr) steps_ = options.steps;
  if (steps_ != nullptr) {
    steps_->begin_run();
    steps_->time = &time_;
  }
  step_identity_ = 1;
  step_parts_ = 0;
  time_.begin(options.time, options.parameters, decider, trace_, local_time_);
  heap_.clear();
  pending_.clear();
  overtaken_.clear();
  touches_first_ = false;
  event_points_.clear();
  happened_.clear();
  stock_wanted_.clear();
  sequence_ = 0;
  partitions_ = 0;
  current_event_ = 0;
  current_strand_ = nullptr;
  stop_requested_ = false;
  horizon_reached_ = false;
  events_at_progress_ = 0;
  progress_ns_ = 0;
  failure_.clear();
  leaked_ = false;
  running_ = true;
  TimeAlgebra::current = &time_;
  trace_.add_strand("world");
  record(trace::EventKind::start, 0, trace_.intern("run"), 0);
  // The horizon is an event of nobody.
  const std::uint32_t horizon = slot_of_nobody(TimedKind::horizon, "horizon");
  schedule(horizon, Instant() + options.horizon);
}

Process& World::add_process(ProcessOptions options) {
  const Duration cold_start = options.cold_start;
  Process& process = *processes_.emplace_back(std::make_unique<Process>(*this, std::move(options)));
  const auto slot = allocate(TimedKind::process_start, process, process.root(), "start");
  // Nothing can precede a process that starts with the run: it need not be an event in time.
  if (cold_start.affine().form == 0 && cold_start.affine().constant_ns == 0) {
    happen(slot);
  } else {
    schedule(slot, Instant() + cold_start);
  }
  return process;
}

void World::stall(Process& process, Duration at, Duration length) {
  schedule_accident(TimedKind::stall_begin, process, "stall begins", at, length);
}

void World::kill(Process& process, Duration at, Duration restart_after) {
  schedule_accident(TimedKind::process_kill, process, "kill", at, restart_after);
}

void World::start(Process& process, Duration after) {
  schedule_accident(TimedKind::process_start, process, "start", after, {});
}

void World::signal(Process& process, Duration at) {
  schedule_accident(TimedKind::process_signal, process, "signal", at, {});
}

void World::schedule_accident(TimedKind kind, Process& process, const char* label, Duration after,
                              Duration then) {
  const auto slot = allocate(kind, process, process.root(), label);
  timed(slot).then = then;
  schedule(slot, time_.wait_origin() + after);
}

std::uint32_t World::free_slot() {
  if (free_slots_.empty()) {
    slots_.emplace_back();
    return static_cast<std::uint32_t>(slots_.size() - 1);
  }
  const std::uint32_t slot = free_slots_.back();
  free_slots_.pop_back();
  return slot;
}

std::uint32_t World::slot_of_nobody(TimedKind kind, std::string_view label) {
  const std::uint32_t slot = free_slot();
  Timed& timed = slots_[slot];
  timed.kind = kind;
  timed.process = nullptr;  // the slot may have been somebody's in an earlier run
  timed.strand = nullptr;
  timed.ordinal = 0;
  timed.cause = current_event_;
  timed.queued = false;
  timed.label = trace_.intern(label);
  return slot;
}

std::uint32_t World::allocate(TimedKind kind, Process& process, Strand& strand,
                              std::string_view label) {
  const std::uint32_t slot = free_slot();
  Timed& timed = slots_[slot];
  timed.kind = kind;
  timed.process = &process;
  timed.strand = &strand;
  timed.label = trace_.intern(label);
  timed.ordinal = strand.next_ordinal(timed.label);
  timed.cause = current_event_;
  timed.state = Timed::State::never;
  timed.queued = false;
  return slot;
}

void World::release(std::uint32_t slot) {
  Timed& timed = slots_[slot];
  timed.state = Timed::State::free;
  ++timed.generation;
  timed.connection = nullptr;
  timed.connect.reset();
  free_slots_.push_back(slot);
}

std::uint32_t World::slot_of(OperationId id) const {
  const auto slot = static_cast<std::uint32_t>(id & 0xffffffffU) - 1;
  if (id == 0 || slot >= slots_.size()) return UINT32_MAX;
  const Timed& timed = slots_[slot];
  if (timed.generation != static_cast<std::uint32_t>(id >> 32)) return UINT32_MAX;
  return timed.state == Timed::State::free ? UINT32_MAX : slot;
}

void World::schedule(std::uint32_t slot, Instant deadline) {
  Timed& timed = slots_[slot];
  timed.sequence = ++sequence_;
  timed.identity = next_identity();
  timed.armed_by = steps_ == nullptr ? 0 : steps_->current_id();
  timed.armed_on = current_strand_;
  if (is_never(deadline)) {
    timed.state = Timed::State::never;
    return;
  }
  timed.state = Timed::State::pending;
  if (time_.symbolic()) {
    timed.point = time_.create(deadline);
    timed.reach = time_.created_reach();
    pending_.push_back(slot);
    return;
  }
  timed.time_ns = std::max(time_.now_ns(), time_.value_of(deadline.affine()));
  heap_.push_back({timed.time_ns, timed.sequence, slot});
  std::push_heap(heap_.begin(), heap_.end());
}

bool World::unschedule(std::uint32_t slot) {
  Timed& timed = slots_[slot];
  if (timed.state == Timed::State::never) return true;
  if (timed.state == Timed::State::expired) return true;  // not queued yet
  if (timed.state != Timed::State::pending || timed.queued) return false;
  // Due at this very moment, it may already have been queued when it was cancelled.
  const bool due =
      time_.symbolic() ? time_.could_be_now(timed.point) : timed.time_ns == time_.now_ns();
  const bool untimed = steps_ != nullptr && steps_->untimed;
  if (due && !untimed && timed.kind == TimedKind::wait && current_strand_ != nullptr) {
    const Meaning meaning{timed.strand->id, timed.label, timed.ordinal, timed.identity};
    const std::array<Meaning, 2> answers = {meaning, meaning};
    if (decider_->choose(ChoiceKind::timer_queued, answers) == 1) {
      // "No" is what a cancel is where nobody asks: the same class.
      if (steps_ != nullptr) steps_->answered(1);
      if (time_.symbolic()) {
        time_.constrain_to_now(timed.point);
        time_.mark_tie_only();
      }
      timed.queued = true;
      return false;
    }
  }
  if (steps_ != nullptr) {
    StepLog::Cancelled cancelled = cancelled_now(timed);
    if (local_time_ && !steps_->untimed) {
      cut_off(slot, cancelled);
    }
    steps_->cancelled(cancelled);
  }
  if (time_.symbolic()) {
    time_.discard(timed.point);
    pending_.erase(std::find(pending_.begin(), pending_.end(), slot));
    timed.state = Timed::State::never;
  } else {
    timed.state = Timed::State::cancelled;  // its heap entry is skipped later, by sequence
  }
  return true;
}

trace::EventId World::record(trace::EventKind kind, trace::StrandId strand, trace::LabelId label,
                             trace::EventId cause) {
  if (time_.symbolic()) event_points_.push_back(time_.current_point());
  return trace_.add(kind, strand, label, cause, now_ns());
}

void World::observe(trace::StrandId strand, const Observation& told) {
  // On the clock a time is a number; what it was made of matters in symbolic runs only.
  boost::container::small_vector<Field, 8> fields;
  Observation observation = told;
  const auto is_time = [](const Field& field) {
    return std::holds_alternative<Duration>(field.value) ||
           std::holds_alternative<Instant>(field.value);
  };
  if (!time_.symbolic() && std::ranges::any_of(told.fields, is_time)) {
    fields.assign(told.fields.begin(), told.fields.end());
    const auto known = [this](detail::Affine value) {
      return detail::Affine{time_.value_of(value), 0};
    };
    for (Field& field : fields) {
      if (const auto* duration = std::get_if<Duration>(&field.value)) {
        field.value = Duration(known(duration->affine()));
      } else if (const auto* instant = std::get_if<Instant>(&field.value)) {
        field.value = Instant(known(instant->affine()));
      }
    }
    observation.fields = fields;
  }
  trace_.observe(current_event_, strand, now_ns(), observation);
  if (options_.on_observation) options_.on_observation(observation);
}

void World::fail(std::string what) {
  if (failure_.empty()) failure_ = std::move(what);
  stop_requested_ = true;
}

bool World::is_head(std::uint32_t slot) const {
  const Timed& event = slots_[slot];
  if (event.kind != TimedKind::delivery) return true;
  return event.connection->ends[event.end].deliveries.front() == slot;
}

std::size_t World::choose_among(std::span<const std::uint32_t> candidates) {
  if (candidates.size() == 1 && !local_time_) return 0;
  meanings_.clear();
  for (const std::uint32_t slot : candidates) {
    const Timed& event = slots_[slot];
    meanings_.push_back({event.strand == nullptr ? 0 : event.strand->id, event.label, event.ordinal,
                         event.identity});
  }
  return decider_->choose(ChoiceKind::next_event, meanings_);
}

std::uint32_t World::next_concrete() {
  const auto pop = [this] {
    std::pop_heap(heap_.begin(), heap_.end());
    const HeapItem item = heap_.back();
    heap_.pop_back();
    return item;
  };
  const auto stale = [this](const HeapItem& item) {
    const Timed& event = slots_[item.slot];
    return event.state != Timed::State::pending || event.sequence != item.sequence;
  };
  while (!heap_.empty() && stale(heap_.front())) {
    const HeapItem item = pop();
    Timed& event = slots_[item.slot];
    if (event.state == Timed::State::cancelled && event.sequence == item.sequence)
      release(item.slot);
  }
  if (heap_.empty()) return UINT32_MAX;
  const HeapItem first = pop();
  if (heap_.empty() || heap_.front().time_ns != first.time_ns) return first.slot;

  // Several are due: any may be next, but what one strand or one direction of a stream orders.
  std::vector<HeapItem> due = {first};
  while (!heap_.empty() && heap_.front().time_ns == first.time_ns) {
    const HeapItem item = pop();
    if (!stale(item)) {
      due.push_back(item);
    } else if (slots_[item.slot].state == Timed::State::cancelled &&
               slots_[item.slot].sequence == item.sequence) {
      release(item.slot);
    }
  }
  candidates_.clear();
  for (std::size_t i = 0; i < due.size(); ++i) {
    const auto earlier = [&](std::size_t j) {
      return line_of(slots_[due[j].slot]) == line_of(slots_[due[i].slot]);
    };
    bool forced_later = false;
    for (std::size_t j = 0; j < i && !forced_later; ++j) forced_later = earlier(j);
    if (!forced_later) candidates_.push_back(due[i].slot);
  }
  const std::uint32_t chosen = candidates_[choose_among(candidates_)];
  for (const HeapItem& item : due) {
    if (item.slot == chosen) continue;
    heap_.push_back(item);
    std::push_heap(heap_.begin(), heap_.end());
  }
  return chosen;
}

void World::later_than(std::uint32_t slot) {
  later_.clear();
  const Timed& event = slots_[slot];
  for (const std::uint32_t other : pending_) {
    if (other == slot) continue;
    const Timed& o = slots_[other];
    const bool tie_goes_to_other = o.sequence < event.sequence && line_of(o) == line_of(event);
    later_.push_back({time_.zone_point(o.point), tie_goes_to_other ? 1 : 0, o.point});
  }
}

std::uint32_t World::next_symbolic() {
  candidates_.clear();
  for (const std::uint32_t slot : pending_) {
    if (!is_head(slot)) continue;
    later_than(slot);
    if (time_.zone().can_fire(time_.zone_point(slots_[slot].point), later_)) {
      candidates_.push_back(slot);
    }
  }
  if (candidates_.empty()) return UINT32_MAX;
  const std::uint32_t chosen = candidates_[choose_among(candidates_)];
  later_than(chosen);
  time_.fire(slots_[chosen].point, later_);
  pending_.erase(std::find(pending_.begin(), pending_.end(), chosen));
  return chosen;
}

std::uint32_t World::next_in_local_time() {
  candidates_.clear();
  for (const std::uint32_t slot : pending_) {
    if (is_head(slot)) candidates_.push_back(slot);
  }
  if (candidates_.empty()) return UINT32_MAX;
  if (steps_->wants_timely) {
    steps_->timely.clear();
    for (const std::uint32_t slot : candidates_) {
      later_than(slot);
      steps_->timely.push_back(
          time_.zone().can_fire(time_.zone_point(slots_[slot].point), later_) ? 1 : 0);
    }
  }
  const std::uint32_t chosen = candidates_[choose_among(candidates_)];
  if (steps_->given_up) return UINT32_MAX;
  time_.fire_in_local_time(slots_[chosen].point);
  pending_.erase(std::find(pending_.begin(), pending_.end(), chosen));
  return chosen;
}

bool World::advance() {
  const std::uint32_t slot = local_time_        ? next_in_local_time()
                             : time_.symbolic() ? next_symbolic()
                                                : next_concrete();
  if (slot == UINT32_MAX) return false;
  if (time_.symbolic()) {
    const Timed& event = slots_[slot];
    happened_.push_back({event.strand == nullptr ? 0 : event.strand->id, event.label, event.ordinal,
                         event.identity});
  } else {
    time_.set_now_ns(slots_[slot].time_ns);
  }
  begin_step(slot);
  happen(slot);
  return true;
}

void World::happen(std::uint32_t slot) {
  Timed& event = slots_[slot];
  if (event.kind == TimedKind::horizon) {
    horizon_reached_ = true;
    record(trace::EventKind::end, 0, event.label, 0);
    release(slot);
    return;
  }
  if (event.kind == TimedKind::partition_begin || event.kind == TimedKind::partition_end) {
    return happen_to_link(slot);
  }
  Process& process = *event.process;
  const auto kind = [&] {
    switch (event.kind) {
      case TimedKind::wait:
      case TimedKind::block_end:
        return trace::EventKind::timer;
      case TimedKind::delivery:
        return trace::EventKind::arrival;
      case TimedKind::connect_request:
      case TimedKind::connect_answer:
        return trace::EventKind::connect;
      case TimedKind::process_start:
        return trace::EventKind::start;
      default:
        return trace::EventKind::process;
    }
  }();
  if (event.kind == TimedKind::delivery) {
    // The network records the arrival with its bytes.
    ConnectionEnd& end = event.connection->ends[event.end];
    end.deliveries.pop_front();
    Connection& connection = *event.connection;
    const auto [to, bytes, segment] = std::tuple(int{event.end}, event.bytes, event.segment_end);
    within(event.cause, nullptr, [&] { network_.deliver(connection, to, bytes, segment); });
    release(slot);
    return;
  }
  const auto id = record(kind, event.strand->id, event.label, event.cause);
  within(id, nullptr, [&] {
    switch (event.kind) {
      case TimedKind::wait:
        process.ready_timer(slot);
        return;
      case TimedKind::block_end: {
        auto* operation = make_operation(
            pool_, [handler = std::move(event.handler)]() mutable { handler(ErrorCode()); });
        operation->cause = id;
        Strand& strand = *event.strand;
        release(slot);
        process.block_ended(strand, operation);
        return;
      }
      case TimedKind::connect_request:
        network_.request_arrived(slot);
        return;
      case TimedKind::connect_answer:
        network_.answer_arrived(slot);
        return;
      case TimedKind::process_start:
        release(slot);
        process.start();
        return;
      case TimedKind::stall_begin:
        // Its end counts from its beginning: one delay, one event.
        schedule_accident(TimedKind::stall_end, process, "stall ends", event.then, {});
        release(slot);
        process.stall(true);
        return;
      case TimedKind::stall_end:
        release(slot);
        process.stall(false);
        return;
      case TimedKind::process_signal:
        release(slot);
        process.signal();
        return;
      case TimedKind::process_kill: {
        const Duration restart_after = event.then;
        release(slot);
        process.kill();
        if (restart_after.affine().constant_ns < Duration::max().affine().constant_ns) {
          schedule_accident(TimedKind::process_start, process, "restart", restart_after, {});
        }
        return;
      }
      default:
        return;
    }
  });
}

void World::leaked(const Leak& leak) {
  if (ending_) {
    late_leak_ = leak.text() + ", when a run was destroyed";
    return;
  }
  leaked_ = true;
  fail(leak.text());
}

RunEnd World::run() {
  const LeakWatch watch(*this);
  RunEnd end = loop();
  if (end != RunEnd::quiescent && end != RunEnd::given_up) end_cuts_off();
  if (steps_ != nullptr && steps_->impossible) end = RunEnd::impossible;
  if (!late_leak_.empty()) {
    leaked_ = true;
    fail(std::exchange(late_leak_, {}));
  }
  return leaked_ ? RunEnd::leak : end;
}

RunEnd World::stopped_end() const {
  return failure_.empty() ? RunEnd::stopped : RunEnd::task_failed;
}

RunEnd World::loop() {
  while (true) {
    bool worked = false;
    for (const auto& process : processes_) {
      while (process->step()) {
        worked = true;
        if (stop_requested_) return stopped_end();
        if (trace_.events().size() - events_at_progress_ > options_.spin_limit) return RunEnd::spin;
      }
    }
    if (worked) continue;
    if (!stock_wanted_.empty()) observe_stock();
    if (steps_ != nullptr && steps_->impossible) return RunEnd::impossible;
    if (steps_ != nullptr && steps_->in_vain) steps_->given_up = true;
    if (steps_ != nullptr && steps_->given_up) return RunEnd::given_up;
    if (trace_.events().size() > options_.event_limit) return RunEnd::event_limit;
    if (!advance()) {
      return steps_ != nullptr && steps_->given_up ? RunEnd::given_up : RunEnd::quiescent;
    }
    if (horizon_reached_) return RunEnd::horizon;
    if (stop_requested_) return stopped_end();
    const std::int64_t reached =
        time_.symbolic()
            ? -time_.zone().upper(time_.zone_point(time_.current_point()), Zone::origin)
            : time_.now_ns();
    if (reached > progress_ns_) {
      progress_ns_ = reached;
      events_at_progress_ = static_cast<std::uint32_t>(trace_.events().size());
    } else if (trace_.events().size() - events_at_progress_ > options_.spin_limit) {
      return RunEnd::spin;
    }
  }
}

bool World::destroy_handlers(Process& process) {
  bool found = false;
  for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) {
    Timed& timed = slots_[slot];
    if (timed.state == Timed::State::free || timed.process != &process) continue;
    const bool waits = timed.kind == TimedKind::wait || timed.kind == TimedKind::block_end ||
                       timed.kind == TimedKind::connect_request ||
                       timed.kind == TimedKind::connect_answer;
    if (!waits) continue;
    const auto handler = std::move(timed.handler);  // destroyed at the end of this turn
    const auto connect = std::move(timed.connect);
    timed.handler = nullptr;
    found = found || handler || connect != nullptr;
    if (timed.state == Timed::State::pending && steps_ != nullptr) {
      StepLog::Cancelled cut = cancelled_now(timed);
      if (local_time_ && !steps_->untimed) cut_off(slot, cut);
      steps_->cancelled(cut);
    }
    if (timed.state == Timed::State::pending && time_.symbolic()) {
      time_.discard(timed.point);
      std::erase(pending_, slot);
      release(slot);
    } else if (timed.state == Timed::State::pending) {
      timed.state = Timed::State::cancelled;
    } else if (timed.state != Timed::State::cancelled) {
      release(slot);
    }
  }
  return found;
}

void World::end() {
  if (!running_) return;
  steps_ = nullptr;  // nothing of what follows is part of the run
  const LeakWatch watch(*this);
  ending_ = true;
  for (auto process = processes_.rbegin(); process != processes_.rend(); ++process) {
    (*process)->kill();
  }
  processes_.clear();
  network_.clear();
  for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) {
    if (slots_[slot].state != Timed::State::free) release(slot);
  }
  running_ = false;
  ending_ = false;
  if (TimeAlgebra::current == &time_) TimeAlgebra::current = nullptr;
}

}  // namespace raceproof::sim
