// The orders of strand programs, simulated and real. Passing means: with one thread the simulation
// gives the order of an io_context, event for event; with several it permits every order that a
// real pool shows, and the reorders that it permits really happen.
#include <gtest/gtest.h>
#include <mutex>
#include <set>
#include <thread>

#include "tests/harness/sim/playground.hpp"
#include "tests/harness/sim/sim_contract_world.hpp"
#include "tests/runtime/asio_world.hpp"
#include "tests/runtime/contract/connection.hpp"
#include "tests/runtime/strand_program.hpp"

namespace raceproof::sim {
namespace {

using namespace std::chrono_literals;
using contract::Handing;
using contract::StrandProgram;
using Order = std::vector<int>;

template <class World>
Order order_on(World& world, const StrandProgram& program) {
  Order order;
  world.run([&]() -> Awaitable<> {
    order = co_await contract::run_program(world.runtime(), program, world.strand());
  }());
  return order;
}

Order real_order(const StrandProgram& program, int threads) {
  contract::AsioWorld world({.threads = threads});
  return order_on(world, program);
}

Order simulated_order(const StrandProgram& program) {
  contract::SimWorld world(1, TimeMode::concrete, 1, 0);
  return order_on(world, program);
}

// Passing means: one thread has no freedom, and the simulation has the same order as the real one.
TEST(OneThread, RunsProgramsInTheRealOrder) {
  std::size_t not_fifo = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const int strands = 1 + static_cast<int>(seed % 5);
    const int handlers = 5 + static_cast<int>(seed % 40);
    const auto program = contract::make_program(
        seed, {.strands = strands, .handlers = handlers, .dispatches_in_hundred = 20});
    const Order real = real_order(program, 1);
    EXPECT_EQ(simulated_order(program), real) << "seed " << seed;
    not_fifo += std::ranges::is_sorted(real) ? 0 : 1;
  }
  EXPECT_GT(not_fifo, 300U);
}

/// A caller that posts handlers and arms timers, in some order, then blocks its thread until all
/// the timers have expired. Handlers and expired timers post children; some handlers block again.
struct BlockingProgram {
  struct Handler {
    int strand = 0;
    Duration block{};
    std::vector<int> children;
  };
  struct Action {
    int timer_ms = 0;  // 0: post
    int handler = 0;
  };
  int strands = 3;
  std::vector<Handler> handlers;
  std::vector<Action> actions;
};

BlockingProgram make_blocking_program(std::uint64_t seed) {
  explore::Random random(seed);
  const auto below = [&](std::uint64_t n) { return static_cast<int>(random.below(n)); };
  BlockingProgram program;
  std::vector<int> deadlines = {1, 2, 3, 4, 5, 6};
  const int size = 8 + below(8);
  for (int id = 0; id < size; ++id) {
    const int parent = below(static_cast<std::uint64_t>(id) + 4);
    BlockingProgram::Handler handler{below(3), {}, {}};
    if (below(8) == 0) handler.block = 1ms;
    program.handlers.push_back(handler);
    if (parent < id) {
      program.handlers[static_cast<std::size_t>(parent)].children.push_back(id);
    } else if (below(2) == 0 && !deadlines.empty()) {
      const auto chosen = random.below(deadlines.size());
      program.actions.push_back({deadlines[chosen], id});
      deadlines.erase(deadlines.begin() + static_cast<std::ptrdiff_t>(chosen));
    } else {
      program.actions.push_back({0, id});
    }
  }
  return program;
}

/// Runs it on the calling coroutine's strand; what began and what was unblocked, in order.
class BlockingRun {
 public:
  BlockingRun(Runtime& runtime, BlockingProgram program, Executor caller)
      : runtime_(runtime),
        program_(std::move(program)),
        caller_(std::move(caller)),
        ended_(runtime, caller_) {
    for (int i = 0; i < program_.strands; ++i) strands_.push_back(runtime.make_strand("s"));
    left_ = program_.handlers.size() + 1;
    for (const auto& handler : program_.handlers) left_ += blocks(handler) ? 1 : 0;
  }

  Awaitable<Order> run() {
    const Instant now = runtime_.now();
    for (const auto& action : program_.actions) {
      if (action.timer_ms == 0) {
        post(action.handler);
        continue;
      }
      const Instant deadline = now + Duration(std::chrono::milliseconds(action.timer_ms));
      (void)runtime_.start_wait(caller_, deadline, "timer",
                                [this, id = action.handler](ErrorCode) { post(id); });
    }
    runtime_.start_block(caller_, 12ms, "caller", [this](ErrorCode) { log(-1); });
    while (left_ > 0) co_await ended_.wait("the end");
    co_return order_;
  }

 private:
  static bool blocks(const BlockingProgram::Handler& handler) {
    return handler.block.affine().constant_ns > 0;
  }
  BlockingProgram::Handler& handler(int id) {
    return program_.handlers[static_cast<std::size_t>(id)];
  }
  void post(int id) {
    const auto& strand = strands_[static_cast<std::size_t>(handler(id).strand)];
    asio::post(strand, [this, id] { handle(id); });
  }
  void handle(int id) {
    log(id);
    for (const int child : handler(id).children) post(child);
    if (!blocks(handler(id))) return;
    const auto& strand = strands_[static_cast<std::size_t>(handler(id).strand)];
    runtime_.start_block(strand, handler(id).block, "handler",
                         [this, id](ErrorCode) { log(1000 + id); });
  }
  void log(int what) {
    order_.push_back(what);
    if (--left_ == 0) asio::post(caller_, [this] { ended_.notify_all(); });
  }

  Runtime& runtime_;
  BlockingProgram program_;
  Executor caller_;
  Signal ended_;
  std::vector<Executor> strands_;
  std::size_t left_ = 0;
  Order order_;
};

template <class World>
Order blocking_order_on(World& world, const BlockingProgram& program) {
  Order order;
  const auto run = std::make_unique<BlockingRun>(world.runtime(), program, world.strand());
  world.run([&]() -> Awaitable<> { order = co_await run->run(); }());
  return order;
}

// Passing means: after a block of the only thread, what was posted before, what it posts in turn
// and the timers that have expired meanwhile come in the real order, event for event.
TEST(OneThread, MeetsTheBacklogOfABlockInTheRealOrder) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const auto program = make_blocking_program(seed);
    contract::SimWorld simulated(1, TimeMode::concrete, 1, 0);
    contract::AsioWorld real({.threads = 1});
    EXPECT_EQ(blocking_order_on(simulated, program), blocking_order_on(real, program))
        << "seed " << seed;
  }
}

/// A simulated run of a program that is stopped when its last handler has begun.
class PermittedOrders {
 public:
  PermittedOrders(StrandProgram program, int threads)
      : program_(std::move(program)), playground_([this, threads](World& world, Log&) {
          ProcessOptions options;
          options.name = "p";
          options.threads = threads;
          options.start = [this, &world](Runtime& runtime, const Executor&) {
            strands_.clear();
            order_.clear();
            for (int i = 0; i < program_.strands; ++i) strands_.push_back(runtime.make_strand("s"));
            for (const int id : program_.first) hand_out(world, id);
          };
          options.destroy = [this] { strands_.clear(); };
          world.add_process(options);
        }) {}

  /// All of them.
  std::set<Order> all(std::size_t runs_max) {
    std::set<Order> orders;
    (void)playground_.all(
        {}, [&](World&) { orders.insert(order_); }, runs_max);
    return orders;
  }

 private:
  void hand_out(World& world, int id) {
    const auto& handler = program_.handlers[static_cast<std::size_t>(id)];
    const auto& strand = strands_[static_cast<std::size_t>(handler.strand)];
    auto work = [this, &world, id] { handle(world, id); };
    if (handler.handing == Handing::post) {
      asio::post(strand, std::move(work));
    } else {
      asio::dispatch(strand, std::move(work));
    }
  }
  void handle(World& world, int id) {
    order_.push_back(id);
    for (const int child : program_.handlers[static_cast<std::size_t>(id)].children) {
      hand_out(world, child);
    }
    if (order_.size() == program_.handlers.size()) world.stop();
  }

  StrandProgram program_;
  std::vector<Executor> strands_;
  Order order_;
  Playground playground_;
};

/// A real run whose threads dawdle: before a handler notes that it has begun, and between its
/// effects.
class DawdlingRun {
 public:
  DawdlingRun(Runtime& runtime, const StrandProgram& program, Executor caller, std::uint64_t seed)
      : program_(program), caller_(std::move(caller)), ended_(runtime, caller_), random_(seed) {
    for (int i = 0; i < program.strands; ++i) strands_.push_back(runtime.make_strand("s"));
  }

  Awaitable<Order> run() {
    for (const int id : program_.first) hand_out(id);
    while (!done_) co_await ended_.wait("the end");
    co_return order_;
  }

 private:
  void dawdle() {
    std::uint64_t turns = 0;
    {
      const std::scoped_lock lock(mutex_);
      turns = random_.below(3) == 0 ? 1 + random_.below(3) : 0;
    }
    for (; turns > 0; --turns) std::this_thread::yield();
  }
  void hand_out(int id) {
    dawdle();
    const auto& handler = program_.handlers[static_cast<std::size_t>(id)];
    const auto& strand = strands_[static_cast<std::size_t>(handler.strand)];
    auto work = [this, id] { handle(id); };
    if (handler.handing == Handing::post) {
      asio::post(strand, std::move(work));
    } else {
      asio::dispatch(strand, std::move(work));
    }
  }
  void handle(int id) {
    dawdle();
    bool is_last = false;
    {
      const std::scoped_lock lock(mutex_);
      order_.push_back(id);
      is_last = order_.size() == program_.handlers.size();
    }
    for (const int child : program_.handlers[static_cast<std::size_t>(id)].children)
      hand_out(child);
    if (!is_last) return;
    asio::post(caller_, [this] {
      done_ = true;
      ended_.notify_all();
    });
  }

  const StrandProgram& program_;
  Executor caller_;
  std::vector<Executor> strands_;
  Signal ended_;
  bool done_ = false;
  std::mutex mutex_;
  explore::Random random_;  // under the lock
  Order order_;
};

Order dawdling_order(const StrandProgram& program, int threads, std::uint64_t seed) {
  contract::AsioWorld world({.threads = threads});
  Order order;
  DawdlingRun run(world.runtime(), program, world.strand(), seed);
  world.run([&]() -> Awaitable<> { order = co_await run.run(); }());
  return order;
}

/// What real pools do with the programs that `shape` and the seeds describe, against what is
/// permitted.
struct Comparison {
  std::size_t real_runs = 0;
  std::size_t reordered = 0;  // real orders that differ from the one-thread order
  std::size_t programs_with_choice = 0;
};

Comparison compare(int threads, const contract::ProgramShape& shape, std::uint64_t programs,
                   int runs) {
  Comparison comparison;
  for (std::uint64_t seed = 0; seed < programs; ++seed) {
    const auto program = contract::make_program(seed, shape);
    const auto permitted = PermittedOrders(program, threads).all(200'000);
    const Order usual = real_order(program, 1);
    EXPECT_TRUE(permitted.contains(usual)) << "seed " << seed;
    comparison.programs_with_choice += permitted.size() > 1 ? 1 : 0;
    for (int run = 0; run < runs; ++run) {
      const Order real =
          dawdling_order(program, threads, seed * 1'000 + static_cast<std::uint64_t>(run));
      EXPECT_TRUE(permitted.contains(real))
          << "seed " << seed
          << ": a real order that the simulation excludes: " << testing::PrintToString(real);
      ++comparison.real_runs;
      comparison.reordered += real == usual ? 0 : 1;
    }
  }
  return comparison;
}

// Passing means: no order of a real pool is outside the permitted set (no false calm). Posts only:
// what is dispatched to the running strand is part of the handler that dispatches it, and what one
// handler notes down is one step in the simulation (docs/legality.md, "narrower than reality").
TEST(ManyThreads, PermitEveryRealOrder) {
  const auto two = compare(2, {.strands = 3, .handlers = 4}, 24, 30);
  const auto two_larger = compare(2, {.strands = 3, .handlers = 5}, 5, 100);
  const auto four = compare(4, {.strands = 3, .handlers = 4}, 6, 60);
  EXPECT_GT(two.programs_with_choice + two_larger.programs_with_choice + four.programs_with_choice,
            20U);
  EXPECT_GT(two.reordered + two_larger.reordered + four.reordered, 0U)
      << "no real reorder: nothing was compared";
  RecordProperty("real_runs",
                 static_cast<int>(two.real_runs + two_larger.real_runs + four.real_runs));
  RecordProperty("real_reorders",
                 static_cast<int>(two.reordered + two_larger.reordered + four.reordered));
}

// Passing means: three handlers on three strands are permitted in all six orders by four threads,
// in the one order by one thread, and an unusual one really happens.
TEST(ManyThreads, ReallyReorderWhatIsPermitted) {
  StrandProgram program{3, {0, 1, 2}, {}};
  for (int strand = 0; strand < 3; ++strand) program.handlers.push_back({strand});
  const std::set<Order> by_four = PermittedOrders(program, 4).all(200'000);
  const std::set<Order> by_one = PermittedOrders(program, 1).all(10);
  EXPECT_EQ(by_four.size(), 6U);
  EXPECT_EQ(by_one, (std::set<Order>{{0, 1, 2}}));
  if (std::thread::hardware_concurrency() < 2) GTEST_SKIP() << "needs two processors";
  std::set<Order> seen;
  constexpr int runs_max = 40'000;
  for (int run = 0; run < runs_max && seen.empty(); ++run) {
    const Order real = real_order(program, 4);
    EXPECT_TRUE(by_four.contains(real));
    if (real != Order{0, 1, 2}) seen.insert(real);
  }
  EXPECT_FALSE(seen.empty()) << "a reorder that is permitted did not happen in " << runs_max
                             << " runs";
}

// Passing means: with two threads a handler can be overtaken by any number of others, but no two
// can wait at once: (2, 1, 0), which needs three threads, is excluded while the caller holds none.
TEST(ManyThreads, AreNotMoreThanThereAre) {
  StrandProgram program{4, {0}, {{0, Handing::post, {1, 2, 3}}, {1}, {2}, {3}}};
  const auto orders = PermittedOrders(program, 2).all(200'000);
  EXPECT_TRUE(orders.contains({0, 2, 1, 3}));
  EXPECT_TRUE(orders.contains({0, 2, 3, 1}));
  EXPECT_FALSE(orders.contains({0, 3, 2, 1}));
  EXPECT_FALSE(orders.contains({0, 3, 1, 2}));
  EXPECT_TRUE(PermittedOrders(program, 4).all(200'000).contains({0, 3, 2, 1}));
}

// Passing means: what one handler does outwards stays in its order: a post to its own strand comes
// before the completion of a read that it starts afterwards, even if the bytes are there already.
TEST(ManyThreads, KeepTheOrderOfOneHandlersEffects) {
  Playground program([](World& world, Log& log) {
    world.add_process(process(
        "server",
        [&](Runtime& runtime, Executor root) -> Awaitable<> {
          Listener listener = runtime.listen(root, {"server", 1});
          const auto here = [root](std::string_view) { return root; };
          Stream stream = co_await listener.async_accept(here);
          (void)co_await contract::receive(stream, 1);
          asio::post(root, [&log] { log.emplace_back("posted"); });
          (void)co_await contract::receive(stream, 1);
          log.emplace_back("read");
          world.stop();
        },
        2));
    world.add_process(process("client", [](Runtime& runtime, const Executor&) -> Awaitable<> {
      Stream stream = co_await runtime.connect({"server", 1});
      co_await contract::send(stream, "xy");
      co_await runtime.sleep_for(1s);
    }));
  });
  EXPECT_EQ(logs_of(program.all({})), (std::set<Log>{{"posted", "read"}}));
}

}  // namespace
}  // namespace raceproof::sim
