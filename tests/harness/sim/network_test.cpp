// The simulated network. Passing means: bytes of one direction arrive in order after a latency of
// the link's range, and a connection ends as TCP connections do.
#include <boost/asio/experimental/awaitable_operators.hpp>

#include "harness/explore/strategy.hpp"
#include "tests/harness/sim/playground.hpp"
#include "tests/runtime/contract/connection.hpp"

namespace raceproof::sim {
namespace {

using namespace std::chrono_literals;

/// A server that accepts one connection and a client that makes it, over a link of `latency`.
template <class Server, class Client>
Playground two_ends(DelayRange latency, Server server, Client client) {
  return Playground([=](World& world, Log& log) {
    world.network().set_latency("client", "server", latency);
    world.add_process(
        process("server", [&world, &log, server](Runtime& runtime, Executor root) -> Awaitable<> {
          Listener listener = runtime.listen(root, {"server", 1});
          const auto here = [root](std::string_view) { return root; };
          Stream stream = co_await listener.async_accept(here);
          co_await server(world, runtime, stream, log);
        }));
    world.add_process(
        process("client", [&world, &log, client](Runtime& runtime, const Executor&) -> Awaitable<> {
          Stream stream = co_await runtime.connect({"server", 1});
          co_await client(world, runtime, stream, log);
        }));
  });
}

Awaitable<> log_until_end(World&, Runtime&, Stream& stream, Log& log) {
  std::string text;
  while (true) {
    const auto result = co_await contract::read_some(stream);
    text += result.text;
    if (!result.error) continue;
    log.push_back(text);
    log.push_back(result.error == asio::error::eof                ? "end of file"
                  : result.error == asio::error::connection_reset ? "reset"
                                                                  : result.error.message());
    co_return;
  }
}

// Passing means: whatever the latencies, no byte overtakes another of its direction.
TEST(Network, KeepsTheOrderOfOneDirection) {
  auto program = two_ends({1ms, 10ms}, log_until_end,
                          [](World&, Runtime& runtime, Stream& stream, Log&) -> Awaitable<> {
                            for (const char* text : {"a", "b", "c"}) {
                              co_await contract::send(stream, text);
                              co_await runtime.sleep_for(1ms);
                            }
                          });
  const auto outcomes = program.all(symbolic());
  EXPECT_GT(outcomes.size(), 3U);
  EXPECT_EQ(logs_of(outcomes), (std::set<Log>{{"abc", "end of file"}}));
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    explore::RandomDecider decider(seed);
    EXPECT_EQ(program.run({}, decider).log, (Log{"abc", "end of file"})) << "seed " << seed;
  }
}

// Passing means: latency is what the link says, in each direction.
TEST(Network, DelaysByTheLatencyOfTheLink) {
  auto program = two_ends(
      {3ms, 3ms},
      [](World&, Runtime&, Stream& stream, Log&) -> Awaitable<> {
        (void)co_await contract::receive(stream, 1);
        co_await contract::send(stream, "y");
      },
      [](World&, Runtime& runtime, Stream& stream, Log& log) -> Awaitable<> {
        log.push_back(std::to_string(runtime.now().to_ns()));  // request and answer
        co_await contract::send(stream, "x");
        (void)co_await contract::receive(stream, 1);
        log.push_back(std::to_string(runtime.now().to_ns()));
      });
  EXPECT_EQ(program.run().log, (Log{"6000000", "12000000"}));
  EXPECT_EQ(program.run(symbolic()).log, (Log{"6000000", "12000000"}));
}

/// Counts what it is asked.
class CountingBaseline final : public Decider {
 public:
  std::size_t choose(ChoiceKind, std::span<const Meaning>) override { return ++asked, 0; }
  std::int64_t draw(std::int64_t low_ns, std::int64_t, const Meaning&) override {
    return ++asked, low_ns;
  }
  int asked = 0;
};

// Passing means: the end of a world, which may outlive its decider, asks for no more latencies,
// though connections are open that a death would reset.
TEST(Network, AsksForNothingWhenTheWorldEnds) {
  const auto stay = [](World&, Runtime& runtime, Stream& stream, Log&) -> Awaitable<> {
    co_await contract::send(stream, "hello");
    co_await runtime.sleep_for(1h);
  };
  auto program = two_ends({1ms, 10ms}, stay, stay);
  for (const TimeMode mode : {TimeMode::concrete, TimeMode::symbolic}) {
    CountingBaseline decider;
    RunOptions options;
    options.time = mode;
    EXPECT_EQ(program.run(options, decider).end, RunEnd::horizon);
    const int asked = decider.asked;
    EXPECT_GT(asked, 0);
    program.world.end();
    EXPECT_EQ(decider.asked, asked);
  }
}

/// Two ends whose link is cut from 8 ms to 30 ms; what was kept goes out 2 ms to 4 ms later.
template <class Server, class Client>
Playground cut_ends(Server server, Client client, Duration length = 22ms) {
  return Playground([=](World& world, Log& log) {
    world.network().set_latency("client", "server", {1ms, 1ms});
    world.partition(world.network().may_be_cut("client", "server", {2ms, 4ms}), 8ms, length);
    world.add_process(
        process("server", [&world, &log, server](Runtime& runtime, Executor root) -> Awaitable<> {
          Listener listener = runtime.listen(root, {"server", 1});
          const auto here = [root](std::string_view) { return root; };
          Stream stream = co_await listener.async_accept(here);
          co_await server(world, runtime, stream, log);
        }));
    world.add_process(
        process("client", [&world, &log, client](Runtime& runtime, const Executor&) -> Awaitable<> {
          co_await client(world, runtime, log);
        }));
  });
}

Awaitable<> log_arrivals(World& world, Runtime&, Stream& stream, Log& log) {
  while (true) {
    const auto result = co_await contract::read_some(stream);
    const auto at = std::to_string(world.now_ns() / 1'000'000);
    if (result.error) {
      log.push_back(result.error.message() + " at " + at);
      co_return;
    }
    log.push_back(result.text + " at " + at);
  }
}

Awaitable<> send_around_a_partition(World&, Runtime& runtime, Log&) {
  Stream stream = co_await runtime.connect({"server", 1});
  co_await runtime.sleep_for(5ms);
  co_await contract::send(stream, "on its way");  // at 7 ms
  co_await runtime.sleep_for(3ms);
  co_await contract::send(stream, "first");  // at 10 ms: kept
  co_await runtime.sleep_for(5ms);
  co_await contract::send(stream, "second");
  co_await runtime.sleep_for(16ms);
  co_await contract::send(stream, "third");  // at 31 ms: behind what was kept
}

// Passing means: what is sent during a partition arrives after it, in its order, when TCP sends it
// again, and what is sent then arrives behind it.
TEST(Network, SendsAgainWhatWasSentDuringAPartition) {
  auto program = cut_ends(log_arrivals, send_around_a_partition);
  EXPECT_EQ(program.run().log, (Log{"on its way at 8", "first at 33", "second at 33", "third at 33",
                                    "End of file at 33"}));
}

// Passing means: a partition that does not end keeps everything back.
TEST(Network, NothingPassesAPartitionForGood) {
  auto program = cut_ends(log_arrivals, send_around_a_partition, Duration::max());
  EXPECT_EQ(program.run().log, (Log{"on its way at 8"}));
}

// Passing means: a connect into a partition is answered after it; one that is given up is not.
TEST(Network, ConnectsAcrossAPartition) {
  auto program = cut_ends(
      [](World&, Runtime&, Stream&, Log&) -> Awaitable<> { co_return; },
      [](World& world, Runtime& runtime, Log& log) -> Awaitable<> {
        using namespace asio::experimental::awaitable_operators;
        co_await runtime.sleep_for(10ms);
        const auto first = co_await (runtime.connect({"server", 1}) || runtime.sleep_for(5ms));
        log.push_back(first.index() == 1 ? "given up" : "connected");
        (void)co_await runtime.connect({"server", 1});
        log.push_back("connected at " + std::to_string(world.now_ns() / 1'000'000));
      });
  EXPECT_EQ(program.run().log, (Log{"given up", "connected at 34"}));
}

// Passing means: the reduction knows that sending depends on whether the link is cut: it finds the
// outcomes that all orders have.
TEST(Network, TellsTheReductionOfPartitions) {
  Playground program([](World& world, Log& log) {
    world.network().set_latency("client", "server", {1ms, 1ms});
    const auto link = world.network().may_be_cut("client", "server", {0ms, 0ms});
    world.partition(link, world.time().draw({3ms, 9ms}, {0, world.trace().intern("cut"), 0, 77}),
                    10ms);
    world.add_process(process("server", [&](Runtime& runtime, Executor root) -> Awaitable<> {
      Listener listener = runtime.listen(root, {"server", 1});
      const auto here = [root](std::string_view) { return root; };
      Stream stream = co_await listener.async_accept(here);
      using namespace asio::experimental::awaitable_operators;
      const auto in_time = co_await (contract::receive(stream, 1) || runtime.sleep_for(7ms));
      log.push_back(in_time.index() == 0 ? "in time" : "late");
    }));
    world.add_process(process("client", [](Runtime& runtime, const Executor&) -> Awaitable<> {
      Stream stream = co_await runtime.connect({"server", 1});
      co_await runtime.sleep_for(3ms);
      co_await contract::send(stream, "x");
      co_await runtime.sleep_for(20ms);
    }));
  });
  const auto all = logs_of(program.all(symbolic()));
  EXPECT_EQ(all, (std::set<Log>{{"in time"}, {"late"}}));
  std::set<Log> reduced;
  const auto reduction = explore::make_reduction({}, {});
  for (auto pieces = reduction->begin(1000); !pieces.empty();) {
    auto piece = std::move(pieces.back());
    pieces.pop_back();
    const auto left =
        reduction->work(std::move(piece), 1000, [&](Decider& decider, const explore::RunKey&) {
          const auto outcome = program.run(symbolic(), decider);
          const bool happened =
              outcome.end != RunEnd::given_up && outcome.end != RunEnd::impossible;
          if (happened) reduced.insert(outcome.log);
          program.world.end();
          return true;
        });
    pieces.insert(pieces.end(), left.begin(), left.end());
  }
  EXPECT_EQ(reduced, all);
}

// Passing means: after a half-close the other direction still works.
TEST(Network, ClosesHalves) {
  auto program = two_ends(
      {1ms, 1ms},
      [](World& world, Runtime& runtime, Stream& stream, Log& log) -> Awaitable<> {
        co_await log_until_end(world, runtime, stream, log);
        co_await contract::send(stream, "answer");
      },
      [](World& world, Runtime& runtime, Stream& stream, Log& log) -> Awaitable<> {
        co_await contract::send(stream, "question");
        ErrorCode error;
        stream.shutdown_send(error);
        co_await log_until_end(world, runtime, stream, log);
      });
  EXPECT_EQ(program.run().log, (Log{"question", "end of file", "answer", "end of file"}));
}

// Passing means: a reset ends both directions, and destroys what had not been read.
TEST(Network, ResetsConnections) {
  auto program = two_ends(
      {1ms, 1ms},
      [](World& world, Runtime& runtime, Stream& stream, Log& log) -> Awaitable<> {
        co_await runtime.sleep_for(10ms);
        co_await log_until_end(world, runtime, stream, log);
        const ErrorCode error = co_await contract::write_some(stream, "x");
        log.push_back(error == asio::error::connection_reset ? "write: reset" : error.message());
      },
      [](World&, Runtime&, Stream& stream, Log&) -> Awaitable<> {
        co_await contract::send(stream, "unread");
        stream.reset();
      });
  EXPECT_EQ(program.run().log, (Log{"", "reset", "write: reset"}));
}

// Passing means: a connect that is given up while its answer travels does not leave a connection
// behind.
TEST(Network, ResetsAConnectionWhoseConnectWasCancelled) {
  Playground program([](World& world, Log& log) {
    world.network().set_latency("client", "server", {10ms, 10ms});
    world.add_process(process("server", [&](Runtime& runtime, Executor root) -> Awaitable<> {
      Listener listener = runtime.listen(root, {"server", 1});
      const auto here = [root](std::string_view) { return root; };
      Stream stream = co_await listener.async_accept(here);
      co_await log_until_end(world, runtime, stream, log);
    }));
    world.add_process(process("client", [](Runtime& runtime, const Executor&) -> Awaitable<> {
      using namespace asio::experimental::awaitable_operators;
      (void)co_await (runtime.connect({"server", 1}) || runtime.sleep_for(15ms));
    }));
  });
  EXPECT_EQ(program.run().log, (Log{"", "reset"}));
}

}  // namespace
}  // namespace raceproof::sim
