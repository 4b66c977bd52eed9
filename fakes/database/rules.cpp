// See rules.hpp.
#include "fakes/database/rules.hpp"

namespace raceproof::fakes::database {

Plan Rules::plan(std::string_view kind) {
  Plan plan{kind == "connect" ? settings_.connect : settings_.reply, nullptr};
  if (const auto* rule = settings_.on.find(kind)) {
    const auto before = met_[std::string(kind)]++;
    if (before >= rule->skip && (rule->times == 0 || before < rule->skip + rule->times)) {
      plan.rule = rule;
      if (rule->delay) plan.delay = rule->delay;
    }
  }
  if (is_constant_zero(*plan.delay)) plan.delay.reset();
  return plan;
}

}  // namespace raceproof::fakes::database
