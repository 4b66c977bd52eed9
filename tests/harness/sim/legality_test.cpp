// The orders of strand programs, simulated and real. Passing means: with one thread the simulation gives
// the order of an io_context, event for event; with several it permits every order that a real pool
// shows, and the reorders that it permits really happen.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <thread>

#include "tests/harness/sim/playground.hpp"
#include "tests/harness/sim/sim_contract_world.hpp"
#include "tests/runtime/asio_world.hpp"
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

/// A caller that posts handlers and arms timers, in some order, then blocks its thread until all the
/// timers have expired. Handlers and expired timers post children; some handlers block again.
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
      : runtime_(runtime), program_(std::move(program)), caller_(std::move(caller)),
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
  const auto run =
      std::make_unique<BlockingRun>(world.runtime(), program, world.strand());
  world.run([&]() -> Awaitable<> { order = co_await run->run(); }());
  return order;
}

// Passing means: after a block of the only thread, what was posted before, what it posts in turn and the
// timers that have expired meanwhile come in the real order, event for event.
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
    target_ = nullptr;
    (void)playground_.all({}, [&](World&) { orders.insert(order_); }, runs_max);
    return orders;
  }

  /// Whether `order` is among them: the same search, which gives up a run when it goes another way.
  bool contains(const Order& order, std::size_t runs_max) {
    target_ = &order;
    ExhaustiveDecider::Path path;
    for (std::size_t runs = 0; runs < runs_max; ++runs) {
      ExhaustiveDecider decider(path);
      (void)playground_.run({}, decider);
      playground_.world.end();
      if (order_ == order) return true;
      if (!next_path(path)) return false;
    }
    ADD_FAILURE() << "the search is too large";
    return false;
  }

  [[nodiscard]] std::size_t runs() const { return runs_; }

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
    if (target_ != nullptr && (*target_)[order_.size()] != id) {
      world.stop();
      return;
    }
    order_.push_back(id);
    for (const int child : program_.handlers[static_cast<std::size_t>(id)].children) {
      hand_out(world, child);
    }
    if (order_.size() == program_.handlers.size()) world.stop();
  }

  StrandProgram program_;
  std::vector<Executor> strands_;
  Order order_;
  const Order* target_ = nullptr;
  std::size_t runs_ = 0;
  Playground playground_;
};

TEST(Count, Runs) {
  for (int threads : {2, 4}) {
    for (int handlers : {3, 4, 5}) {
      for (std::uint64_t seed = 0; seed < 6; ++seed) {
        const auto program = contract::make_program(seed, {.strands = 3, .handlers = handlers});
        PermittedOrders permitted(program, threads);
        const auto t = std::chrono::steady_clock::now();
        const auto all = permitted.all(300000);
        std::printf("threads %d handlers %d seed %d: %zu orders, %.0f ms\n", threads, handlers, int(seed), all.size(),
                    std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - t).count());
      }
    }
  }
}

}  // namespace
}  // namespace raceproof::sim
