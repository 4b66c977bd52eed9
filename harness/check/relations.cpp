#include "harness/check/relations.hpp"

#include <algorithm>
#include <variant>

namespace raceproof::check {

namespace {

/// The observation that a pattern's events are; empty for a pattern of states.
std::string observation_of(const Pattern& pattern) {
  switch (pattern.kind) {
    case Pattern::Kind::close:
      return "client_close";
    case Pattern::Kind::http:
      return "client_http";
    case Pattern::Kind::frame:
      return "client_frame";
    case Pattern::Kind::observe:
      return pattern.name;
    case Pattern::Kind::state:
    case Pattern::Kind::invariant:
      break;
  }
  return {};
}

void add_facts(const StateExpression& expression, Relation& relation) {
  if (expression.kind == StateExpression::Kind::fact) {
    relation.facts.emplace_back(expression.subject, expression.property);
  }
  for (const StateExpression& operand : expression.operands) add_facts(operand, relation);
}

void add_pattern(const Pattern& pattern, Relation& relation) {
  const auto name = observation_of(pattern);
  if (!name.empty()) relation.events.push_back(name);
  if (pattern.during) add_facts(*pattern.during, relation);
}

bool is_of_a_client(const Pattern& pattern) {
  return observation_of(pattern).starts_with("client_") && !pattern.during;
}

std::string_view text_field(const Observation& observation, std::string_view key) {
  for (const Field& field : observation.fields) {
    if (field.key != key) continue;
    const auto* text = std::get_if<std::string_view>(&field.value);
    return text == nullptr ? std::string_view() : *text;
  }
  return {};
}

/// FNV-1a.
std::uint64_t hashed(std::uint64_t hash, std::string_view text) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return (hash ^ 0x100) * 0x100000001b3ULL;  // "a", "b" is not "ab"
}

std::uint64_t hashed(std::uint64_t hash, const Observation& observation, std::string_view key) {
  for (const Field& field : observation.fields) {
    if (field.key != key) continue;
    if (const auto* text = std::get_if<std::string_view>(&field.value)) return hashed(hash, *text);
    if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
      return hashed(hash, std::to_string(*number));
    }
  }
  return hash;
}

}  // namespace

std::vector<Relation> relations(const std::vector<Check>& checks) {
  std::vector<Relation> all;
  for (std::size_t i = 0; i < checks.size(); ++i) {
    const Check& check = checks[i];
    Relation relation;
    relation.check = i;
    if (check.pattern.kind == Pattern::Kind::invariant) {
      for (InvariantRelation& keyed : related_by(check.pattern.invariant)) {
        relation.keyed = std::move(keyed);
        all.push_back(relation);
      }
      continue;
    }
    if (check.kind == Check::Kind::leads_to) {
      if (is_of_a_client(check.pattern) && is_of_a_client(check.to)) continue;
      add_pattern(check.pattern, relation);
      add_pattern(check.to, relation);
      relation.events_write = true;
    } else if (check.kind == Check::Kind::eventually && check.within) {
      add_pattern(check.pattern, relation);
      relation.events_write = true;
    } else if (check.pattern.during) {
      add_pattern(check.pattern, relation);
    } else {
      continue;
    }
    const bool one_fact_alone = relation.events.empty() && relation.facts.size() < 2;
    if (!one_fact_alone) all.push_back(std::move(relation));
  }
  return all;
}

bool is_about(const Relation& relation, std::string_view name) {
  return (name == "state" && !relation.facts.empty()) ||
         std::ranges::find(relation.keyed.keys, name, &InvariantKey::name) !=
             relation.keyed.keys.end() ||
         std::ranges::find(relation.events, name) != relation.events.end();
}

std::optional<Part> part_in(const Relation& relation, const Observation& observation,
                            std::string_view process) {
  for (const InvariantKey& key : relation.keyed.keys) {
    if (observation.name != key.name) continue;
    std::uint64_t thing =
        hashed(0xcbf29ce484222325ULL, relation.keyed.across_processes ? "" : process);
    for (const std::string_view field : key.fields) thing = hashed(thing, observation, field);
    return Part{true, thing};
  }
  if (observation.name == "state" && !relation.facts.empty()) {
    const auto subject = text_field(observation, "subject");
    const auto property = text_field(observation, "property");
    const bool known = std::ranges::any_of(relation.facts, [&](const auto& fact) {
      return fact.first == subject && fact.second == property;
    });
    if (known) return Part{true, 0};
  }
  if (std::ranges::find(relation.events, observation.name) == relation.events.end()) {
    return std::nullopt;
  }
  return Part{relation.events_write, 0};
}

}  // namespace raceproof::check
