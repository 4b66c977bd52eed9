#include "harness/explore/integer_set.hpp"

#include <isl/aff.h>
#include <isl/constraint.h>
#include <isl/ctx.h>
#include <isl/ilp.h>
#include <isl/local_space.h>
#include <isl/options.h>
#include <isl/point.h>
#include <isl/set.h>
#include <isl/space.h>
#include <isl/val.h>
#include <stdexcept>
#include <string>

namespace raceproof::explore {

namespace {

/// Elementary operations that one call may take: more than any class of a scenario has needed, and
/// an end in sight.
constexpr unsigned long work_max = 2'000'000'000UL;

/// The isl context of one thread.
class Context {
 public:
  Context() : ctx_(isl_ctx_alloc()) {
    isl_options_set_on_error(ctx_, ISL_ON_ERROR_CONTINUE);
    isl_ctx_set_max_operations(ctx_, work_max);
  }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() { isl_ctx_free(ctx_); }
  [[nodiscard]] isl_ctx* get() const { return ctx_; }

 private:
  isl_ctx* ctx_;
};

isl_ctx* context() {
  static thread_local Context of_this_thread;
  isl_ctx_reset_operations(of_this_thread.get());
  return of_this_thread.get();
}

[[noreturn]] void give_up() {
  const char* message = isl_ctx_last_error_msg(context());
  std::string text = message == nullptr ? "too much work" : message;
  isl_ctx_reset_error(context());
  throw std::runtime_error("exact region: " + text);
}

template <class T>
T* checked(T* object) {
  if (object == nullptr) give_up();
  return object;
}

bool checked(isl_bool answer) {
  if (answer == isl_bool_error) give_up();
  return answer == isl_bool_true;
}

/// Takes the value.
std::int64_t number_of(isl_val* value) {
  checked(value);
  const bool whole = checked(isl_val_is_int(value));
  // Reads 0 where the value is too large, hence the look back.
  const std::int64_t number = whole ? isl_val_get_num_si(value) : 0;
  isl_val* back = isl_val_int_from_si(isl_val_get_ctx(value), number);
  const bool same = checked(isl_val_eq(back, value));
  isl_val_free(back);
  isl_val_free(value);
  if (same) return number;
  isl_ctx_reset_error(context());
  if (!whole) throw std::runtime_error("exact region: an end is missing");
  throw std::overflow_error("exact region: a number does not fit into 64 bits");
}

isl_constraint* constraint_of(isl_local_space* space, const Inequality& condition) {
  isl_constraint* made = condition.equality ? isl_constraint_alloc_equality(space)
                                            : isl_constraint_alloc_inequality(space);
  made = isl_constraint_set_constant_val(
      made, isl_val_int_from_si(isl_constraint_get_ctx(made), condition.constant));
  for (std::size_t i = 0; i < condition.factors.size(); ++i) {
    if (condition.factors[i] == 0) continue;
    made = isl_constraint_set_coefficient_val(
        made, isl_dim_set, static_cast<int>(i),
        isl_val_int_from_si(isl_constraint_get_ctx(made), condition.factors[i]));
  }
  return made;
}

struct Collected {
  std::vector<IntegerSet::Piece>* pieces;
  std::vector<Inequality>* conditions;
  std::size_t dimension;
};

/// Takes the constraint. No exception may pass through isl, so that trouble is kept for later.
isl_stat collect_constraint(isl_constraint* constraint, void* user) {
  auto& collected = *static_cast<Collected*>(user);
  isl_stat status = isl_stat_ok;
  try {
    Inequality out;
    out.equality = isl_constraint_is_equality(constraint) == isl_bool_true;
    out.constant = number_of(isl_constraint_get_constant_val(constraint));
    for (std::size_t i = 0; i < collected.dimension; ++i) {
      out.factors.push_back(number_of(
          isl_constraint_get_coefficient_val(constraint, isl_dim_set, static_cast<int>(i))));
    }
    collected.conditions->push_back(std::move(out));
  } catch (const std::exception&) {
    status = isl_stat_error;
  }
  isl_constraint_free(constraint);
  return status;
}

/// Takes the basic set.
isl_stat collect_piece(isl_basic_set* piece, void* user) {
  auto& collected = *static_cast<Collected*>(user);
  IntegerSet::Piece out;
  out.exact = isl_basic_set_dim(piece, isl_dim_div) == 0;
  if (!out.exact) piece = isl_basic_set_remove_divs(piece);
  piece = isl_basic_set_remove_redundancies(piece);
  Collected inner{nullptr, &out.conditions, collected.dimension};
  const isl_stat status = piece == nullptr
                              ? isl_stat_error
                              : isl_basic_set_foreach_constraint(piece, collect_constraint, &inner);
  isl_basic_set_free(piece);
  collected.pieces->push_back(std::move(out));
  return status;
}

}  // namespace

void IntegerSet::Free::operator()(isl_set* set) const { isl_set_free(set); }

IntegerSet::IntegerSet(isl_set* set) : set_(checked(set)) {}

isl_set* IntegerSet::copy() const {
  (void)context();  // a new allowance of work
  return isl_set_copy(set_.get());
}

IntegerSet::IntegerSet(std::size_t dimension, std::span<const Inequality> conditions) {
  isl_space* space = isl_space_set_alloc(context(), 0, static_cast<unsigned>(dimension));
  isl_local_space* local = isl_local_space_from_space(isl_space_copy(space));
  isl_basic_set* set = isl_basic_set_universe(space);
  for (const Inequality& condition : conditions) {
    set = isl_basic_set_add_constraint(set, constraint_of(isl_local_space_copy(local), condition));
  }
  isl_local_space_free(local);
  set_.reset(checked(isl_set_from_basic_set(set)));
}

IntegerSet IntegerSet::empty(std::size_t dimension) {
  return IntegerSet(
      isl_set_empty(isl_space_set_alloc(context(), 0, static_cast<unsigned>(dimension))));
}

IntegerSet::IntegerSet(const IntegerSet& other) : set_(other.copy()) {}
IntegerSet& IntegerSet::operator=(IntegerSet other) noexcept {
  set_.swap(other.set_);
  return *this;
}
IntegerSet::~IntegerSet() = default;

std::size_t IntegerSet::dimension() const {
  return static_cast<std::size_t>(isl_set_dim(set_.get(), isl_dim_set));
}

bool IntegerSet::is_empty() const {
  (void)context();
  return checked(isl_set_is_empty(set_.get()));
}

bool IntegerSet::contains(std::span<const std::int64_t> point) const {
  std::vector<Inequality> fixed(point.size());
  for (std::size_t i = 0; i < point.size(); ++i) {
    fixed[i].factors.assign(point.size(), 0);
    fixed[i].factors[i] = 1;
    fixed[i].constant = -point[i];
    fixed[i].equality = true;
  }
  return !common(IntegerSet(point.size(), fixed)).is_empty();
}

bool IntegerSet::is_subset_of(const IntegerSet& other) const {
  (void)context();
  return checked(isl_set_is_subset(set_.get(), other.set_.get()));
}

bool IntegerSet::operator==(const IntegerSet& other) const {
  (void)context();
  return checked(isl_set_is_equal(set_.get(), other.set_.get()));
}

IntegerSet IntegerSet::united(const IntegerSet& other) const {
  return IntegerSet(isl_set_union(copy(), other.copy()));
}

IntegerSet IntegerSet::common(const IntegerSet& other) const {
  return IntegerSet(isl_set_intersect(copy(), other.copy()));
}

IntegerSet IntegerSet::without(const IntegerSet& other) const {
  return IntegerSet(isl_set_subtract(copy(), other.copy()));
}

IntegerSet IntegerSet::projected_out(std::size_t first, std::size_t count) const {
  return IntegerSet(isl_set_project_out(copy(), isl_dim_set, static_cast<unsigned>(first),
                                        static_cast<unsigned>(count)));
}

IntegerSet IntegerSet::moved(std::size_t coordinate, std::int64_t by) const {
  const int position = static_cast<int>(coordinate);
  isl_multi_aff* back = isl_multi_aff_identity_on_domain_space(isl_set_get_space(set_.get()));
  isl_aff* shifted = isl_multi_aff_get_aff(back, position);
  shifted = isl_aff_add_constant_val(shifted, isl_val_int_from_si(context(), -by));
  back = isl_multi_aff_set_aff(back, position, shifted);
  return IntegerSet(isl_set_preimage_multi_aff(copy(), back));
}

IntegerSet IntegerSet::beside() const {
  IntegerSet points = empty(dimension());
  for (std::size_t i = 0; i < dimension(); ++i) {
    points = points.united(moved(i, 1)).united(moved(i, -1));
  }
  return points;
}

IntegerSet IntegerSet::coalesced() const { return IntegerSet(isl_set_coalesce(copy())); }

std::optional<std::vector<std::int64_t>> IntegerSet::sample() const {
  struct FreePoint {
    void operator()(isl_point* point) const { isl_point_free(point); }
  };
  const std::unique_ptr<isl_point, FreePoint> held(checked(isl_set_sample_point(copy())));
  isl_point* point = held.get();
  if (checked(isl_point_is_void(point))) return std::nullopt;
  std::vector<std::int64_t> values;
  for (std::size_t i = 0; i < dimension(); ++i) {
    values.push_back(
        number_of(isl_point_get_coordinate_val(point, isl_dim_set, static_cast<int>(i))));
  }
  return values;
}

std::optional<IntegerSet::Bounds> IntegerSet::bounds(std::size_t coordinate) const {
  if (is_empty()) return std::nullopt;
  const int position = static_cast<int>(coordinate);
  const std::int64_t least = number_of(isl_set_dim_min_val(copy(), position));
  return Bounds{least, number_of(isl_set_dim_max_val(copy(), position))};
}

std::vector<IntegerSet::Piece> IntegerSet::pieces(const IntegerSet& within) const {
  isl_set* plain = checked(isl_set_gist(isl_set_compute_divs(copy()), within.copy()));
  std::vector<Piece> found;
  Collected collected{&found, nullptr, dimension()};
  const isl_stat status = isl_set_foreach_basic_set(plain, collect_piece, &collected);
  isl_set_free(plain);
  if (status != isl_stat_ok) give_up();
  return found;
}

}  // namespace raceproof::explore
