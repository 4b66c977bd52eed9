#include "harness/campaign/fakes_used.hpp"

#include "harness/scenario/processes.hpp"

namespace raceproof::campaign {

namespace {

/// Takes the first line off `text`.
std::string_view next_line(std::string_view& text) {
  const auto end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return line;
}

/// Adds the names of "A, B, C," to `names`.
void add_names(std::string_view list, std::vector<std::string>& names) {
  while (!list.empty()) {
    const auto end = list.find(',');
    std::string_view name = list.substr(0, end);
    list = end == std::string_view::npos ? std::string_view() : list.substr(end + 1);
    name.remove_prefix(std::min(name.find_first_not_of(' '), name.size()));
    if (!name.empty()) names.emplace_back(name);
  }
}

}  // namespace

Verified read_verified(std::string_view note) {
  Verified verified;
  std::vector<std::string>* list = nullptr;  // whose lines follow, indented
  while (!note.empty()) {
    const std::string_view line = next_line(note);
    if (list != nullptr && line.starts_with(' ')) {
      add_names(line, *list);
      continue;
    }
    list = nullptr;
    const auto colon = line.find(": ");
    if (line.starts_with('#') || colon == std::string_view::npos) continue;
    const auto key = line.substr(0, colon);
    const auto value = line.substr(colon + 2);
    if (key == "server") {
      verified.server = value;
    } else if (key == "date") {
      verified.date = value;
    } else if (key == "compared") {
      list = &verified.compared;
    } else if (key == "errors") {
      list = &verified.errors;
    } else {
      verified.scope += verified.scope.empty() ? "" : ", ";
      verified.scope.append(value).append(" ").append(key);
    }
  }
  return verified;
}

std::vector<FakeUsed> fakes_used(const scenario::ResolvedVariant& variant) {
  std::vector<FakeUsed> fakes;
  const auto add = [&](std::string name, std::string level) {
    const Verified verified = read_verified(verified_note(name));
    fakes.push_back(
        {std::move(name), std::move(level), verified.server, verified.date, verified.scope});
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
