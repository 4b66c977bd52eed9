// Opaque time: instants and durations that the program can add, compare and wait for, but not read.
//
// In production both types are a 64-bit count of nanoseconds whose symbolic half is zero. In
// simulation the symbolic half names a linear form over the events of the run and the scenario's
// named parameters, so that one run can stand for a whole range of latencies: *comparing* two
// values is then a decision that splits the region of possible times, and both sides are explored.
// Only `to_ns()` pins a value to a number; in simulation that is a *cut*, counted with its call
// site.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <source_location>

namespace raceproof {

/// Index of an interned linear form in the simulated world of this thread; 0 is the empty form, the
/// only one that exists in production.
using FormId = std::uint32_t;

/// What a simulated world provides so that symbolic instants and durations can be calculated with.
/// Installed per thread while a world runs there; production never touches it.
class TimeAlgebra {
 public:
  /// The form `left + sign * right`; `sign` is 1 or -1.
  virtual FormId add_forms(FormId left, FormId right, int sign) = 0;
  /// The form `factor * form`.
  virtual FormId scale_form(FormId form, std::int64_t factor) = 0;
  /// Decides whether `form + constant_ns < 0` and restricts the run to the side it chose.
  virtual bool decide_negative(FormId form, std::int64_t constant_ns) = 0;
  /// Pins `form` to one feasible value in nanoseconds and records the cut.
  virtual std::int64_t pin(FormId form, std::int64_t constant_ns, std::source_location where) = 0;

  /// The algebra of the world that runs on this thread; null in production.
  static thread_local TimeAlgebra* current;

 protected:
  ~TimeAlgebra() = default;
};

namespace detail {

/// The affine value `constant_ns + form` that instants and durations share.
struct Affine {
  std::int64_t constant_ns = 0;
  FormId form = 0;

  [[nodiscard]] Affine plus(Affine other, int sign) const {
    const FormId sum =
        (form | other.form) == 0 ? 0 : TimeAlgebra::current->add_forms(form, other.form, sign);
    return {constant_ns + sign * other.constant_ns, sum};
  }
  [[nodiscard]] Affine times(std::int64_t factor) const {
    return {constant_ns * factor, form == 0 ? 0 : TimeAlgebra::current->scale_form(form, factor)};
  }
  [[nodiscard]] bool less(Affine other) const {
    if (form == other.form) return constant_ns < other.constant_ns;
    const Affine difference = plus(other, -1);
    return TimeAlgebra::current->decide_negative(difference.form, difference.constant_ns);
  }
  [[nodiscard]] std::int64_t pin(std::source_location where) const {
    return form == 0 ? constant_ns : TimeAlgebra::current->pin(form, constant_ns, where);
  }
};

}  // namespace detail

/// A length of time. Nanosecond resolution, about plus or minus 292 years; overflow is not checked.
class Duration {
 public:
  constexpr Duration() = default;
  template <class Rep, class Period>
  constexpr Duration(std::chrono::duration<Rep, Period> value)  // NOLINT: implicit by design
      : value_{std::chrono::duration_cast<std::chrono::nanoseconds>(value).count(), 0} {}
  explicit constexpr Duration(detail::Affine value) : value_(value) {}

  /// Longer than any wait the program can make; half the range, so that adding it cannot overflow.
  static constexpr Duration max() {
    return Duration(detail::Affine{std::numeric_limits<std::int64_t>::max() / 2, 0});
  }

  friend Duration operator+(Duration a, Duration b) { return Duration(a.value_.plus(b.value_, 1)); }
  friend Duration operator-(Duration a, Duration b) {
    return Duration(a.value_.plus(b.value_, -1));
  }
  friend Duration operator*(Duration a, std::int64_t k) { return Duration(a.value_.times(k)); }
  friend Duration operator*(std::int64_t k, Duration a) { return a * k; }
  Duration& operator+=(Duration other) { return *this = *this + other; }

  /// Comparisons are decisions in simulation (see the top of this file).
  friend bool operator<(Duration a, Duration b) { return a.value_.less(b.value_); }
  friend bool operator>(Duration a, Duration b) { return b < a; }
  friend bool operator<=(Duration a, Duration b) { return !(b < a); }
  friend bool operator>=(Duration a, Duration b) { return !(a < b); }

  /// The number of nanoseconds. A cut in simulation; free only in logs, which take the symbolic
  /// value.
  [[nodiscard]] std::int64_t to_ns(
      std::source_location where = std::source_location::current()) const {
    return value_.pin(where);
  }
  /// For the runtime's own use: the value with its symbolic half.
  [[nodiscard]] constexpr detail::Affine affine() const { return value_; }

 private:
  detail::Affine value_;
};

/// A point in time, counted from the start of the runtime. Only differences have a meaning.
class Instant {
 public:
  constexpr Instant() = default;
  explicit constexpr Instant(detail::Affine value) : value_(value) {}

  /// Later than any event: a wait until here ends only when it is cancelled.
  static constexpr Instant max() {
    return Instant(detail::Affine{std::numeric_limits<std::int64_t>::max() / 2, 0});
  }

  friend Instant operator+(Instant t, Duration d) { return Instant(t.value_.plus(d.affine(), 1)); }
  friend Instant operator-(Instant t, Duration d) { return Instant(t.value_.plus(d.affine(), -1)); }
  friend Duration operator-(Instant a, Instant b) { return Duration(a.value_.plus(b.value_, -1)); }

  /// Comparisons are decisions in simulation (see the top of this file).
  friend bool operator<(Instant a, Instant b) { return a.value_.less(b.value_); }
  friend bool operator>(Instant a, Instant b) { return b < a; }
  friend bool operator<=(Instant a, Instant b) { return !(b < a); }
  friend bool operator>=(Instant a, Instant b) { return !(a < b); }

  /// Nanoseconds since the start of the runtime. A cut in simulation.
  [[nodiscard]] std::int64_t to_ns(
      std::source_location where = std::source_location::current()) const {
    return value_.pin(where);
  }
  /// For the runtime's own use: the value with its symbolic half.
  [[nodiscard]] constexpr detail::Affine affine() const { return value_; }

 private:
  detail::Affine value_;
};

/// A delay that may be anything from `low` to `high` (inclusive). Written in place, it is drawn
/// anew at each use (`Runtime::draw`); a named parameter is drawn once a run and has `low` =
/// `high`.
struct DelayRange {
  Duration low;
  Duration high;
};

/// A sleep or deadline of `Instant::max()` (or close to it) never expires.
constexpr bool is_never(Instant t) {
  return t.affine().constant_ns >= std::numeric_limits<std::int64_t>::max() / 4;
}

}  // namespace raceproof
