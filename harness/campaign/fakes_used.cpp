#include "harness/campaign/fakes_used.hpp"

#include "harness/scenario/processes.hpp"

namespace raceproof::campaign {

void read_verified(std::string_view note, FakeUsed& fake) {
  while (!note.empty()) {
    const auto end = note.find('\n');
    const std::string_view line = note.substr(0, end);
    note = end == std::string_view::npos ? std::string_view() : note.substr(end + 1);
    const auto colon = line.find(": ");
    if (line.starts_with('#') || colon == std::string_view::npos) continue;
    const auto key = line.substr(0, colon);
    const std::string value(line.substr(colon + 2));
    if (key == "server") {
      fake.server = value;
    } else if (key == "date") {
      fake.when = value;
    } else {
      fake.scope += (fake.scope.empty() ? "" : ", ") + value + ' ' + std::string(key);
    }
  }
}

std::vector<FakeUsed> fakes_used(const scenario::ResolvedVariant& variant) {
  std::vector<FakeUsed> fakes;
  const auto add = [&](std::string name, std::string level) {
    FakeUsed& fake = fakes.emplace_back(FakeUsed{std::move(name), std::move(level), {}, {}, {}});
    read_verified(verified_note(fake.name), fake);
  };
  add("redis", "protocol");
  if (variant.backends.database) add("database", "port");
  // Services of our own making: nothing real stands behind them.
  if (variant.backends.auth) add("auth", "protocol");
  if (variant.backends.agent) add("agent", "protocol");
  if (scenario::is_balanced(variant)) add("balancer", "protocol");
  return fakes;
}

}  // namespace raceproof::campaign
