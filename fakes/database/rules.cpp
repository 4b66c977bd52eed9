// See rules.hpp.
#include "fakes/database/rules.hpp"

namespace raceproof::fakes::database {

bool is_constant_zero(Duration duration) {
  return duration.affine().constant_ns == 0 && duration.affine().form == 0;
}

bool is_constant_zero(const DelayRange& range) {
  return is_constant_zero(range.low) && is_constant_zero(range.high);
}

Rules::Rules(const Settings& settings) : connect_(settings.connect), reply_(settings.reply) {
  for (const auto& [kind, rule] : settings.on) rules_.emplace(kind, Counted{rule});
}

Plan Rules::plan(std::string_view kind) {
  Plan plan{kind == "connect" ? connect_ : reply_, nullptr};
  const auto it = rules_.find(kind);
  if (it != rules_.end()) {
    const auto& rule = it->second.rule;
    const auto before = it->second.met++;
    if (before >= rule.skip && (rule.times == 0 || before < rule.skip + rule.times)) {
      plan.rule = &rule;
      if (rule.delay) plan.delay = rule.delay;
    }
  }
  if (is_constant_zero(*plan.delay)) plan.delay.reset();
  return plan;
}

}  // namespace raceproof::fakes::database
