// What the processes of a world wait for, and what they still hold.
#include <algorithm>
#include <fmt/format.h>

#include "harness/sim/world.hpp"

namespace raceproof::sim {

std::vector<Waiting> World::waiting() const {
  std::vector<Waiting> result;
  for (const Timed& event : slots_) {
    const bool limited = event.state == Timed::State::pending;
    if (!limited && event.state != Timed::State::never) continue;
    const bool own = event.kind == TimedKind::wait || event.kind == TimedKind::block_end ||
                     event.kind == TimedKind::connect_request ||
                     event.kind == TimedKind::connect_answer;
    if (!own || event.strand == nullptr || !event.process->alive()) continue;
    result.push_back({event.strand->name, std::string(trace_.text(event.label)), limited});
  }
  network_.add_waiting(result);
  return result;
}

void World::take_stock(Process& process) {
  if (std::ranges::find(stock_wanted_, &process) == stock_wanted_.end()) {
    stock_wanted_.push_back(&process);
  }
}

void World::observe_stock() {
  for (Process* process : std::exchange(stock_wanted_, {})) {
    if (!process->alive()) continue;
    // What it holds is up to each of its strands.
    for (const auto& strand : process->strands()) touch(strand->object, false);
    Network::Held held = network_.held_by(*process);
    std::int64_t timers = 0;
    std::int64_t connects = 0;
    for (const Timed& event : slots_) {
      const bool pending = event.state == Timed::State::pending ||
                           event.state == Timed::State::never ||
                           event.state == Timed::State::expired;
      if (event.process != process || !pending) continue;
      const bool waits = event.kind == TimedKind::wait || event.kind == TimedKind::block_end;
      const bool connecting =
          event.kind == TimedKind::connect_request || event.kind == TimedKind::connect_answer;
      if (!waits && !connecting) continue;
      ++(waits ? timers : connects);
      held.names += fmt::format("{}{}: {}", held.names.empty() ? "" : "; ", event.strand->name,
                                trace_.text(event.label));
    }
    const Field fields[] = {{"process", std::string_view(process->name())},
                            {"timers", timers},
                            {"connects", connects},
                            {"reads", held.reads},
                            {"writes", held.writes},
                            {"accepts", held.accepts},
                            {"streams", held.streams},
                            {"listeners", held.listeners},
                            {"handlers", process->handlers_pending()},
                            {"names", std::string_view(held.names)}};
    within(current_event_, &process->root(), [&] {
      process->observe(Observation{"process_left", fields});
    });
  }
}

void Process::signal() {
  touch();
  world_.touch(root().object);  // whether it lives yet
  if (!alive_ || !options_.signal) return;
  auto* operation = make_operation(pool(), [this] { options_.signal(); });
  operation->cause = world_.current_event();
  enqueue(root(), operation);
}

std::int64_t Process::handlers_pending() const {
  auto count = static_cast<std::int64_t>(open_.size());
  for (std::size_t i = 0; i < queue_size_; ++i) {
    const Entry& entry = queue_[(queue_head_ + i) & (queue_.size() - 1)];
    count += entry.strand != nullptr ? 1 : 0;
  }
  return count;
}

void Network::add_waiting(std::vector<Waiting>& waiting) const {
  for (std::size_t i = 0; i < connections_used_; ++i) {
    for (int which = 0; which < 2; ++which) {
      const ConnectionEnd& end = connections_[i]->ends[which];
      if (end.strand == nullptr || !end.process->alive()) continue;
      const ConnectionEnd& other = connections_[i]->ends[1 - which];
      if (end.read_handler) {
        waiting.push_back({end.strand->name, "a read from " + other.strand->name, false});
      }
      if (end.write_handler) {
        waiting.push_back({end.strand->name, "a write to " + other.strand->name, false});
      }
    }
  }
  for (const auto& bound : listeners_) {
    if (!bound->accept_handler || !bound->process->alive()) continue;
    waiting.push_back({bound->strand->name, "a connection", false});
  }
}

Network::Held Network::held_by(const Process& process) const {
  Held held;
  const auto name = [&](const std::string& what) {
    held.names += (held.names.empty() ? "" : "; ") + what;
  };
  for (std::size_t i = 0; i < connections_used_; ++i) {
    for (int which = 0; which < 2; ++which) {
      const ConnectionEnd& end = connections_[i]->ends[which];
      if (end.process != &process) continue;
      held.reads += end.read_handler ? 1 : 0;
      held.writes += end.write_handler ? 1 : 0;
      if (!end.open) continue;
      ++held.streams;
      name("the stream of " + end.strand->name);
    }
  }
  for (const auto& bound : listeners_) {
    if (bound->process != &process || !bound->open) continue;
    ++held.listeners;
    held.accepts += bound->accept_handler ? 1 : 0;
    name("the listener of " + bound->strand->name);
  }
  return held;
}

void World::note(std::string_view name, std::span<const Field> fields) {
  trace_.observe(static_cast<trace::EventId>(trace_.events().size() - 1), 0, now_ns(),
                 Observation{name, fields});
}

}  // namespace raceproof::sim
