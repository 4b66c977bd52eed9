// Zones against brute force over integer times. Passing means: the zone of every reachable state
// holds exactly the times that the state allows, so that an order is explored if and only if some
// delays produce it.
#include "harness/sim/zone.hpp"

#include <gtest/gtest.h>
#include <map>
#include <set>

#include "harness/explore/decisions.hpp"

namespace raceproof::sim {
namespace {

using explore::Random;

/// One event of a program: it happens `delay` after its parent did, and then spawns its children
/// and cancels others. Parents have smaller indices; -1 is the start.
struct TimedEvent {
  int parent = -1;
  int low = 0;
  int high = 0;
  int strand = 0;
  std::vector<int> children;
  std::vector<int> cancels;
};

struct TimedProgram {
  std::vector<TimedEvent> events;
  std::vector<int> first;
};

TimedProgram make_program(std::uint64_t seed, int strands) {
  Random random(seed);
  TimedProgram program;
  const int size = 3 + static_cast<int>(random.below(4));
  for (int id = 0; id < size; ++id) {
    TimedEvent event;
    event.parent = static_cast<int>(random.below(static_cast<std::uint64_t>(id) + 1)) - 1;
    event.low = static_cast<int>(random.below(4));
    event.high = event.low + static_cast<int>(random.below(3));
    event.strand = static_cast<int>(random.below(static_cast<std::uint64_t>(strands)));
    if (random.below(3) == 0) {
      event.cancels.push_back(static_cast<int>(random.below(static_cast<std::uint64_t>(size))));
    }
    program.events.push_back(event);
    auto& siblings = event.parent < 0
                         ? program.first
                         : program.events[static_cast<std::size_t>(event.parent)].children;
    siblings.push_back(id);
  }
  return program;
}

using Order = std::vector<int>;

/// What is pending, in the order in which it was armed.
struct Pending {
  int id = 0;
  std::int64_t time = 0;  // brute force
  Zone::Point point = 0;  // zones
};

/// A tie goes to the one that was armed first, if both belong to one strand and `margins` says so.
bool forced_first(const TimedProgram& program, const std::vector<Pending>& pending, std::size_t a,
                  std::size_t b, bool margins) {
  const auto strand = [&](std::size_t i) {
    return program.events[static_cast<std::size_t>(pending[i].id)].strand;
  };
  return margins && a < b && strand(a) == strand(b);
}

/// All orders that one assignment of delays can produce.
void orders_of_times(const TimedProgram& program, const std::vector<int>& delays, bool margins,
                     std::vector<Pending> pending, Order order, std::set<Order>& found) {
  if (pending.empty()) {
    found.insert(order);
    return;
  }
  for (std::size_t i = 0; i < pending.size(); ++i) {
    bool first = true;
    for (std::size_t j = 0; j < pending.size() && first; ++j) {
      if (j == i) continue;
      first = pending[i].time < pending[j].time || (pending[i].time == pending[j].time &&
                                                    !forced_first(program, pending, j, i, margins));
    }
    if (!first) continue;
    auto rest = pending;
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(i));
    const auto& event = program.events[static_cast<std::size_t>(pending[i].id)];
    for (const int cancelled : event.cancels) {
      std::erase_if(rest, [&](const Pending& p) { return p.id == cancelled; });
    }
    for (const int child : event.children) {
      rest.push_back({child, pending[i].time + delays[static_cast<std::size_t>(child)], 0});
    }
    auto longer = order;
    longer.push_back(pending[i].id);
    orders_of_times(program, delays, margins, std::move(rest), std::move(longer), found);
  }
}

std::set<Order> brute_force(const TimedProgram& program, bool margins) {
  std::set<Order> found;
  std::vector<int> delays;
  for (const auto& event : program.events) delays.push_back(event.low);
  while (true) {
    std::vector<Pending> pending;
    for (const int id : program.first) {
      pending.push_back({id, delays[static_cast<std::size_t>(id)], 0});
    }
    orders_of_times(program, delays, margins, pending, {}, found);
    std::size_t digit = 0;
    while (digit < delays.size() && delays[digit] == program.events[digit].high) {
      delays[digit] = program.events[digit].low;
      ++digit;
    }
    if (digit == delays.size()) return found;
    ++delays[digit];
  }
}

/// All orders that zones find, and no state whose firing they promise and cannot keep.
void orders_of_zone(const TimedProgram& program, const Zone& zone, bool margins,
                    const std::vector<Pending>& pending, const Order& order,
                    std::set<Order>& found) {
  if (pending.empty()) {
    found.insert(order);
    return;
  }
  bool any = false;
  for (std::size_t i = 0; i < pending.size(); ++i) {
    std::vector<Zone::After> later;
    for (std::size_t j = 0; j < pending.size(); ++j) {
      if (j == i) continue;
      later.push_back({pending[j].point, forced_first(program, pending, j, i, margins) ? 1 : 0, 0});
    }
    if (!zone.can_fire(pending[i].point, later)) continue;
    any = true;
    Zone fired = zone;
    fired.fire(pending[i].point, later);
    const auto& event = program.events[static_cast<std::size_t>(pending[i].id)];
    auto rest = pending;
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(i));
    for (const int cancelled : event.cancels) {
      std::erase_if(rest, [&](const Pending& p) {
        if (p.id == cancelled) fired.drop(p.point);
        return p.id == cancelled;
      });
    }
    for (const int child : event.children) {
      const auto& range = program.events[static_cast<std::size_t>(child)];
      rest.push_back({child, 0, fired.add(pending[i].point, range.low, range.high)});
    }
    fired.drop(pending[i].point);
    auto longer = order;
    longer.push_back(pending[i].id);
    orders_of_zone(program, fired, margins, rest, longer, found);
  }
  EXPECT_TRUE(any) << "a state of which nothing can come";
}

std::set<Order> by_zone(const TimedProgram& program, bool margins) {
  std::set<Order> found;
  Zone zone;
  zone.reset();
  std::vector<Pending> pending;
  for (const int id : program.first) {
    const auto& range = program.events[static_cast<std::size_t>(id)];
    pending.push_back({id, 0, zone.add(Zone::origin, range.low, range.high)});
  }
  orders_of_zone(program, zone, margins, pending, {}, found);
  return found;
}

// Passing means: every order that integer delays produce is found, and no other; ties in any order.
TEST(Zone, FindsTheOrdersThatIntegerDelaysProduce) {
  std::size_t with_several = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const auto program = make_program(seed, 3);
    const auto expected = brute_force(program, false);
    EXPECT_EQ(by_zone(program, false), expected) << "seed " << seed;
    with_several += expected.size() > 1 ? 1 : 0;
  }
  EXPECT_GT(with_several, 200U);
}

// Passing means: the same where ties within a strand go to what was armed first.
TEST(Zone, KeepsTiesOfOneStrandInOrder) {
  std::size_t narrower = 0;
  for (std::uint64_t seed = 1000; seed < 1300; ++seed) {
    const auto program = make_program(seed, 2);
    const auto expected = brute_force(program, true);
    EXPECT_EQ(by_zone(program, true), expected) << "seed " << seed;
    narrower += expected.size() < brute_force(program, false).size() ? 1 : 0;
  }
  EXPECT_GT(narrower, 50U) << "the margins never mattered";
}

/// The same constraints in a graph that is closed from scratch, over all points there ever were.
class Reference {
 public:
  using Node = std::size_t;
  Node add(Node cause, std::int64_t low, std::int64_t high) {
    const Node node = size_++;
    edges_.push_back({cause, node, high});
    edges_.push_back({node, cause, -low});
    return node;
  }
  void constrain(Node from, Node to, std::int64_t bound) { edges_.push_back({from, to, bound}); }
  [[nodiscard]] std::vector<std::vector<std::int64_t>> closed() const {
    std::vector<std::vector<std::int64_t>> d(size_,
                                             std::vector<std::int64_t>(size_, Zone::unbounded));
    for (Node i = 0; i < size_; ++i) d[i][i] = 0;
    for (const auto& edge : edges_)
      d[edge.from][edge.to] = std::min(d[edge.from][edge.to], edge.bound);
    for (Node k = 0; k < size_; ++k) {
      for (Node i = 0; i < size_; ++i) {
        if (d[i][k] >= Zone::unbounded) continue;
        for (Node j = 0; j < size_; ++j) {
          if (d[k][j] < Zone::unbounded) d[i][j] = std::min(d[i][j], d[i][k] + d[k][j]);
        }
      }
    }
    return d;
  }

 private:
  struct Edge {
    Node from;
    Node to;
    std::int64_t bound;
  };
  std::vector<Edge> edges_;
  Node size_ = 1;
};

/// Both at once, with random operations.
class Twins {
 public:
  explicit Twins(std::uint64_t seed) : random_(seed) {
    zone_.reset();
    live_.emplace_back(Zone::origin, 0);
  }

  void add() {
    const auto cause = random_.below(live_.size());
    const auto low = static_cast<std::int64_t>(random_.below(50));
    const auto high = low + static_cast<std::int64_t>(random_.below(100));
    const auto point = zone_.add(live_[cause].first, low, high);
    live_.emplace_back(point, reference_.add(live_[cause].second, low, high));
  }
  void constrain() {
    const auto a = random_.below(live_.size());
    const auto b = random_.below(live_.size());
    if (a == b) return;
    const auto bound = static_cast<std::int64_t>(random_.below(200)) - 60;
    const bool possible = zone_.allows(live_[a].first, live_[b].first, bound);
    const auto d = reference_.closed();
    EXPECT_EQ(possible, d[live_[b].second][live_[a].second] + bound >= 0);
    if (!possible) return;
    EXPECT_TRUE(zone_.constrain(live_[a].first, live_[b].first, bound));
    reference_.constrain(live_[a].second, live_[b].second, bound);
  }
  void fire() {
    if (live_.size() < 3) return;
    const auto chosen = 1 + random_.below(live_.size() - 1);
    std::vector<Zone::After> later;
    std::vector<std::pair<std::size_t, std::int64_t>> in_reference;
    for (std::size_t i = 1; i < live_.size(); ++i) {
      if (i == chosen || random_.below(2) == 0) continue;
      const auto margin = static_cast<std::int64_t>(random_.below(2));
      later.push_back({live_[i].first, margin, 0});
      in_reference.emplace_back(live_[i].second, margin);
    }
    if (!zone_.can_fire(live_[chosen].first, later)) return;
    zone_.fire(live_[chosen].first, later);
    for (const auto& [node, margin] : in_reference) {
      reference_.constrain(node, live_[chosen].second, -margin);
    }
    ++fired_;
  }
  void drop() {
    if (live_.size() < 3) return;
    const auto chosen = 1 + random_.below(live_.size() - 1);
    zone_.drop(live_[chosen].first);
    live_.erase(live_.begin() + static_cast<std::ptrdiff_t>(chosen));
  }
  void expect_equal() const {
    const auto d = reference_.closed();
    for (const auto& [a, in_a] : live_) {
      for (const auto& [b, in_b] : live_) ASSERT_EQ(zone_.upper(a, b), d[in_a][in_b]);
    }
  }
  std::size_t fired() const { return fired_; }
  std::size_t size() const { return zone_.size(); }

 private:
  Random random_;
  Zone zone_;
  Reference reference_;
  std::vector<std::pair<Zone::Point, Reference::Node>> live_;
  std::size_t fired_ = 0;
};

// Passing means: after every operation each bound is the tightest that all constraints so far
// imply, those of dropped points included.
TEST(Zone, StaysClosedAndProjectsWhatIsDropped) {
  std::size_t fired = 0;
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    Twins twins(seed);
    Random random(seed + 77);
    for (int i = 0; i < 40; ++i) {
      switch (random.below(5)) {
        case 0:
        case 1:
          twins.add();
          break;
        case 2:
          twins.constrain();
          break;
        case 3:
          twins.fire();
          break;
        default:
          twins.drop();
      }
      twins.expect_equal();
      if (testing::Test::HasFatalFailure()) FAIL() << "seed " << seed << ", step " << i;
    }
    fired += twins.fired();
  }
  EXPECT_GT(fired, 300U);
}

// Passing means: more points than the first matrix has room for change nothing.
TEST(Zone, GrowsBeyondItsFirstMatrix) {
  Twins twins(5);
  for (int i = 0; i < 200; ++i) twins.add();
  twins.expect_equal();
  for (int i = 0; i < 10; ++i) twins.fire();
  twins.expect_equal();
  for (int i = 0; i < 120; ++i) twins.drop();
  for (int i = 0; i < 60; ++i) twins.add();
  twins.expect_equal();
  EXPECT_EQ(twins.size(), 141U);
}

// Passing means: a zone that is used again remembers nothing.
TEST(Zone, ForgetsEverythingAtReset) {
  Zone zone;
  zone.reset();
  const auto first = zone.add(Zone::origin, 5, 7);
  EXPECT_TRUE(zone.constrain(Zone::origin, first, 6));
  zone.reset();
  EXPECT_EQ(zone.size(), 1U);
  const auto again = zone.add(Zone::origin, 1, Zone::unbounded);
  EXPECT_EQ(zone.upper(again, Zone::origin), -1);
  EXPECT_GE(zone.upper(Zone::origin, again), Zone::unbounded);
}

// Passing means: an order that needs two events to fall together is told from one that has width.
TEST(Zone, KnowsWhatIsPossibleOnlyAtATie) {
  Zone zone;
  zone.reset();
  const auto fixed = zone.add(Zone::origin, 5, 5);
  const auto ranged = zone.add(Zone::origin, 5, 8);
  const auto same = zone.add(Zone::origin, 5, 5);
  const std::vector<Zone::After> behind_ranged = {{fixed, 0, 0}};
  const std::vector<Zone::After> behind_fixed = {{ranged, 0, 0}};
  const std::vector<Zone::After> behind_same = {{same, 0, 0}};
  EXPECT_TRUE(zone.can_fire(ranged, behind_ranged));
  EXPECT_TRUE(zone.only_at_tie(ranged, behind_ranged));
  EXPECT_FALSE(zone.only_at_tie(fixed, behind_fixed));
  EXPECT_FALSE(zone.only_at_tie(fixed, behind_same)) << "these two always fall together";
  const std::vector<Zone::After> strictly = {{fixed, 1, 0}};
  EXPECT_FALSE(zone.can_fire(ranged, strictly));
}

}  // namespace
}  // namespace raceproof::sim
