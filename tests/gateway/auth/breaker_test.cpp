// The breaker as a state machine: case by case, and every sequence of a certain length against a
// model that is written the other way round.
#include "gateway/auth/breaker.hpp"

#include <deque>
#include <gtest/gtest.h>
#include <optional>

namespace raceproof::gateway {
namespace {

using namespace std::chrono_literals;
using State = Breaker::State;

BreakerSettings settings_of(std::int64_t threshold) {
  BreakerSettings settings;
  settings.threshold = threshold;
  settings.reset = 15s;
  return settings;
}

void fail(Breaker& breaker, Instant at) { breaker.failed(breaker.admit(at), at); }

TEST(Breaker, OpensAfterConsecutiveFailuresOnly) {
  Breaker breaker(settings_of(3));
  const Instant at;
  fail(breaker, at);
  fail(breaker, at);
  breaker.succeeded(breaker.admit(at));
  EXPECT_TRUE(breaker.is_pristine());
  fail(breaker, at);
  fail(breaker, at);
  EXPECT_EQ(breaker.state(), State::closed);
  EXPECT_FALSE(breaker.is_pristine());
  fail(breaker, at);
  EXPECT_EQ(breaker.state(), State::open);
}

TEST(Breaker, ResetsAfterItsTimeAndAdmitsOneProbe) {
  Breaker breaker(settings_of(1));
  const Instant at;
  fail(breaker, at);
  EXPECT_FALSE(breaker.admit(at + (15s - 1ns)));
  EXPECT_EQ(breaker.state(), State::open);
  const auto probe = breaker.admit(at + 15s);
  EXPECT_TRUE(probe);
  EXPECT_EQ(breaker.state(), State::half_open);
  EXPECT_FALSE(breaker.admit(at + 16s));
  EXPECT_FALSE(breaker.admit(at + 3600s));
  breaker.succeeded(probe);
  EXPECT_TRUE(breaker.is_pristine());
  EXPECT_TRUE(breaker.admit(at + 16s));
}

TEST(Breaker, AFailedProbeOpensItAnew) {
  Breaker breaker(settings_of(1));
  const Instant at;
  fail(breaker, at);
  breaker.failed(breaker.admit(at + 15s), at + 17s);
  EXPECT_EQ(breaker.state(), State::open);
  EXPECT_FALSE(breaker.admit(at + (32s - 1ns)));
  EXPECT_TRUE(breaker.admit(at + 32s));
}

TEST(Breaker, AnAbandonedProbeLeavesItsPlace) {
  Breaker breaker(settings_of(1));
  const Instant at;
  fail(breaker, at);
  breaker.abandoned(breaker.admit(at + 15s));
  EXPECT_EQ(breaker.state(), State::open);
  EXPECT_TRUE(breaker.admit(at + 15s));
}

// What calls of an earlier period report is of no interest any more.
TEST(Breaker, LateReportsChangeNothing) {
  Breaker breaker(settings_of(1));
  const Instant at;
  const auto early_failure = breaker.admit(at);
  const auto early_success = breaker.admit(at);
  fail(breaker, at);
  breaker.failed(early_failure, at + 10s);
  EXPECT_TRUE(breaker.admit(at + 15s)) << "the time is not prolonged";
  breaker.succeeded(early_success);
  EXPECT_EQ(breaker.state(), State::half_open) << "only the probe decides";
}

/// What should happen, told from a list of everything that has happened: when it was opened, and
/// which permits still count.
class Model {
 public:
  explicit Model(int threshold) : threshold_(threshold) {}

  bool admit(int now) {
    if (opened_ && now < *opened_ + reset) return false;
    if (opened_ && probe_out_) return false;
    probe_out_ = opened_.has_value();
    return true;
  }
  void report(bool counts, bool probe, bool success, int now) {
    if (!counts) return;
    if (probe) probe_out_ = false;
    if (success) {
      opened_.reset();
      failures_in_a_row_ = 0;
    } else if (++failures_in_a_row_ >= threshold_ || probe) {
      opened_ = now;
    }
  }
  void abandon(bool counts, bool probe) {
    if (counts && probe) probe_out_ = false;
  }
  [[nodiscard]] State state() const {
    if (!opened_) return State::closed;
    return probe_out_ ? State::half_open : State::open;
  }
  [[nodiscard]] bool is_open() const { return opened_.has_value(); }

  static constexpr int reset = 2;

 private:
  int threshold_;
  int failures_in_a_row_ = 0;
  std::optional<int> opened_;
  bool probe_out_ = false;
};

enum Move {
  admit,
  oldest_succeeds,
  oldest_fails,
  newest_fails,
  newest_abandons,
  time_passes,
  moves
};

struct Call {
  Breaker::Permit permit;
  bool probe;
  int period;
};

/// Plays one sequence of moves on both; an empty text when they agree all the way.
std::string play(const std::vector<int>& sequence, int threshold) {
  BreakerSettings settings = settings_of(threshold);
  settings.reset = std::chrono::seconds(Model::reset);
  Breaker breaker(settings);
  Model model(threshold);
  std::deque<Call> calls;
  int now = 0;
  int period = 0;
  State last = State::closed;
  std::string trace;
  const auto instant = [&] { return Instant() + Duration(std::chrono::seconds(now)); };
  for (const int move : sequence) {
    trace += std::to_string(move);
    if (move == admit) {
      const bool was_open = model.is_open();
      const bool wanted = model.admit(now);
      const auto permit = breaker.admit(instant());
      if (static_cast<bool>(permit) != wanted) return trace + ": admitted otherwise";
      if (breaker.state() != last) ++period;
      if (wanted) calls.push_back({permit, was_open, period});
    } else if (move == time_passes) {
      ++now;
    } else if (!calls.empty()) {
      const bool oldest = move == oldest_succeeds || move == oldest_fails;
      const Call call = oldest ? calls.front() : calls.back();
      oldest ? calls.pop_front() : calls.pop_back();
      const bool counts = call.period == period;
      if (move == newest_abandons) {
        model.abandon(counts, call.probe);
        breaker.abandoned(call.permit);
      } else {
        const bool success = move == oldest_succeeds;
        model.report(counts, call.probe, success, now);
        success ? breaker.succeeded(call.permit) : breaker.failed(call.permit, instant());
      }
      if (breaker.state() != last) ++period;
    }
    if (breaker.state() != model.state()) return trace + ": another state";
    const bool legal =
        breaker.state() == last || (last == State::closed && breaker.state() == State::open) ||
        (last == State::open && breaker.state() == State::half_open) || last == State::half_open;
    if (!legal) return trace + ": an illegal transition";
    last = breaker.state();
  }
  return {};
}

// All 6^7 sequences of seven moves, for two thresholds.
TEST(Breaker, AgreesWithTheModelInEverySequence) {
  constexpr int length = 7;
  for (const int threshold : {1, 2}) {
    std::vector<int> sequence(length, 0);
    for (bool more = true; more;) {
      const std::string disagreement = play(sequence, threshold);
      ASSERT_EQ(disagreement, "") << "threshold " << threshold;
      more = false;
      for (int& move : sequence) {
        if (++move < moves) {
          more = true;
          break;
        }
        move = 0;
      }
    }
  }
}

}  // namespace
}  // namespace raceproof::gateway
