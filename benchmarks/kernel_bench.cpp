// The kernel against Boost.Asio itself, in one run: posted events, timers, streams, whole worlds.
//
// `items_per_second` is the figure; ratios between rows of one run are what the targets speak of.
#include <benchmark/benchmark.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/write.hpp>

#include "harness/explore/decisions.hpp"
#include "harness/sim/world.hpp"
#include "runtime/task.hpp"

namespace {

using namespace raceproof;

constexpr int batch = 10'000;

/// Handlers that post each other, so that the queue stays short, as in a server. All forms post
/// through an `any_io_executor`, as the seam does.
struct Chain {
  asio::any_io_executor executor;
  int left;
  void next() {
    if (left-- > 0) asio::post(executor, [this] { next(); });
  }
};

void post_on(benchmark::State& state, asio::io_context& context, asio::any_io_executor executor) {
  Chain chain{std::move(executor), 0};
  for (auto _ : state) {
    chain.left = batch;
    chain.next();
    context.run();
    context.restart();
  }
  state.SetItemsProcessed(state.iterations() * batch);
}

void posted_on_io_context(benchmark::State& state) {
  asio::io_context context;
  post_on(state, context, context.get_executor());
}
BENCHMARK(posted_on_io_context);

void posted_on_asio_strand(benchmark::State& state) {
  asio::io_context context;
  post_on(state, context, asio::make_strand(context));
}
BENCHMARK(posted_on_asio_strand);

void posted_on_simulated_strand(benchmark::State& state) {
  sim::World world;
  explore::BaselineDecider decider;
  Chain chain{{}, 0};
  for (auto _ : state) {
    world.begin({}, decider);
    world.add_process({.name = "p",
                       .threads = 1,
                       .cold_start = {},
                       .start =
                           [&chain](Runtime&, const Executor& root) {
                             chain = {root, batch};
                             chain.next();
                           },
                       .destroy = {}});
    world.run();
  }
  world.end();
  state.SetItemsProcessed(state.iterations() * batch);
}
BENCHMARK(posted_on_simulated_strand);

/// `pending` timers, each of which starts another when it expires.
struct Timers {
  Runtime& runtime;
  Executor strand;
  std::uint64_t left;
  std::uint64_t state = 1;

  void start() {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    const Duration delay = std::chrono::nanoseconds(1 + (state >> 44));
    runtime.start_wait(strand, runtime.wait_origin() + delay, "timer", [this](ErrorCode) {
      if (left > 0) {
        --left;
        start();
      }
    });
  }
};

void simulated_timers(benchmark::State& state) {
  sim::World world;
  explore::BaselineDecider decider;
  constexpr std::uint64_t fires = 100'000;
  std::unique_ptr<Timers> timers;
  for (auto _ : state) {
    sim::RunOptions options;
    options.horizon = std::chrono::hours(1);
    world.begin(options, decider);
    world.add_process({.name = "p",
                       .threads = 1,
                       .cold_start = {},
                       .start =
                           [&](Runtime& runtime, const Executor& root) {
                             timers = std::make_unique<Timers>(Timers{runtime, root, fires});
                             for (int i = 0; i < state.range(0); ++i) timers->start();
                           },
                       .destroy = {}});
    world.run();
  }
  world.end();
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(fires));
}
BENCHMARK(simulated_timers)->Arg(1)->Arg(1000)->Unit(benchmark::kMillisecond);

Awaitable<> answer(Runtime& runtime, Executor root, int messages, std::size_t size) {
  Listener listener = runtime.listen(root, {"", 80});
  Stream stream = co_await listener.async_accept([&](std::string_view) { return root; });
  std::string buffer(size, 0);
  for (int i = 0; i < messages; ++i) {
    co_await stream.async_read_some(asio::buffer(buffer));
    co_await stream.async_write_some(asio::buffer(buffer));
  }
}

Awaitable<> ask(Runtime& runtime, int messages, std::size_t size) {
  Stream stream = co_await runtime.connect({"server", 80});
  std::string buffer(size, 'x');
  for (int i = 0; i < messages; ++i) {
    co_await stream.async_write_some(asio::buffer(buffer));
    co_await stream.async_read_some(asio::buffer(buffer));
  }
}

void add_pair(sim::World& world, int exchanges) {
  world.add_process({.name = "server",
                     .threads = 1,
                     .cold_start = {},
                     .start =
                         [exchanges](Runtime& runtime, const Executor& root) {
                           spawn(runtime, root, "answer", answer(runtime, root, exchanges, 64));
                         },
                     .destroy = {}});
  world.add_process({.name = "client",
                     .threads = 1,
                     .cold_start = {},
                     .start =
                         [exchanges](Runtime& runtime, const Executor& root) {
                           spawn(runtime, root, "ask", ask(runtime, exchanges, 64));
                         },
                     .destroy = {}});
  world.network().set_latency("server", "client",
                              {std::chrono::milliseconds(1), std::chrono::milliseconds(1)});
}

void stream_messages(benchmark::State& state) {
  sim::World world;
  explore::BaselineDecider decider;
  constexpr int exchanges = 5000;
  for (auto _ : state) {
    world.begin({}, decider);
    add_pair(world, exchanges);
    world.run();
  }
  world.end();
  state.SetItemsProcessed(state.iterations() * exchanges * 2);
}
BENCHMARK(stream_messages)->Unit(benchmark::kMillisecond);

void whole_worlds(benchmark::State& state) {
  sim::World world;
  explore::BaselineDecider decider;
  for (auto _ : state) {
    world.begin({}, decider);
    add_pair(world, 5);
    world.run();
    world.end();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(whole_worlds)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
