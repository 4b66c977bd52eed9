// The connection manager with sessions that the tests control, in every order of its handlers.
#include <algorithm>
#include <functional>
#include <gtest/gtest.h>

#include "gateway/connections/connection_manager.hpp"
#include "tests/harness/sim/playground.hpp"

namespace raceproof::gateway {
namespace {

using namespace std::chrono_literals;
using sim::Log;

/// Takes frames until it is told to stop, and writes them down.
class ScriptedSession final : public UserSession {
 public:
  ScriptedSession(std::string name, Log& log) : name_(std::move(name)), log_(log) {}
  bool deliver(const FramePtr& frame) override {
    if (closed) return false;
    log_.push_back(name_ + "<" + frame->text);
    taken.push_back(frame);
    return true;
  }
  Awaitable<> flushed() override {
    if (slow != nullptr) co_await slow->sleep_for(1s, "slow socket");
  }
  Awaitable<> handle(std::string text) override {
    log_.push_back(name_ + "?" + text);
    co_return;
  }

  bool closed = false;
  Runtime* slow = nullptr;
  std::vector<FramePtr> taken;

 private:
  std::string name_;
  Log& log_;
};

/// One process with a manager and what a test does with it.
class Manager {
 public:
  using Body = Awaitable<> (*)(Manager&);

  explicit Manager(Body body, ConnectionSettings settings = {})
      : settings_(settings), playground_([this, body](sim::World& world, Log& log) {
          log_ = &log;
          world.add_process({.name = "p",
                             .threads = 1,
                             .cold_start = {},
                             .start =
                                 [this, body](Runtime& runtime, const Executor& root) {
                                   runtime_ = &runtime;
                                   manager_.emplace(runtime, settings_, nullptr);
                                   spawn(runtime, root, "body", body(*this));
                                 },
                             .destroy =
                                 [this] {
                                   sessions.clear();
                                   manager_.reset();
                                 }});
        }) {}

  /// Each order of the run, once.
  std::vector<sim::Outcome> all() { return playground_.all({}); }
  sim::Outcome run() { return playground_.run(); }
  /// When the last thing happens, if nothing ends the run before.
  std::int64_t last_event_ns() {
    std::int64_t last = 0;
    sim::RunOptions endless;
    endless.horizon = Duration::max();
    playground_.all(endless, [&](sim::World& world) { last = world.time().now_ns(); });
    return last;
  }

  // --- for bodies -------------------------------------------------------------------------------

  Runtime& runtime() { return *runtime_; }
  ConnectionManager& manager() { return *manager_; }
  void note(std::string text) { log_->push_back(std::move(text)); }
  /// Registers a session of `user` on a strand of its own.
  Awaitable<bool> connect(std::string id, std::string user) {
    auto session = std::make_shared<ScriptedSession>(id, *log_);
    sessions[id] = session;
    UserConnection connection;
    connection.id = id;
    connection.user = std::move(user);
    connection.strand = runtime_->make_strand(id);
    connection.session = session;
    const bool joined =
        co_await call(manager_->strand(), manager_->connect_user(std::move(connection)));
    co_return joined;
  }
  Awaitable<> disconnect(std::string id, std::string user, std::vector<FramePtr> unsent = {}) {
    sessions[id]->closed = true;
    co_await call(manager_->strand(),
                  manager_->disconnect_user(std::move(user), std::move(id), std::move(unsent)));
  }
  Awaitable<Delivery> send(std::string user, std::string text) {
    const Delivery delivery = co_await call(
        manager_->strand(), manager_->send_to_user(std::move(user), "t", std::move(text)));
    co_return delivery;
  }
  /// Sends without waiting.
  void post(std::string user, std::string text) {
    spawn(*runtime_, runtime_->make_strand("sender"), "sender",
          send_and_note(std::move(user), std::move(text)));
  }
  Awaitable<> settle() { return runtime_->sleep_for(10s, "settle"); }

  Awaitable<ConnectionFigures> health() {
    const ConnectionFigures figures = co_await call(manager_->strand(), manager_->figures());
    co_return figures;
  }

  using Work = std::function<void(ConnectionManager&)>;
  /// Does `work` on the manager's strand.
  Awaitable<> ask(Work work) { co_await call(manager_->strand(), perform(std::move(work))); }

  std::map<std::string, std::shared_ptr<ScriptedSession>> sessions;
  int told = 0;  ///< senders of `post` who know what became of their message

 private:
  Awaitable<> perform(Work work) {
    work(*manager_);
    co_return;
  }
  Awaitable<> send_and_note(std::string user, std::string text) {
    co_await send(std::move(user), std::move(text));
    ++told;
  }

  ConnectionSettings settings_;
  Log* log_ = nullptr;
  Runtime* runtime_ = nullptr;
  std::optional<ConnectionManager> manager_;
  sim::Playground playground_;
};

/// What `name` got, in order.
std::string got(const Log& log, const std::string& name) {
  std::string all;
  for (const std::string& line : log) {
    if (line.starts_with(name + "<")) all += line.substr(name.size() + 1) + " ";
  }
  return all;
}

/// The last line of a log alone.
Log done(const Log& log) { return log.empty() ? Log() : Log{log.back()}; }

// Passing means: what was sent to an absent user arrives at the connect, marked, in order, and
// before what is sent afterwards, in every order of handlers.
TEST(ConnectionManager, KeepsMessagesForAnAbsentUser) {
  Manager subject([](Manager& m) -> Awaitable<> {
    const Delivery one = co_await m.send("alice", "{1}");
    const Delivery two = co_await m.send("alice", "{2}");
    EXPECT_EQ(Delivery::queued, one);
    EXPECT_EQ(Delivery::queued, two);
    m.post("alice", "{3}");
    co_await m.connect("a", "alice");
    const Delivery four = co_await m.send("alice", "{4}");
    EXPECT_EQ(Delivery::delivered, four);
    co_await m.settle();
  });
  const auto outcomes = subject.all();
  for (const auto& outcome : outcomes) {
    std::string text = got(outcome.log, "a");
    std::erase(text, '{');
    for (std::size_t at; (at = text.find(",\"recovered\":true}")) != std::string::npos;) {
      text.replace(at, 18, "!");
    }
    std::erase(text, '}');
    EXPECT_TRUE(text == "1! 2! 3! 4 " || text == "1! 2! 3 4 ") << text;
  }
}

// Passing means: only the newest are kept, and the others are reported.
TEST(ConnectionManager, KeepsTheNewestOnly) {
  ConnectionSettings settings;
  settings.queue = 2;
  Manager subject(
      [](Manager& m) -> Awaitable<> {
        for (const char* text : {"{1}", "{2}", "{3}"}) co_await m.send("alice", text);
        co_await m.connect("a", "alice");
        co_await m.settle();
        const ConnectionFigures figures = co_await m.health();
        EXPECT_EQ(1U, figures.lost_total);
        EXPECT_EQ(2U, figures.delivered_total);
        EXPECT_EQ(0U, figures.queued);
      },
      settings);
  EXPECT_EQ("{2,\"recovered\":true} {3,\"recovered\":true} ", got(subject.run().log, "a"));
}

// Passing means: what has been kept for `queue_age` is gone and reported, and nothing else is: at
// 5 s {1} is, at 6 s a connection gets {2}, in every order.
TEST(ConnectionManager, KeepsForATime) {
  ConnectionSettings settings;
  settings.queue_age = 5s;
  Manager subject(
      [](Manager& m) -> Awaitable<> {
        co_await m.send("alice", "{1}");
        co_await m.runtime().sleep_for(3s, "three seconds");
        co_await m.send("alice", "{2}");
        co_await m.send("bob", "{3}");
        co_await m.runtime().sleep_for(3s, "three seconds");
        const ConnectionFigures before = co_await m.health();
        EXPECT_EQ(2U, before.absent_users);
        co_await m.connect("a", "alice");
        co_await m.settle();  // bob's has expired, too
        const ConnectionFigures figures = co_await m.health();
        EXPECT_EQ(2U, figures.lost_total);
        EXPECT_EQ(2U, figures.lost[static_cast<std::size_t>(Loss::expired)]);
        EXPECT_EQ(3U, figures.queued_total);
        EXPECT_EQ(1U, figures.delivered_total);
        EXPECT_EQ(0U, figures.queued);
        EXPECT_EQ(0U, figures.absent_users);
        co_await m.connect("b", "bob");
        m.note("done");
      },
      settings);
  for (const auto& outcome : subject.all()) {
    EXPECT_EQ("{2,\"recovered\":true} ", got(outcome.log, "a"));
    EXPECT_EQ("", got(outcome.log, "b"));
    EXPECT_EQ((Log{"done"}), done(outcome.log));
  }
}

// Passing means: a user who is back in time gets everything, though the wait for the expiry goes
// on; and what is kept afterwards has a time of its own.
TEST(ConnectionManager, KeepsForATimeFromTheNextAbsenceOn) {
  ConnectionSettings settings;
  settings.queue_age = 5s;
  Manager subject(
      [](Manager& m) -> Awaitable<> {
        co_await m.send("alice", "{1}");
        co_await m.runtime().sleep_for(4s, "four seconds");
        co_await m.connect("a", "alice");
        co_await m.disconnect("a", "alice");
        co_await m.send("alice", "{2}");
        co_await m.runtime().sleep_for(4s, "four seconds");
        co_await m.connect("b", "alice");
        co_await m.settle();
        const ConnectionFigures figures = co_await m.health();
        EXPECT_EQ(0U, figures.lost_total);
        EXPECT_EQ(2U, figures.delivered_total);
      },
      settings);
  const Log log = subject.run().log;
  EXPECT_EQ("{1,\"recovered\":true} ", got(log, "a"));
  EXPECT_EQ("{2,\"recovered\":true} ", got(log, "b"));
}

// Passing means: for one user too many, the one whose messages are the oldest loses them, all.
TEST(ConnectionManager, KeepsForSoManyUsers) {
  ConnectionSettings settings;
  settings.queue_users = 2;
  Manager subject(
      [](Manager& m) -> Awaitable<> {
        for (const char* user : {"alice", "bob", "alice", "bob", "carol", "carol"}) {
          co_await m.send(user, "{}");
        }
        const ConnectionFigures figures = co_await m.health();
        EXPECT_EQ(2U, figures.absent_users);
        EXPECT_EQ(4U, figures.queued);
        EXPECT_EQ(2U, figures.lost[static_cast<std::size_t>(Loss::too_many_users)]);
        for (const char* user : {"alice", "bob", "carol"}) co_await m.connect(user, user);
        co_await m.settle();
        const ConnectionFigures after = co_await m.health();
        EXPECT_EQ(0U, after.queued);
      },
      settings);
  const Log log = subject.run().log;
  const std::string both = "{,\"recovered\":true} {,\"recovered\":true} ";
  EXPECT_EQ("", got(log, "alice"));
  EXPECT_EQ(both, got(log, "bob"));
  EXPECT_EQ(both, got(log, "carol"));
}

// Passing means: everybody who sends is told what became of it, also those whose message was behind
// another when the user's last connection turned out to be gone.
TEST(ConnectionManager, TellsEverySenderWhenTheLastSessionDies) {
  Manager subject([](Manager& m) -> Awaitable<> {
    co_await m.connect("old", "alice");
    m.sessions["old"]->closed = true;
    for (const char* text : {"{1}", "{2}", "{3}"}) m.post("alice", text);
    co_await m.settle();
    const ConnectionFigures figures = co_await m.health();
    EXPECT_EQ(3U, figures.queued_total);
    EXPECT_EQ(1U, figures.absent_users);
    EXPECT_EQ(3, m.told);
    m.note("done");
  });
  for (const auto& outcome : subject.all()) EXPECT_EQ((Log{"done"}), done(outcome.log));
}

// Passing means: all of a user's connections get a message, and nobody else's.
TEST(ConnectionManager, ReachesEveryConnectionOfTheUserOnly) {
  Manager subject([](Manager& m) -> Awaitable<> {
    co_await m.connect("a1", "alice");
    co_await m.connect("a2", "alice");
    co_await m.connect("b", "bob");
    m.post("alice", "1");
    m.post("bob", "2");
    co_await m.settle();
  });
  for (const auto& outcome : subject.all()) {
    EXPECT_EQ("1 ", got(outcome.log, "a1"));
    EXPECT_EQ("1 ", got(outcome.log, "a2"));
    EXPECT_EQ("2 ", got(outcome.log, "b"));
  }
}

// Passing means: a disconnect that comes late does not take the newer session with it; with the
// original's mistake it does.
TEST(ConnectionManager, SurvivesAStaleDisconnect) {
  const auto body = [](Manager& m) -> Awaitable<> {
    co_await m.connect("old", "alice");
    co_await m.connect("new", "alice");
    co_await m.disconnect("old", "alice");
    const Delivery delivery = co_await m.send("alice", "{1}");
    m.note(std::string(to_string(delivery)));
  };
  EXPECT_EQ((Log{"new<{1}", "delivered"}), Manager(body).run().log);
  ConnectionSettings mistaken;
  mistaken.disconnect = Disconnect::newest;
  EXPECT_EQ((Log{"queued"}), Manager(body, mistaken).run().log);
}

// Passing means: a message that a dying session did not take is kept for the next one, and comes
// before later ones; with `drop` it is reported lost.
TEST(ConnectionManager, LosesNothingToADyingSession) {
  const auto body = [](Manager& m) -> Awaitable<> {
    co_await m.connect("old", "alice");
    m.sessions["old"]->closed = true;
    m.post("alice", "{1}");
    m.post("alice", "{2}");
    co_await m.connect("new", "alice");
    co_await m.settle();
  };
  for (const auto& outcome : Manager(body).all()) {
    const std::string text = got(outcome.log, "new");
    const auto one = text.find("{1");
    const auto two = text.find("{2");
    ASSERT_TRUE(one != std::string::npos && two != std::string::npos) << text;
    EXPECT_EQ(std::string::npos, text.find("{1", one + 1)) << text;
    EXPECT_EQ(std::string::npos, text.find("{2", two + 1)) << text;
  }
}

// Passing means: the original's mistake loses what nobody takes, and says so.
TEST(ConnectionManager, DropsForAnAbsentUser) {
  ConnectionSettings mistaken;
  mistaken.for_absent = ForAbsent::drop;
  Manager subject(
      [](Manager& m) -> Awaitable<> {
        const Delivery absent = co_await m.send("alice", "{1}");
        m.note(std::string(to_string(absent)));
        co_await m.connect("old", "alice");
        m.sessions["old"]->closed = true;
        const Delivery dying = co_await m.send("alice", "{2}");
        m.note(std::string(to_string(dying)));
        co_await m.connect("new", "alice");
        co_await m.settle();
      },
      mistaken);
  EXPECT_EQ((Log{"lost", "lost"}), subject.run().log);
}

// Passing means: what a session took but could not send goes to a connection that came later, and
// not to one that has it already.
TEST(ConnectionManager, PassesOnWhatWasNotSent) {
  Manager subject([](Manager& m) -> Awaitable<> {
    co_await m.connect("old", "alice");
    co_await m.connect("beside", "alice");
    co_await m.send("alice", "{1}");
    auto unsent = m.sessions["old"]->taken;
    co_await m.disconnect("beside", "alice");
    co_await m.connect("later", "alice");
    co_await m.disconnect("old", "alice", unsent);
    co_await m.settle();
  });
  const Log log = subject.run().log;
  EXPECT_EQ("{1} ", got(log, "beside"));
  EXPECT_EQ("{1,\"recovered\":true} ", got(log, "later"));

  Manager seen([](Manager& m) -> Awaitable<> {
    co_await m.connect("old", "alice");
    co_await m.connect("beside", "alice");
    co_await m.send("alice", "{1}");
    co_await m.disconnect("old", "alice", m.sessions["old"]->taken);
    co_await m.settle();
  });
  EXPECT_EQ("{1} ", got(seen.run().log, "beside"));
}

// Passing means: live messages overtake kept ones only with the original's mistake.
TEST(ConnectionManager, FlushesInOrderOrBesideLiveOnes) {
  const auto body = [](Manager& m) -> Awaitable<> {
    co_await m.send("alice", "{1}");
    co_await m.connect("a", "alice");
    co_await m.send("alice", "{2}");
    co_await m.settle();
  };
  EXPECT_EQ("{1,\"recovered\":true} {2} ", got(Manager(body).run().log, "a"));
  ConnectionSettings mistaken;
  mistaken.flush = Flush::beside_live;
  EXPECT_EQ("{2} {1,\"recovered\":true} ", got(Manager(body, mistaken).run().log, "a"));
}

// Passing means: a slow socket delays the user's other one only with the original's mistake.
TEST(ConnectionManager, IsNotHeldUpByASlowSocket) {
  const auto body = [](Manager& m) -> Awaitable<> {
    co_await m.connect("slow", "alice");
    co_await m.connect("quick", "alice");
    m.sessions["slow"]->slow = &m.runtime();
    m.post("alice", "1");
    co_await m.runtime().sleep_for(500ms, "half a second");
    m.note("half a second");
    co_await m.settle();
  };
  EXPECT_EQ((Log{"slow<1", "quick<1", "half a second"}), Manager(body).run().log);
  ConnectionSettings mistaken;
  mistaken.fan_out = FanOut::after_each_socket;
  EXPECT_EQ((Log{"slow<1", "half a second", "quick<1"}), Manager(body, mistaken).run().log);
}

// Passing means: a user has so many connections and no more, and one that ended frees its place,
// but not with the original's leak.
TEST(ConnectionManager, LimitsConnectionsOfAUser) {
  ConnectionSettings settings;
  settings.per_user = 2;
  const auto body = [](Manager& m) -> Awaitable<> {
    for (const char* id : {"1", "2", "3"}) {
      const bool joined = co_await m.connect(id, "alice");
      m.note(joined ? "in" : "out");
    }
    co_await m.disconnect("1", "alice");
    const bool again = co_await m.connect("4", "alice");
    m.note(again ? "in" : "out");
  };
  EXPECT_EQ((Log{"in", "in", "out", "in"}), Manager(body, settings).run().log);
  settings.forget_on_disconnect = false;
  EXPECT_EQ((Log{"in", "in", "out", "out"}), Manager(body, settings).run().log);
}

// Passing means: threads, jobs and broadcasts reach those who follow them.
TEST(ConnectionManager, AddressesThreadsAndJobs) {
  Manager subject([](Manager& m) -> Awaitable<> {
    co_await m.connect("a1", "alice");
    co_await m.connect("a2", "alice");
    co_await m.connect("b", "bob");
    ConnectionManager& manager = m.manager();
    const Manager::Work follow = [](ConnectionManager& asked) {
      EXPECT_TRUE(asked.update_connection_thread("a1", "t1"));
      EXPECT_FALSE(asked.update_connection_thread("nobody", "t1"));
      EXPECT_TRUE(asked.connect_to_job("b", "j"));
    };
    co_await m.ask(follow);
    const Delivery shown =
        co_await call(manager.strand(), manager.send_to_thread("alice", "t1", "t", "thread"));
    EXPECT_EQ(Delivery::delivered, shown);
    const Delivery hidden =
        co_await call(manager.strand(), manager.send_to_thread("bob", "t1", "t", "thread"));
    EXPECT_EQ(Delivery::lost, hidden);
    const auto job = co_await call(manager.strand(), manager.send_to_job("j", "t", "job"));
    EXPECT_EQ(1U, job);
    const Manager::Work leave = [](ConnectionManager& asked) {
      EXPECT_TRUE(asked.disconnect_from_job("b"));
    };
    co_await m.ask(leave);
    const auto left = co_await call(manager.strand(), manager.send_to_job("j", "t", "job"));
    EXPECT_EQ(0U, left);
    const auto all = co_await call(manager.strand(), manager.broadcast("t", "all"));
    EXPECT_EQ(3U, all);
  });
  const Log log = subject.run().log;
  EXPECT_EQ("thread all ", got(log, "a1"));
  EXPECT_EQ("all ", got(log, "a2"));
  EXPECT_EQ("job all ", got(log, "b"));
}

// Passing means: the queries agree with what is connected.
TEST(ConnectionManager, KnowsItsConnections) {
  Manager subject([](Manager& m) -> Awaitable<> {
    co_await m.connect("a", "alice");
    const Manager::Work connected = [&m](ConnectionManager& asked) {
      EXPECT_TRUE(asked.is_user_connected("alice"));
      EXPECT_TRUE(asked.is_connection_active("alice"));
      EXPECT_FALSE(asked.is_user_connected("bob"));
      EXPECT_EQ(1U, asked.get_connection_count());
      EXPECT_EQ("alice", asked.get_connection("a")->user);
      EXPECT_FALSE(asked.find_connection("bob", "a"));
      EXPECT_EQ("a", asked.get_connection_id_by_websocket(m.sessions["a"]));
      m.sessions.clear();  // the session is gone, its entry is not
      EXPECT_FALSE(asked.is_connection_active("alice"));
    };
    co_await m.ask(connected);
    const Delivery delivery = co_await m.send("alice", "{1}");
    EXPECT_EQ(Delivery::queued, delivery);
    const Manager::Work absent = [](ConnectionManager& asked) {
      EXPECT_FALSE(asked.is_user_connected("alice"));
    };
    co_await m.ask(absent);
    m.note("done");
  });
  EXPECT_EQ((Log{"done"}), done(subject.run().log));
}

// Passing means: who waits for a connection gets it, or the end of the wait, and no earlier.
TEST(ConnectionManager, WaitsForAConnection) {
  Manager subject([](Manager& m) -> Awaitable<> {
    ConnectionManager& manager = m.manager();
    const Instant begin = m.runtime().now();
    const Delivery late = co_await call(
        manager.strand(), manager.send_to_user_with_wait("alice", "t", "{1}", Duration(3s)));
    EXPECT_EQ(Delivery::queued, late);
    EXPECT_TRUE(m.runtime().now() - begin >= Duration(3s));
    const bool none =
        co_await call(manager.strand(), manager.wait_for_connection("bob", Duration(1s)));
    EXPECT_FALSE(none);
    co_await m.connect("b", "bob");
    const bool there =
        co_await call(manager.strand(), manager.wait_for_connection("bob", Duration(1s)));
    EXPECT_TRUE(there);
    m.note("done");
  });
  EXPECT_EQ((Log{"done"}), done(subject.run().log));
}

// Passing means: a frame is answered by its own session, but by the first with the mistake.
TEST(ConnectionManager, RoutesFrames) {
  const auto body = [](Manager& m) -> Awaitable<> {
    co_await m.connect("a", "alice");
    co_await m.connect("b", "bob");
    co_await call(m.manager().strand(), m.manager().handle_message("b", "hi"));
  };
  EXPECT_EQ((Log{"b?hi"}), Manager(body).run().log);
  ConnectionSettings mistaken;
  mistaken.handlers = Handlers::first;
  EXPECT_EQ((Log{"a?hi"}), Manager(body, mistaken).run().log);
}

// Passing means: stopping leaves no task behind, and says what was still kept.
TEST(ConnectionManager, StopsWithNothingLeft) {
  Manager subject([](Manager& m) -> Awaitable<> {
    co_await m.send("alice", "{1}");
    co_await call(m.manager().strand(), m.manager().stop());
    const ConnectionFigures first = co_await m.health();
    EXPECT_EQ(1U, first.lost_total);
    co_await m.send("alice", "{2}");  // too late
    const ConnectionFigures then = co_await m.health();
    EXPECT_EQ(2U, then.lost_total);
    m.note("done");
  });
  EXPECT_EQ((Log{"done"}), done(subject.run().log));
  EXPECT_EQ(0, subject.last_event_ns());
}

}  // namespace
}  // namespace raceproof::gateway
