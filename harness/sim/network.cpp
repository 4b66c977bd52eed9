#include "harness/sim/network.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <cstring>

#include "harness/sim/world.hpp"

namespace raceproof::sim {

namespace {

bool is_immediate(const DelayRange& latency) {
  const auto low = latency.low.affine();
  const auto high = latency.high.affine();
  return low.form == 0 && high.form == 0 && low.constant_ns == 0 && high.constant_ns == 0;
}

/// The sum, where it is one: symbolic instants are dear.
Instant delayed(Instant origin, std::optional<Duration> after) {
  return after ? origin + *after : origin;
}

}  // namespace

void Connection::reset_for_reuse() {
  for (ConnectionEnd& end : ends) {
    end.process = nullptr;
    end.strand = nullptr;
    end.open = end.sent_end = end.end_of_file = end.reset = end.read_queued = false;
    end.received.clear();
    end.read_offset = 0;
    end.last_arrival = 0;
    end.read_handler = nullptr;
    end.write_handler = nullptr;
    end.write_buffers.clear();
    end.in_flight.clear();
    end.in_flight_offset = 0;
    end.deliveries.clear();
    end.held.clear();
    end.last_delivery = StepLog::none;
    end.sent = 0;
  }
}

// --- Network ------------------------------------------------------------------------------------

void Network::clear() {
  for (std::size_t i = 0; i < connections_used_; ++i) connections_[i]->reset_for_reuse();
  connections_used_ = 0;
  listeners_.clear();
  links_.clear();
  any_may_be_cut_ = false;
}

Connection& Network::make_connection() {
  if (connections_used_ == connections_.size()) {
    connections_.push_back(std::make_unique<Connection>());
  }
  Connection& connection = *connections_[connections_used_];
  connection.id = static_cast<std::uint32_t>(connections_used_++);
  return connection;
}

Network::Link* Network::link_between(const std::string& a, const std::string& b) {
  for (Link& link : links_) {
    if ((link.a == a && link.b == b) || (link.a == b && link.b == a)) return &link;
  }
  return nullptr;
}

void Network::set_latency(const std::string& a, const std::string& b, DelayRange latency) {
  Link* known = link_between(a, b);
  Link& link = known == nullptr ? links_.emplace_back(Link{a, b, {}}) : *known;
  link.latency = latency;
}

DelayRange Network::latency_between(const Process& a, const Process& b) const {
  for (const Link& link : links_) {
    if (link.a == a.name() && link.b == b.name()) return link.latency;
    if (link.a == b.name() && link.b == a.name()) return link.latency;
  }
  return {};
}

std::shared_ptr<BoundListener> Network::bind(Process& process, Strand& strand, const Endpoint& at) {
  for (const auto& bound : listeners_) {
    if (bound->open && bound->process == &process && bound->at.port == at.port) {
      throw boost::system::system_error(asio::error::address_in_use, "listen");
    }
  }
  world_.touch(registry_of(process.name()));
  auto bound = std::make_shared<BoundListener>();
  bound->process = &process;
  bound->strand = &strand;
  bound->at = {process.name(), at.port};
  listeners_.push_back(bound);
  return bound;
}

ObjectId Network::registry_of(const std::string& host) { return world_.object(mix(5, host)); }

void Network::touch(const ConnectionEnd& end) { world_.touch(end.object); }

void Network::touch(const BoundListener& listener) {
  world_.touch(world_.object(mix(mix(6, listener.at.host), listener.at.port)));
}

void Network::request(std::uint32_t slot) {
  Timed& timed = world_.timed(slot);
  const std::string& host = timed.connect->target.host;
  if (cut_between(timed.process->name(), host)) {
    link_between(timed.process->name(), host)->connects.push_back(world_.id_of(slot));
    return;
  }
  schedule_request(slot, {});
}

void Network::schedule_request(std::uint32_t slot, After after) {
  Timed& timed = world_.timed(slot);
  world_.touch(registry_of(timed.connect->target.host), false);
  const Process* target = nullptr;
  for (const auto& bound : listeners_) {
    if (bound->at.host == timed.connect->target.host) target = bound->process;
  }
  const DelayRange latency =
      target == nullptr ? DelayRange{} : latency_between(*timed.process, *target);
  if (is_immediate(latency) && !after) {
    timed.state = Timed::State::pending;
    request_arrived(slot);
    return;
  }
  const auto label = timed.label;
  world_.schedule(slot, delayed(world_.time().wait_origin(), after) +
                            world_.time().draw(latency, {timed.strand->id, label, timed.ordinal,
                                                         world_.next_identity()}));
}

void Network::request_arrived(std::uint32_t slot) {
  Timed& timed = world_.timed(slot);
  world_.touch(registry_of(timed.connect->target.host), false);
  BoundListener* listener = nullptr;
  for (const auto& bound : listeners_) {
    if (bound->open && bound->at == timed.connect->target) {
      listener = bound.get();
    }
  }
  DelayRange latency;
  if (listener == nullptr) {
    timed.connect->error = asio::error::connection_refused;
  } else {
    timed.connect->error = {};
    latency = latency_between(*timed.process, *listener->process);
    Connection& connection = make_connection();
    connection.latency = latency;
    connection.ends[0].process = timed.process;
    connection.ends[0].strand = timed.strand;
    connection.ends[0].open = true;
    connection.ends[1].process = listener->process;
    connection.ends[1].strand = listener->strand;
    connection.ends[1].open = true;
    const Identity name = world_.next_identity();
    connection.ends[0].object = world_.object(mix(name, 0));
    connection.ends[1].object = world_.object(mix(name, 1));
    timed.connection = &connection;
    touch(*listener);
    listener->process->touch();
    listener->backlog.push_back(&connection);
    accept_ready(*listener, true);
  }
  // An event of its own: its meaning must not be that of the request.
  timed.kind = TimedKind::connect_answer;
  timed.label = world_.trace().intern("connect answer");
  timed.ordinal = timed.strand->next_ordinal(timed.label);
  timed.cause = world_.current_event();
  const std::string& host = timed.connect->target.host;
  if (cut_between(timed.process->name(), host)) {
    timed.state = Timed::State::never;
    link_between(timed.process->name(), host)->connects.push_back(world_.id_of(slot));
    return;
  }
  schedule_answer(slot, {});
}

void Network::schedule_answer(std::uint32_t slot, After after) {
  Timed& timed = world_.timed(slot);
  const DelayRange latency = timed.connection == nullptr ? DelayRange{} : timed.connection->latency;
  if (is_immediate(latency) && !after) {
    answer_arrived(slot);
    return;
  }
  world_.schedule(slot, delayed(world_.time().wait_origin(), after) +
                            world_.time().draw(latency, {timed.strand->id, timed.label,
                                                         timed.ordinal, world_.next_identity()}));
}

void Network::answer_arrived(std::uint32_t slot) {
  Timed& timed = world_.timed(slot);
  Strand& strand = *timed.strand;
  Process& process = *timed.process;
  Connection* connection = timed.connection;
  std::string peer = timed.connect->target.host;
  auto* operation = make_operation(
      world_.pool(), [handler = std::move(timed.connect->handler), error = timed.connect->error,
                      connection, &strand, peer = std::move(peer)]() mutable {
        if (error) {
          handler(error, Stream());
        } else {
          handler(error, Stream(StrandExecutor(strand), std::make_unique<SimStream>(*connection, 0),
                                std::move(peer)));
        }
      });
  world_.release(slot);
  process.ready_completion(strand, operation, world_.current_event());
}

void Network::accept_ready(BoundListener& listener, bool arriving) {
  if (!listener.accept_handler || listener.backlog.empty()) return;
  Connection* connection = listener.backlog.front();
  listener.backlog.pop_front();
  auto* operation = make_operation(
      world_.pool(), [handler = std::move(listener.accept_handler),
                      strand_of = std::move(listener.strand_of), connection]() mutable {
        std::string peer = connection->ends[0].strand->name;
        Executor executor = strand_of(peer);
        const auto* target = executor.target<StrandExecutor>();
        connection->ends[1].strand = &target->strand();
        Stream stream(std::move(executor), std::make_unique<SimStream>(*connection, 1),
                      std::move(peer));
        handler(ErrorCode(), std::move(stream));
      });
  listener.accept_handler = nullptr;
  if (arriving) {
    listener.process->ready_completion(*listener.strand, operation, world_.current_event());
  } else {
    listener.process->complete(*listener.strand, operation, world_.current_event());
  }
}

void Network::abandon(Connection& connection) {
  ConnectionEnd& end = connection.ends[0];
  touch(end);
  end.open = false;
  end.sent_end = true;
  send_end(connection, 0, SegmentEnd::reset);
}

std::size_t Network::send(Connection& connection, int from, const ConstBuffers& buffers) {
  const int to = 1 - from;
  ConnectionEnd& receiver = connection.ends[to];
  // While no more than the window was ever sent, no order of reads and writes can fill it.
  receiver.sent += asio::buffer_size(buffers);
  const std::size_t window = world_.window();
  if (receiver.sent > window) touch(receiver);
  const std::size_t used = receiver.unread() + receiver.travelling();
  std::size_t room = used >= window ? 0 : window - used;
  std::size_t taken = 0;
  for (const auto& piece : buffers) {
    const std::size_t size = std::min(room, piece.size());
    receiver.in_flight.append(static_cast<const char*>(piece.data()), size);
    taken += size;
    room -= size;
  }
  if (taken == 0) return 0;
  if (cut_between(connection)) {
    receiver.held.push_back({taken, SegmentEnd::none});
    return taken;
  }
  std::size_t left = taken;
  while (left > 0) {
    const std::size_t piece = piece_of(connection, from, left);
    send_segment(connection, to, {piece, SegmentEnd::none}, {});
    left -= piece;
  }
  return taken;
}

std::size_t Network::piece_of(const Connection& connection, int from, std::size_t bytes) {
  if (!world_.fragments() || bytes < 2) return bytes;
  Strand& sender = *connection.ends[from].strand;
  const auto label = world_.trace().intern("fragment");
  const std::int64_t cut =
      world_.decider().draw(0, static_cast<std::int64_t>(bytes) - 1,
                            Meaning{sender.id, label, sender.next_ordinal(label), 0});
  return cut == 0 ? bytes : static_cast<std::size_t>(cut);
}

void Network::send_segment(Connection& connection, int to, ConnectionEnd::Segment segment,
                           After after) {
  if (is_immediate(connection.latency) && !after) {
    deliver(connection, to, segment.bytes, segment.end);
    return;
  }
  ConnectionEnd& receiver = connection.ends[to];
  static constexpr const char* labels[] = {"data", "end of file", "reset"};
  const auto slot = world_.allocate(TimedKind::delivery, *receiver.process, *receiver.strand,
                                    labels[static_cast<int>(segment.end)]);
  Timed& timed = world_.timed(slot);
  timed.connection = &connection;
  timed.end = static_cast<std::uint8_t>(to);
  timed.bytes = segment.bytes;
  timed.segment_end = segment.end;
  schedule_delivery(connection, to, slot, after);
}

void Network::schedule_delivery(Connection& connection, int to, std::uint32_t slot, After after) {
  Timed& timed = world_.timed(slot);
  ConnectionEnd& receiver = connection.ends[to];
  TimeModel& time = world_.time();
  Instant arrival = delayed(time.wait_origin(), after) +
                    time.draw(connection.latency, {receiver.strand->id, timed.label, timed.ordinal,
                                                   world_.next_identity()});
  const bool queued_behind = !receiver.deliveries.empty();
  if (queued_behind && !time.symbolic()) {
    const std::int64_t previous = world_.timed(receiver.deliveries.back()).time_ns;
    if (time.value_of(arrival.affine()) < previous) {
      arrival = Instant(detail::Affine{previous, 0});  // bytes never overtake bytes
    }
  }
  const std::uint32_t ahead = queued_behind ? receiver.deliveries.back() : 0;
  receiver.deliveries.push_back(slot);
  world_.schedule(slot, arrival);
  if (queued_behind && time.symbolic()) time.order(world_.timed(ahead).point, timed.point);
}

void Network::send_end(Connection& connection, int from, SegmentEnd kind) {
  const int to = 1 - from;
  ConnectionEnd& receiver = connection.ends[to];
  if (receiver.process == nullptr) return;
  receiver.process->touch();
  if (!receiver.process->alive()) return;
  if (cut_between(connection)) {
    receiver.held.push_back({0, kind});
    return;
  }
  send_segment(connection, to, {0, kind}, {});
}

void Network::deliver(Connection& connection, int to, std::size_t bytes, SegmentEnd kind) {
  ConnectionEnd& end = connection.ends[to];
  touch(end);
  end.process->touch();
  const char* data = end.in_flight.data() + end.in_flight_offset;
  static constexpr const char* labels[] = {"data", "end of file", "reset"};
  const auto id =
      world_.record(trace::EventKind::arrival, end.strand->id,
                    world_.trace().intern(labels[static_cast<int>(kind)]), world_.current_event());
  world_.trace().set_payload(id, static_cast<std::uint32_t>(bytes));
  if (world_.keep_payloads()) {
    world_.trace().add_payload(
        id, {connection.id, to == 1, static_cast<std::uint8_t>(kind), std::string(data, bytes)});
  }
  if (end.open && end.process->alive()) {
    end.received.append(data, bytes);
    end.last_arrival = id;
  }
  end.in_flight_offset += bytes;
  if (end.in_flight_offset == end.in_flight.size()) {
    end.in_flight.clear();
    end.in_flight_offset = 0;
  }
  if (!end.process->alive()) return;
  if (!end.open) {
    // Bytes for a closed socket are answered with a reset (RFC 9293 section 3.10.7.1).
    if (kind != SegmentEnd::none) return;
    ConnectionEnd& sender = connection.ends[1 - to];
    world_.touch(sender.object, false);
    if (!sender.open) return;
    world_.within(id, nullptr, [&] { send_end(connection, to, SegmentEnd::reset); });
    return;
  }
  if (kind == SegmentEnd::end_of_file) end.end_of_file = true;
  if (kind == SegmentEnd::reset) {
    end.reset = true;
    end.received.clear();
    end.read_offset = 0;
    world_.within(id, nullptr, [&] { complete_write(connection, to); });
  }
  if (end.read_handler && !end.read_queued) {
    end.read_queued = true;
    world_.within(id, nullptr, [&] { end.process->ready_io(connection, to); });
  }
}

void Network::complete_read(Connection& connection, int which) {
  ConnectionEnd& end = connection.ends[which];
  touch(end);
  end.read_queued = false;
  if (!end.read_handler) return;
  ErrorCode error;
  std::size_t size = 0;
  if (end.reset) {
    error = asio::error::connection_reset;
  } else if (end.unread() > 0) {
    size = std::min(end.unread(), end.read_buffer.size());
    std::memcpy(end.read_buffer.data(), end.received.data() + end.read_offset, size);
    end.read_offset += size;
    if (end.read_offset == end.received.size()) {
      end.received.clear();
      end.read_offset = 0;
    }
  } else if (end.end_of_file) {
    error = asio::error::eof;
  } else {
    return;
  }
  auto* operation = make_operation(world_.pool(), [handler = std::move(end.read_handler), error,
                                                   size]() mutable { handler(error, size); });
  end.read_handler = nullptr;
  end.process->complete(*end.strand, operation, end.last_arrival);
  if (size > 0) complete_write(connection, 1 - which);
}

void Network::complete_write(Connection& connection, int which) {
  ConnectionEnd& end = connection.ends[which];
  if (!end.write_handler) return;
  touch(end);
  // Taken first: bytes that arrive at once may make room, and lead back here.
  auto handler = std::move(end.write_handler);
  end.write_handler = nullptr;
  ErrorCode error;
  std::size_t size = 0;
  if (end.reset) {
    error = asio::error::connection_reset;
  } else if (!end.open || end.sent_end) {
    error = asio::error::operation_aborted;
  } else {
    size = send(connection, which, end.write_buffers);
    if (size == 0) {
      end.write_handler = std::move(handler);
      return;
    }
  }
  auto* operation = make_operation(world_.pool(), [handler = std::move(handler), error,
                                                   size]() mutable { handler(error, size); });
  end.process->complete(*end.strand, operation, world_.current_event());
}

void Network::process_died(Process& process) {
  world_.touch(registry_of(process.name()));
  for (const auto& bound : listeners_) {
    if (bound->process == &process) bound->open = false;
  }
  for (std::size_t i = 0; i < connections_used_; ++i) {
    for (int which = 0; which < 2; ++which) {
      ConnectionEnd& end = connections_[i]->ends[which];
      if (end.process != &process || end.sent_end) continue;
      touch(end);
      end.open = false;
      end.sent_end = true;
      if (!world_.ending()) send_end(*connections_[i], which, SegmentEnd::reset);
    }
  }
}

bool Network::destroy_handlers(Process& process) {
  bool found = false;
  for (std::size_t i = 0; i < connections_used_; ++i) {
    for (ConnectionEnd& end : connections_[i]->ends) {
      if (end.process != &process) continue;
      const auto read = std::exchange(end.read_handler, nullptr);
      const auto write = std::exchange(end.write_handler, nullptr);
      found = found || read || write;
    }
  }
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    if (listeners_[i]->process != &process) continue;
    const auto accept = std::exchange(listeners_[i]->accept_handler, nullptr);
    const auto strand_of = std::exchange(listeners_[i]->strand_of, nullptr);
    found = found || accept;
  }
  return found;
}

void Network::closing(const BoundListener& listener) {
  touch(listener);
  world_.touch(registry_of(listener.at.host));
}

}  // namespace raceproof::sim
