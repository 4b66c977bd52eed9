// Programs of threads that share cells.
#include <array>
#include <fmt/format.h>

#include "tests/zoo/catalogue.hpp"

namespace raceproof::zoo {

using explore::Cell;
using explore::Stage;

// A writer writes x; each reader reads a variable of its own, then x.
Program readers(int n) {
  return {[n](Stage& stage) {
    Cell& x = stage.cell("x");
    stage.thread("writer", [&x] { x.write(42); });
    for (int i = 0; i < n; ++i) {
      Cell& own = stage.cell(fmt::format("own {}", i));
      std::int64_t& seen = stage.local();
      stage.thread(
          fmt::format("reader {}", i), [&own] { (void)own.read(); },
          [&x, &seen] { seen = x.read(); });
    }
  }};
}

// Thread j makes element j one more than its neighbour; another looks for the last zero.
Program last_zero(int n) {
  return {[n](Stage& stage) {
    auto& array = stage.keep<std::vector<Cell*>>();
    for (int i = 0; i <= n; ++i) array.push_back(&stage.cell(fmt::format("array {}", i)));
    std::int64_t& at = stage.local(n);
    stage.loop(stage.strand("finder"), [&array, &at] {
      if (array[static_cast<std::size_t>(at)]->read() == 0) return false;
      --at;
      return true;
    });
    for (int j = 1; j <= n; ++j) {
      Cell& before = *array[static_cast<std::size_t>(j - 1)];
      Cell& own = *array[static_cast<std::size_t>(j)];
      std::int64_t& seen = stage.local();
      stage.thread(
          fmt::format("thread {}", j), [&before, &seen] { seen = before.read(); },
          [&own, &seen] { own.write(seen + 1); });
    }
  }};
}

// Each thread puts four messages into a hash table of 128 places, by compare-and-swap.
Program indexer(int n) {
  constexpr int size = 128;
  constexpr int messages = 4;
  struct Thread {
    std::int64_t id = 0;
    std::int64_t message = 0;
    std::int64_t word = 0;
    std::size_t place = 0;
    bool next() {
      if (message == messages) return false;
      word = 11 * ++message + id;
      place = static_cast<std::size_t>(7 * word % size);
      return true;
    }
  };
  return {[n](Stage& stage) {
    auto& table = stage.keep<std::vector<Cell*>>();
    for (int i = 0; i < size; ++i) table.push_back(&stage.cell(fmt::format("place {}", i)));
    for (int i = 0; i < n; ++i) {
      auto& thread = stage.keep<Thread>(Thread{.id = i});
      thread.next();
      stage.loop(stage.strand(fmt::format("thread {}", i)), [&table, &thread] {
        if (table[thread.place]->compare_exchange(0, thread.word)) return thread.next();
        thread.place = (thread.place + 1) % size;
        return true;
      });
    }
  }};
}

// n threads write x; the last one to do so lets main read it.
Program last_write(int n) {
  return {[n](Stage& stage) {
    Cell& x = stage.cell("x");
    Cell& joined = stage.cell("joined");
    std::int64_t& seen = stage.local();
    const auto main = stage.strand("main");
    for (int i = 1; i <= n; ++i) {
      stage.thread(fmt::format("writer {}", i), [&stage, &x, &joined, &seen, main, i, n] {
        x.write(i);
        joined.write(joined.read() + 1);
        if (joined.read() == n) stage.step(main, [&x, &seen] { seen = x.read(); });
      });
    }
  }};
}

// n threads write x while another reads it once.
Program floating_read(int n) {
  return {[n](Stage& stage) {
    Cell& x = stage.cell("x");
    std::int64_t& seen = stage.local();
    stage.thread("reader", [&x, &seen] { seen = x.read(); });
    for (int i = 1; i <= n; ++i) {
      stage.thread(fmt::format("writer {}", i), [&x, i] { x.write(i); });
    }
  }};
}

// n threads add one to x in two steps.
Program lost_update(int n) {
  return {[n](Stage& stage) {
    Cell& x = stage.cell("x");
    for (int i = 0; i < n; ++i) {
      std::int64_t& seen = stage.local();
      stage.thread(
          fmt::format("thread {}", i), [&x, &seen] { seen = x.read(); },
          [&x, &seen] { x.write(seen + 1); });
    }
  }};
}

// n - 1 threads set a, then b; one checks that it sees both or none.
Program reorder(int n) {
  return {[n](Stage& stage) {
    Cell& a = stage.cell("a");
    Cell& b = stage.cell("b");
    for (int i = 1; i < n; ++i) {
      stage.thread(
          fmt::format("setter {}", i), [&a] { a.write(1); }, [&b] { b.write(-1); });
    }
    std::int64_t& seen = stage.local();
    stage.thread(
        "checker", [&a, &seen] { seen = a.read(); },
        [&stage, &b, &seen] {
          const std::int64_t other = b.read();
          stage.require((seen == 0 && other == 0) || (seen == 1 && other == -1));
        });
  }};
}

// The second stage of one thread may run between the stages of another.
Program two_stage() {
  return {[](Stage& stage) {
    Cell& d1 = stage.cell("d1");
    Cell& d2 = stage.cell("d2");
    stage.thread(
        "a", [&d1] { d1.write(1); }, [&d1, &d2] { d2.write(d1.read() + 1); });
    std::int64_t& t1 = stage.local();
    int steps = 0;
    stage.loop(stage.strand("b"), [&stage, &d1, &d2, &t1, steps]() mutable {
      if (steps++ == 0) {
        t1 = d1.read();
        return t1 != 0;
      }
      stage.require(d2.read() == t1 + 1);
      return false;
    });
  }};
}

// A length that was taken is used after the buffer has shrunk, and before it grows again.
Program string_buffer() {
  return {[](Stage& stage) {
    Cell& length = stage.cell("length", 3);
    stage.thread(
        "eraser", [&length] { length.write(0); }, [&length] { length.write(3); });
    std::int64_t& taken = stage.local();
    stage.thread(
        "reader", [&length, &taken] { taken = length.read(); },
        [&stage, &length, &taken] { stage.require(taken <= length.read()); });
  }};
}

// Deposit, withdrawal and check under one lock: the check fails where it comes last.
Program account() {
  return {[](Stage& stage) {
    Cell& balance = stage.cell("balance", 100);
    Cell& done = stage.cell("done");
    stage.thread("deposit", [&balance, &done] {
      balance.write(balance.read() + 50);
      done.write(done.read() + 1);
    });
    stage.thread("withdraw", [&balance, &done] {
      balance.write(balance.read() - 30);
      done.write(done.read() + 1);
    });
    stage.thread("check", [&stage, &balance, &done] {
      stage.require(done.read() < 2 || balance.read() != 120);
    });
  }};
}

// Three tasks hand a token round; a fourth compares, if all have run.
Program token_ring() {
  return {[](Stage& stage) {
    Cell& x1 = stage.cell("x1", 1);
    Cell& x2 = stage.cell("x2", 2);
    Cell& x3 = stage.cell("x3", 1);
    Cell& ran = stage.cell("ran");
    stage.thread("one", [&] {
      x1.write((x3.read() + 1) % 4);
      ran.write(ran.read() + 1);
    });
    stage.thread("two", [&] {
      x2.write(x1.read());
      ran.write(ran.read() + 1);
    });
    stage.thread("three", [&] {
      x3.write(x2.read());
      ran.write(ran.read() + 1);
    });
    stage.thread("check", [&] {
      if (ran.read() < 3) return;
      stage.require(x1.read() == x2.read() && x2.read() == x3.read());
    });
  }};
}

// A driver is stopped while a request comes in.
Program bluetooth() {
  struct Driver {
    explicit Driver(Stage& on) : stage(on) {}
    /// One user less; the last one says so in a step of its own.
    void release(Stage::Strand thread, std::function<void()> then) {
      stage.step(thread, [this, thread, then = std::move(then)]() mutable {
        pending.write(pending.read() - 1);
        if (pending.read() > 0) return then();
        stage.step(thread, [this, then = std::move(then)] {
          idle.write(1);
          then();
        });
      });
    }
    void stop(Stage::Strand thread) {
      stopping.write(1);
      release(thread, [this, thread] {
        stage.step(thread, [this, thread] {
          if (idle.read() == 1) stage.step(thread, [this] { stopped.write(1); });
        });
      });
    }
    void request(Stage::Strand thread) {
      if (stopping.read() == 1) return release(thread, [] {});
      stage.step(thread, [this, thread] {
        pending.write(pending.read() + 1);
        stage.step(thread, [this, thread] {
          stage.require(stopped.read() == 0);
          release(thread, [] {});
        });
      });
    }
    Stage& stage;
    Cell& pending = stage.cell("pending", 1);
    Cell& stopping = stage.cell("stopping");
    Cell& idle = stage.cell("idle");
    Cell& stopped = stage.cell("stopped");
  };
  return {[](Stage& stage) {
    auto& driver = stage.keep<Driver>(stage);
    const auto stopper = stage.strand("stop");
    const auto user = stage.strand("request");
    stage.step(stopper, [&driver, stopper] { driver.stop(stopper); });
    stage.step(user, [&driver, user] { driver.request(user); });
  }};
}

}  // namespace raceproof::zoo
