// Links that are cut for a while, and what TCP sends again afterwards.
#include <algorithm>

#include "harness/sim/network.hpp"
#include "harness/sim/world.hpp"

namespace raceproof::sim {

std::uint32_t Network::may_be_cut(const std::string& a, const std::string& b,
                                  DelayRange retransmit) {
  if (link_between(a, b) == nullptr) set_latency(a, b, {});
  Link& link = *link_between(a, b);
  link.may_be_cut = any_may_be_cut_ = true;
  link.retransmit = retransmit;
  link.object = world_.object(mix(mix(9, link.a), link.b));
  return static_cast<std::uint32_t>(&link - links_.data());
}

bool Network::cut_between(const std::string& a, const std::string& b) {
  if (!any_may_be_cut_) return false;
  const Link* link = link_between(a, b);
  if (link == nullptr || !link->may_be_cut) return false;
  // Between two moments at which it is cut or mended, what is sent in which order does not matter.
  world_.touch(link->object, false);
  return link->cuts > 0;
}

void Network::cut(std::uint32_t link) {
  world_.touch(links_[link].object);
  ++links_[link].cuts;
}

void Network::mend(std::uint32_t index) {
  Link& link = links_[index];
  world_.touch(link.object);
  if (--link.cuts > 0) return;
  for (std::size_t i = 0; i < connections_used_; ++i) {
    Connection& connection = *connections_[i];
    if (connection.ends[0].process == nullptr || connection.ends[1].process == nullptr) continue;
    const std::string& a = connection.ends[0].process->name();
    const std::string& b = connection.ends[1].process->name();
    if (link_between(a, b) != &link) continue;
    for (int to = 0; to < 2; ++to) send_again(connection, to, link.retransmit);
  }
  for (const OperationId id : std::exchange(link.connects, {})) {
    const std::uint32_t slot = world_.slot_of(id);
    if (slot == UINT32_MAX) continue;  // given up
    Timed& timed = world_.timed(slot);
    if (!timed.process->alive()) continue;
    const After after = draw_retransmission(link.retransmit, *timed.strand);
    if (timed.kind == TimedKind::connect_answer) {
      schedule_answer(slot, after);
    } else {
      schedule_request(slot, after);
    }
  }
}

Network::After Network::draw_retransmission(const DelayRange& range, Strand& strand) {
  const auto low = range.low.affine();
  const auto high = range.high.affine();
  if (low.form == high.form && low.constant_ns == high.constant_ns) {
    const bool none = low.form == 0 && low.constant_ns == 0;
    return none ? After() : range.low;
  }
  const auto label = world_.trace().intern("retransmission");
  return world_.time().draw(range,
                            {strand.id, label, strand.next_ordinal(label), world_.next_identity()});
}

void World::partition(std::uint32_t link, Duration at, Duration length) {
  schedule_partition(TimedKind::partition_begin, link, "partition begins", at, length);
}

void World::schedule_partition(TimedKind kind, std::uint32_t link, const char* label,
                               Duration after, Duration then) {
  const std::uint32_t slot = slot_of_nobody(kind, label);
  slots_[slot].link = link;
  slots_[slot].then = then;
  // Of several of one link and kind, the order in which they are planned tells which is which.
  slots_[slot].ordinal = partitions_++;
  schedule(slot, time_.wait_origin() + after);
}

void World::happen_to_link(std::uint32_t slot) {
  const Timed& event = slots_[slot];
  const bool begins = event.kind == TimedKind::partition_begin;
  const std::uint32_t link = event.link;
  const Duration then = event.then;
  const auto id = record(trace::EventKind::process, 0, event.label, event.cause);
  release(slot);
  within(id, nullptr, [&] {
    if (!begins) return network_.mend(link);
    if (then.affine().constant_ns < Duration::max().affine().constant_ns) {
      // Its end counts from its beginning: one delay, one event.
      schedule_partition(TimedKind::partition_end, link, "partition ends", then, {});
    }
    network_.cut(link);
  });
}

/// What was kept goes out in one burst, in its order.
void Network::send_again(Connection& connection, int to, const DelayRange& retransmit) {
  ConnectionEnd& receiver = connection.ends[to];
  const auto held = std::exchange(receiver.held, {});
  if (held.empty() || !receiver.process->alive()) return;
  const After after = draw_retransmission(retransmit, *receiver.strand);
  for (const auto& segment : held) send_segment(connection, to, segment, after);
}

}  // namespace raceproof::sim
