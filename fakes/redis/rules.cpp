// See rules.hpp.
#include "fakes/redis/rules.hpp"

#include <algorithm>

#include "fakes/redis/numbers.hpp"

namespace raceproof::fakes::redis {

bool is_constant_zero(Duration duration) {
  return duration.affine().constant_ns == 0 && duration.affine().form == 0;
}

bool is_constant_zero(const DelayRange& range) {
  return is_constant_zero(range.low) && is_constant_zero(range.high);
}

Rules::Rules(const Settings& settings) : reply_(settings.reply) {
  for (const auto& [name, rule] : settings.on) rules_.emplace(to_lower(name), Counted{rule});
}

Rules::Counted* Rules::find(std::string_view name) {
  if (rules_.empty()) return nullptr;
  const auto key = to_lower(name);
  auto it = rules_.find(key);  // "script load" before "script"
  if (it == rules_.end()) it = rules_.find(std::string_view(key).substr(0, key.find(' ')));
  return it == rules_.end() ? nullptr : &it->second;
}

Plan Rules::plan(std::string_view name) {
  Plan plan{reply_, nullptr};
  if (Counted* counted = find(name)) {
    const auto times = counted->rule.times;
    if (times == 0 || counted->applied < times) {
      ++counted->applied;
      plan.rule = &counted->rule;
      if (counted->rule.delay) plan.delay = counted->rule.delay;
    }
  }
  if (is_constant_zero(*plan.delay)) plan.delay.reset();
  return plan;
}

std::string request_name(Arguments arguments) {
  constexpr std::size_t size_max = 128;
  std::string name = to_upper(arguments[0].substr(0, size_max));
  const Command* command = find_command(arguments[0]);
  if (command != nullptr && !command->subcommands.empty() && arguments.size() > 1) {
    name += ' ' + to_upper(arguments[1].substr(0, size_max));
  }
  return name;
}

std::vector<std::string> rule_names() {
  std::vector<std::string> names;
  for (const Command* command : all_commands()) {
    names.emplace_back(command->name);
    for (const Command& subcommand : command->subcommands) {  // "script|load"
      std::string name(subcommand.name);
      std::ranges::replace(name, '|', ' ');
      names.push_back(std::move(name));
    }
  }
  return names;
}

}  // namespace raceproof::fakes::redis
