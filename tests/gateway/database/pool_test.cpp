// Passing means: a session serves one operation at a time, the longest waiting gets the next, and
// none is lost, whatever ends its use.
#include "gateway/database/pool.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "tests/gateway/database/scripted_database.hpp"

namespace raceproof::gateway::database::testing {
namespace {

using namespace std::chrono_literals;
using namespace asio::experimental::awaitable_operators;
using Lines = std::vector<std::string>;

/// Uses a session for a while; notes its number when it gets it.
Awaitable<> use(Parts& parts, Duration hold, Lines& order, std::string name) {
  Lease lease = co_await parts.pool->acquire();
  order.push_back(name);
  co_await lease.session().query("SELECT 1", {});
  co_await parts.runtime.sleep_for(hold, "hold");
}

/// What `body` fails with; empty when it does not.
Awaitable<std::string> message_of(Awaitable<> body) {
  try {
    co_await std::move(body);
  } catch (const Error& error) {
    co_return error.what();
  }
  co_return "";
}

// Sessions are opened when they are needed, and used again.
TEST(DatabasePool, OpensWhenNeededAndReuses) {
  Bench bench;
  bench.run([&](Parts& parts) -> Awaitable<> {
    Lines order;
    EXPECT_EQ(parts.pool->figures().idle, 0);
    co_await use(parts, 1ms, order, "a");
    co_await use(parts, 1ms, order, "b");
    EXPECT_EQ(parts.pool->figures().idle, 1);
    EXPECT_EQ(parts.pool->figures().in_use, 0);
  });
  EXPECT_EQ(bench.log, (Lines{"1 CONNECT", "1 SELECT 1", "1 SELECT 1", "1 closed"}));
}

// Two at once get two sessions, never the same.
TEST(DatabasePool, LeasesASessionToOneAtATime) {
  Bench bench;
  bench.run([&](Parts& parts) -> Awaitable<> {
    Lines order;
    co_await use(parts, 1ms, order, "first");
    co_await (use(parts, 1ms, order, "a") && use(parts, 1ms, order, "b"));
    EXPECT_EQ(parts.pool->figures().idle, 2);
  });
}

// `checkout: shared`, the mistake: two at once get the same session, which refuses the second.
TEST(DatabasePool, SharedCheckoutGivesTwoTheSameSession) {
  Bench bench;
  bench.settings.checkout = PoolCheckout::shared;
  bench.run([&](Parts& parts) -> Awaitable<> {
    Lines order;
    const auto [a, b] = co_await (message_of(use(parts, 1ms, order, "a")) &&
                                  message_of(use(parts, 1ms, order, "b")));
    EXPECT_EQ(a, "");
    EXPECT_EQ(b, "another statement is in progress on this session");
    co_await use(parts, 1ms, order, "c");
  });
  EXPECT_EQ(bench.log, (Lines{"1 CONNECT", "1 SELECT 1", "1 SELECT 1", "1 closed"}));
}

// Whoever waits longest is served first, and nobody who comes later passes them.
TEST(DatabasePool, ServesInTheOrderOfArrival) {
  Bench bench;
  bench.settings.pool.size = 1;
  Lines order;
  bench.run([&](Parts& parts) -> Awaitable<> {
    TaskScope tasks(parts.runtime, parts.strand);
    for (const char* name : {"a", "b", "c", "d"}) {
      tasks.spawn(name, use(parts, 3ms, order, name));
      co_await parts.runtime.sleep_for(1ms);
    }
    EXPECT_EQ(parts.pool->figures().waiting, 3);
    co_await tasks.join();
  });
  EXPECT_EQ(order, (Lines{"a", "b", "c", "d"}));
  EXPECT_EQ(bench.count_observed({"pool in_use=2"}), 0);
}

// A wait ends after its limit with an error of its own, and the line goes on without it.
TEST(DatabasePool, WaitsWithinItsLimit) {
  Bench bench;
  bench.settings.pool.size = 1;
  bench.settings.pool.wait = 100ms;
  bench.run([&](Parts& parts) -> Awaitable<> {
    Lines order;
    TaskScope tasks(parts.runtime, parts.strand);
    tasks.spawn("holder", use(parts, 150ms, order, "holder"));
    co_await parts.runtime.sleep_for(1ms);
    const std::int64_t begin = now_ms(parts.runtime);
    EXPECT_EQ(co_await failure_of(use(parts, 0ms, order, "late")), "53300 exhausted");
    EXPECT_EQ(now_ms(parts.runtime) - begin, 100);
    EXPECT_EQ(parts.pool->figures().waiting, 0);
    EXPECT_EQ(co_await failure_of(use(parts, 0ms, order, "later")), "none");
    co_await tasks.join();
  });
}

// Whoever is cancelled while waiting leaves the line; the session goes to the next.
TEST(DatabasePool, ForgetsWaitersThatAreCancelled) {
  Bench bench;
  bench.settings.pool.size = 1;
  Lines order;
  bench.run([&](Parts& parts) -> Awaitable<> {
    TaskScope tasks(parts.runtime, parts.strand);
    TaskScope given_up(parts.runtime, parts.strand);
    tasks.spawn("a", use(parts, 10ms, order, "a"));
    co_await parts.runtime.sleep_for(1ms);
    given_up.spawn("b", use(parts, 0ms, order, "b"));
    co_await parts.runtime.sleep_for(1ms);
    tasks.spawn("c", use(parts, 0ms, order, "c"));
    co_await parts.runtime.sleep_for(1ms);
    co_await given_up.stop();
    EXPECT_EQ(parts.pool->figures().waiting, 1);
    co_await tasks.join();
    EXPECT_EQ(parts.pool->figures().in_use, 0);
    EXPECT_EQ(parts.pool->figures().idle, 1);
  });
  EXPECT_EQ(order, (Lines{"a", "c"}));
}

// Cancelled in the very moment in which it is served, it passes the session on.
TEST(DatabasePool, LosesNoSessionToACancellationAtTheSameTime) {
  Bench bench;
  bench.settings.pool.size = 1;
  Lines order;
  bench.run([&](Parts& parts) -> Awaitable<> {
    TaskScope tasks(parts.runtime, parts.strand);
    TaskScope given_up(parts.runtime, parts.strand);
    Lease held = co_await parts.pool->acquire();
    given_up.spawn("b", use(parts, 0ms, order, "b"));
    tasks.spawn("c", use(parts, 0ms, order, "c"));
    co_await parts.runtime.sleep_for(1ms);
    held = Lease();     // b is served ...
    given_up.cancel();  // ... and cancelled before it can go on
    co_await given_up.join();
    co_await tasks.join();
    EXPECT_EQ(parts.pool->figures().in_use, 0);
    EXPECT_EQ(parts.pool->figures().idle, 1);
  });
  EXPECT_EQ(order.back(), "c");
}

// A connect that does not end is given up, and its place goes to the next.
TEST(DatabasePool, GivesUpConnectsThatHang) {
  Bench bench;
  bench.settings.pool.size = 1;
  bench.settings.connect_timeout = 2s;
  bench.script = [](const Question& question) {
    return question.session == 1 && question.sql == "CONNECT" ? hang() : Reply();
  };
  bench.run([&](Parts& parts) -> Awaitable<> {
    Lines order;
    TaskScope tasks(parts.runtime, parts.strand);
    tasks.spawn("next", [](Parts& on, Lines& names) -> Awaitable<> {
      co_await on.runtime.sleep_for(1ms);
      co_await use(on, 0ms, names, "next");
    }(parts, order));
    EXPECT_EQ(co_await failure_of(use(parts, 0ms, order, "first")), "08001 connection");
    EXPECT_EQ(now_ms(parts.runtime), 2000);
    co_await tasks.join();
    EXPECT_EQ(order, Lines{"next"});
  });
}

// A refused connect carries what the server said, and frees its place.
TEST(DatabasePool, PassesOnWhyItCannotConnect) {
  Bench bench;
  bench.settings.pool.size = 1;
  bench.script = [](const Question& question) {
    return question.session == 1 ? refuse("28P01") : Reply();
  };
  bench.run([&](Parts& parts) -> Awaitable<> {
    Lines order;
    EXPECT_EQ(co_await failure_of(use(parts, 0ms, order, "a")), "28P01 permission");
    EXPECT_EQ(parts.pool->figures().in_use, 0);
    EXPECT_EQ(co_await failure_of(use(parts, 0ms, order, "b")), "none");
  });
}

// A session that broke in use does not come back.
TEST(DatabasePool, DiscardsBrokenSessions) {
  Bench bench;
  bench.script = [](const Question& question) {
    return question.session == 1 && question.sql == "SELECT 1" ? lose() : Reply();
  };
  bench.run([&](Parts& parts) -> Awaitable<> {
    Lines order;
    try {
      co_await use(parts, 0ms, order, "a");
      ADD_FAILURE();
    } catch (const Error& error) {
      EXPECT_EQ(error.sqlstate(), "08006");
    }
    EXPECT_EQ(parts.pool->figures().idle, 0);
    co_await use(parts, 0ms, order, "b");
  });
  EXPECT_EQ(bench.log,
            (Lines{"1 CONNECT", "1 SELECT 1", "1 closed", "2 CONNECT", "2 SELECT 1", "2 closed"}));
}

// A lease that is dropped in the middle of a transaction takes its session with it.
TEST(DatabasePool, DiscardsSessionsInATransaction) {
  Bench bench;
  bench.run([&](Parts& parts) -> Awaitable<> {
    {
      Lease lease = co_await parts.pool->acquire();
      lease.set_in_transaction(true);
    }
    EXPECT_EQ(parts.pool->figures().idle, 0);
    EXPECT_EQ(parts.pool->figures().in_use, 0);
  });
}

// Unused sessions are closed between one and two idle times after their last use; used ones stay
// until they are too old.
TEST(DatabasePool, ClosesWhatIsIdleOrOld) {
  Bench bench;
  bench.settings.pool.idle = 10s;
  bench.settings.pool.lifetime = 45s;
  bench.run([&](Parts& parts) -> Awaitable<> {
    Lines order;
    TaskScope house(parts.runtime, parts.strand);
    house.spawn("house", parts.pool->keep_house());
    co_await (use(parts, 1s, order, "a") && use(parts, 1s, order, "b"));
    EXPECT_EQ(parts.pool->figures().idle, 2);
    co_await parts.runtime.sleep_for(5s);
    for (int i = 0; i < 4; ++i) {  // only the session used last is used again
      co_await use(parts, 5s, order, "c");
      co_await parts.runtime.sleep_for(1s);
    }
    EXPECT_EQ(parts.pool->figures().idle, 1);
    Lease old = co_await parts.pool->acquire();
    co_await parts.runtime.sleep_for(30s);
    EXPECT_EQ(parts.pool->figures().in_use, 1);  // not under its user's feet
    old = Lease();
    EXPECT_EQ(parts.pool->figures().idle, 0);
    co_await house.stop();
  });
  EXPECT_EQ(bench.log.back(), bench.log.back().substr(0, 1) + " closed");
}

// After the end nobody is served any more, and nothing stays open.
TEST(DatabasePool, StopsForEverybody) {
  Bench bench;
  bench.settings.pool.size = 1;
  bench.run([&](Parts& parts) -> Awaitable<> {
    Lines order;
    Lease held = co_await parts.pool->acquire();
    TaskScope tasks(parts.runtime, parts.strand);
    std::string refused;
    tasks.spawn("waits", [](Parts& on, Lines& names, std::string& failure) -> Awaitable<> {
      failure = co_await failure_of(use(on, 0ms, names, "waits"));
    }(parts, order, refused));
    co_await parts.runtime.sleep_for(1ms);
    parts.pool->stop();
    co_await tasks.join();
    EXPECT_EQ(refused, "57P03 transaction");
    EXPECT_EQ(co_await failure_of(use(parts, 0ms, order, "late")), "57P03 transaction");
    held = Lease();
    EXPECT_EQ(parts.pool->figures().idle, 0);
  });
  EXPECT_EQ(bench.log.back(), "1 closed");
}

// Cut after any number of events, everything is destroyed cleanly (as a sanitizer build checks).
TEST(DatabasePool, CanBeDestroyedAtAnyEvent) {
  Bench bench;
  bench.settings.pool.size = 1;
  Lines order;
  const auto body = [&](Parts& parts) -> Awaitable<> {
    co_await (use(parts, 3ms, order, "a") && use(parts, 3ms, order, "b") &&
              use(parts, 3ms, order, "c"));
  };
  bench.run(body);
  const auto events = static_cast<std::uint32_t>(bench.events());
  for (std::uint32_t limit = 1; limit < events; ++limit) bench.run(body, limit);
  bench.run(body);
  EXPECT_TRUE(bench.ended());
}

}  // namespace
}  // namespace raceproof::gateway::database::testing
