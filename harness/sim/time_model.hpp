// The simulated clock in its two forms.
//
// Concrete: every pending event has a time in nanoseconds, every drawn delay a value. Symbolic: the
// times of pending and remembered events are points of a zone (zone.hpp), drawn delays are
// variables, and comparing instants or durations restricts the zone. Both keep linear forms over
// the same variables, so that a duration still says which named parameter it came from.
//
// A zone holds differences of two points. Where a variable is used twice, or a comparison involves
// more than two points, the zone only approximates: the run is then `relaxed`, and `exact` systems
// (see system()) have to confirm what is said about it.
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <source_location>
#include <span>
#include <string>
#include <vector>

#include "harness/sim/decider.hpp"
#include "harness/sim/zone.hpp"
#include "runtime/time.hpp"

namespace raceproof::sim {

enum class TimeMode : std::uint8_t { concrete, symbolic };

/// A named delay, drawn once a run from [low_ns, high_ns].
struct ParameterRange {
  std::string name;
  std::int64_t low_ns = 0;
  std::int64_t high_ns = 0;
};

/// A point in time of this run, counted from 0, the start.
using PointId = std::uint32_t;
/// A variable of this run: first the parameters, in their order, then one for each drawn delay, and
/// one for each point whose instant the program holds.
using VariableId = std::uint32_t;

/// `factor * variable`.
struct Term {
  VariableId variable = 0;
  std::int64_t factor = 0;
  friend bool operator==(const Term&, const Term&) = default;
};

/// A place where the program read a time as a number.
struct Cut {
  std::string where;
  std::uint64_t count = 0;
};

class TimeModel final : public TimeAlgebra {
 public:
  /// Starts a run. `parameters` must outlive it.
  void begin(TimeMode mode, std::span<const ParameterRange> parameters, Decider& decider,
             trace::Trace& trace, bool local_time = false);

  [[nodiscard]] TimeMode mode() const { return mode_; }
  [[nodiscard]] bool symbolic() const { return mode_ == TimeMode::symbolic; }
  /// Virtual time in nanoseconds; concrete runs only.
  [[nodiscard]] std::int64_t now_ns() const { return now_ns_; }
  void set_now_ns(std::int64_t now_ns) { now_ns_ = now_ns; }

  /// The present as the program sees it; in a symbolic run the current point is then remembered.
  Instant now();
  /// The present, for arming a wait in this step: not remembered beyond it.
  Instant wait_origin();
  /// Draws a delay: a value (concrete) or a fresh variable (symbolic).
  Duration draw(const DelayRange& range, const Meaning& meaning);

  /// Concrete value of a form.
  [[nodiscard]] std::int64_t value_of(detail::Affine value) const;

  // --- symbolic runs ---------------------------------------------------------------------------

  /// Makes the point of an event that will happen at `deadline`, or now if that has passed.
  PointId create(Instant deadline);
  /// Of the point made last: how long after the present it can be.
  [[nodiscard]] Reach created_reach() const { return created_reach_; }
  /// Adds t_later >= t_earlier.
  void order(PointId earlier, PointId later);
  /// The event at `point` happens now: before all of `later`.
  void fire(PointId point, std::span<const Zone::After> later);
  /// A pending point that will never fire (cancelled).
  void discard(PointId point);
  [[nodiscard]] Zone::Point zone_point(PointId point) const { return points_[point].zone; }
  [[nodiscard]] const Zone& zone() const { return zone_; }
  [[nodiscard]] PointId current_point() const { return current_; }

  // Local time (Decider::local_time): the order of execution says nothing of times.

  /// The event at `point` is the current one.
  void fire_in_local_time(PointId point);
  /// Whether t_earlier + margin <= t_later is possible.
  [[nodiscard]] bool may_precede(PointId earlier, PointId later, std::int64_t margin) const {
    return zone_.allows(points_[later].zone, points_[earlier].zone, -margin);
  }
  /// Whether the points for which `happened` is true, with all that is required of them alone, can
  /// be followed by `next` before `later`; of these two only the delays count. Of a finished run.
  /// Exact but for comparisons of more than two points and variables used twice.
  [[nodiscard]] bool may_follow(const std::vector<bool>& happened, PointId next,
                                PointId later) const;
  /// Adds t_earlier + margin <= t_later; false (and nothing is added) if that is impossible.
  bool put_in_order(PointId earlier, PointId later, std::int64_t margin);
  /// Something may be put in order with a point until the end of the run.
  void keep(PointId point) { points_[point].taken = true; }
  /// Nothing will be put in order with a point that has happened, unless it was to be kept.
  void forget(PointId point);

  /// Restricts the run to t_point = now; false if that is impossible.
  bool constrain_to_now(PointId point);
  /// Whether a pending event may be due at this very moment; a no is remembered as an order.
  [[nodiscard]] bool could_be_now(PointId point);

  /// The run is possible only if some events that need not coincide do.
  [[nodiscard]] bool tie_only() const { return tie_only_; }
  void mark_tie_only() { tie_only_ = true; }
  /// The zone is only an outer approximation of what the run allows.
  [[nodiscard]] bool relaxed() const { return relaxed_; }
  [[nodiscard]] const std::vector<Cut>& cuts() const { return cuts_; }

  /// `sum(terms) + constant <= 0`, over variables.
  struct Condition {
    std::vector<Term> terms;
    std::int64_t constant = 0;
    bool strict = false;  ///< means `< 0`: `constant` is one nanosecond more
  };
  /// t_to - t_from <= bound, over points.
  struct Difference {
    PointId from;
    PointId to;
    std::int64_t bound;
    bool delay = false;     ///< bounds a delay; otherwise it orders two events
    bool by_value = false;  ///< `bound` holds the value of a parameter; see `outcomes`
    bool strict = false;    ///< means `<`: `bound` is one nanosecond less
  };
  /// All that the run has required of its points; with what is pending not before the present.
  [[nodiscard]] std::vector<Difference> differences() const;
  [[nodiscard]] std::size_t point_count() const { return points_.size(); }

  struct Variable {
    enum class Kind : std::uint8_t { parameter, draw, point } kind = Kind::parameter;
    std::uint32_t uses = 0;
    std::int64_t low = 0;
    std::int64_t high = 0;
    std::int64_t value = 0;   ///< concrete runs
    PointId point = 0;        ///< kind point: which; otherwise the point it delays, if `uses` is 1
    PointId base = 0;         ///< ... counted from this point
    std::int64_t offset = 0;  ///< ... and this constant
    Meaning meaning;          ///< kind draw
  };
  [[nodiscard]] const std::vector<Variable>& variables() const { return variables_; }
  /// While the decider is asked about a comparison: whether this, as a form, is negative.
  [[nodiscard]] Condition compared() const;
  /// `t_point = form + constant`, for points whose time depends on a drawn delay or a parameter
  /// (one with a single value, too).
  struct Definition {
    PointId point;
    std::vector<Term> terms;
    std::int64_t constant;
  };
  [[nodiscard]] std::vector<Definition> definitions() const;
  /// Comparisons that the zone could not express.
  [[nodiscard]] const std::vector<Condition>& conditions() const { return conditions_; }
  /// How all other comparisons came out, those included that the parameters' values left no choice:
  /// together with `conditions`, `definitions` and the differences that are not `by_value`, what
  /// keeps the run on its path when parameters take other values than in this search.
  [[nodiscard]] std::vector<Condition> outcomes() const;

  // --- TimeAlgebra ------------------------------------------------------------------------------
  FormId add_forms(FormId left, FormId right, int sign) override;
  FormId scale_form(FormId form, std::int64_t factor) override;
  bool decide_negative(FormId form, std::int64_t constant_ns) override;
  std::int64_t pin(FormId form, std::int64_t constant_ns, std::source_location where) override;

 private:
  struct PointRecord {
    Zone::Point zone = 0;
    bool live = false;     ///< has a row in the zone
    bool pending = false;  ///< has not happened
    bool taken = false;    ///< the program holds its instant
    FormId form = 0;       ///< its instant, once asked for
  };
  struct FormSpan {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
  };
  /// A form sorted into what a zone can use.
  struct Split {
    std::int64_t constant = 0;  ///< with the fixed variables' values
    std::int64_t low = 0;       ///< sum of the ranged variables' lower ends
    std::int64_t high = 0;
    boost::container::small_vector<Term, 4> points;
    boost::container::small_vector<Term, 4> ranged;
  };
  /// `to - from + constant`, if a split has that shape; a missing point is the start of the run.
  struct PointPair {
    bool exact = true;
    PointId to = 0;
    PointId from = 0;
  };

  [[nodiscard]] std::span<const Term> terms(FormId form) const {
    return std::span(terms_).subspan(forms_[form].first, forms_[form].count);
  }
  FormId make_form(std::span<const Term> terms);
  FormId single(VariableId variable);
  [[nodiscard]] bool has_parameter(FormId form) const;
  [[nodiscard]] bool has_delay(FormId form) const;
  Split split(FormId form, std::int64_t constant) const;
  void use(std::span<const Term> ranged);
  [[nodiscard]] PointPair pair_of(const Split& parts) const;
  void require(PointId from, PointId to, std::int64_t bound, bool by_value = false,
               bool strict = false);
  bool note_outcome(FormId form, std::int64_t constant, bool negative);
  Instant current_instant();
  [[nodiscard]] std::int64_t lowest(const Split& parts) const;
  [[nodiscard]] std::int64_t highest(const Split& parts) const;
  PointId add_point(PointId base, std::int64_t low, std::int64_t high, bool by_value = false);

  TimeMode mode_ = TimeMode::concrete;
  Decider* decider_ = nullptr;
  trace::Trace* trace_ = nullptr;
  bool local_time_ = false;
  std::int64_t now_ns_ = 0;
  std::vector<Variable> variables_;
  std::vector<Term> terms_;
  std::vector<FormSpan> forms_;
  Zone zone_;
  std::vector<PointRecord> points_;
  std::vector<Difference> differences_;
  struct DefinitionRecord {
    PointId point;
    FormId form;
    std::int64_t constant;
  };
  std::vector<DefinitionRecord> definitions_;
  std::vector<Condition> conditions_;
  struct OutcomeRecord {
    FormId form;
    std::int64_t constant;
    bool negative;
  };
  std::vector<OutcomeRecord> outcomes_;
  PointId current_ = 0;
  Reach created_reach_;
  bool tie_only_ = false;
  bool relaxed_ = false;
  std::vector<Cut> cuts_;
  std::uint32_t comparisons_ = 0;
  detail::Affine compared_;  ///< of the last comparison that was asked about
};

}  // namespace raceproof::sim
