// Version 1, one JSON object:
//   format     "raceproof-failure", version 1
//   scenario, file, variant, check, cause, seed, tie_only, digest (16 hexadecimal digits)
//   decisions  list of {kind: "delay" | "next_event" | "comparison" | "timer_queued" |
//   "thread_step", "thread_start",
//              strand, label, ordinal, value, instead_of}; value is nanoseconds or the answer;
//              instead_of {strand, label, ordinal}, of a choice: what the baseline would have
//              chosen
//   text       the scenario's lines
#include "harness/campaign/failure_file.hpp"

#include <array>
#include <charconv>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace raceproof::campaign {

namespace {

using Json = nlohmann::ordered_json;
using explore::Decision;

constexpr std::array<sim::ChoiceKind, 5> choice_kinds = {
    sim::ChoiceKind::next_event, sim::ChoiceKind::comparison, sim::ChoiceKind::timer_queued,
    sim::ChoiceKind::thread_step, sim::ChoiceKind::thread_start};

Json to_json(const Decision& decision) {
  const bool delay = decision.kind == Decision::Kind::delay;
  Json json = {{"kind", delay ? "delay" : std::string(sim::name_of(decision.choice))},
               {"strand", decision.strand},
               {"label", decision.label},
               {"ordinal", decision.ordinal},
               {"value", decision.value}};
  if (!delay) {
    json["instead_of"] = {{"strand", decision.instead_of.strand},
                          {"label", decision.instead_of.label},
                          {"ordinal", decision.instead_of.ordinal}};
  }
  return json;
}

Decision decision_from(const Json& json) {
  Decision decision;
  const auto kind = json.at("kind").get<std::string>();
  if (kind == "delay") {
    decision.kind = Decision::Kind::delay;
  } else {
    bool known = false;
    for (const auto choice : choice_kinds) {
      if (sim::name_of(choice) != kind) continue;
      decision.choice = choice;
      known = true;
    }
    if (!known) throw std::runtime_error(fmt::format("unknown kind of decision '{}'", kind));
  }
  decision.strand = json.at("strand").get<std::string>();
  decision.label = json.at("label").get<std::string>();
  decision.ordinal = json.at("ordinal").get<std::uint32_t>();
  decision.value = json.at("value").get<std::int64_t>();
  if (decision.kind == Decision::Kind::choice) {
    const Json& usual = json.at("instead_of");
    decision.instead_of = {usual.at("strand").get<std::string>(),
                           usual.at("label").get<std::string>(),
                           usual.at("ordinal").get<std::uint32_t>()};
  }
  const bool answer =
      decision.kind == Decision::Kind::choice && (decision.choice == sim::ChoiceKind::comparison ||
                                                  decision.choice == sim::ChoiceKind::timer_queued);
  if (answer && decision.value != 0 && decision.value != 1) {
    throw std::runtime_error(
        fmt::format("the value of a {} is 0 or 1, not {}", kind, decision.value));
  }
  return decision;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const auto end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

/// One decision a line, so that two failures can be compared with diff.
std::string print(const Json& json) {
  std::string text = "{\n";
  for (auto entry = json.begin(); entry != json.end(); ++entry) {
    text += fmt::format("  {}: ", Json(entry.key()).dump());
    if (entry->is_array() && !entry->empty()) {
      text += "[\n";
      for (std::size_t i = 0; i < entry->size(); ++i) {
        text += fmt::format("    {}{}\n", (*entry)[i].dump(), i + 1 < entry->size() ? "," : "");
      }
      text += "  ]";
    } else {
      text += entry->dump();
    }
    text += std::next(entry) == json.end() ? "\n" : ",\n";
  }
  return text + "}\n";
}

}  // namespace

std::string write_failure(const SavedFailure& failure) {
  Json json;
  json["format"] = "raceproof-failure";
  json["version"] = failure_format_version;
  json["scenario"] = failure.scenario;
  json["file"] = failure.scenario_file;
  json["variant"] = failure.variant;
  json["check"] = failure.check;
  json["cause"] = failure.cause;
  json["seed"] = failure.seed;
  json["tie_only"] = failure.tie_only;
  json["digest"] = fmt::format("{:016x}", failure.digest);
  json["decisions"] = Json::array();
  for (const auto& decision : failure.decisions) json["decisions"].push_back(to_json(decision));
  json["text"] = lines_of(failure.scenario_text);
  return print(json);
}

SavedFailure read_failure(const std::string& text, const std::string& file) {
  try {
    const Json json = Json::parse(text);
    if (json.at("format").get<std::string>() != "raceproof-failure") {
      throw std::runtime_error("not a saved failure (\"format\" is not \"raceproof-failure\")");
    }
    if (const int version = json.at("version").get<int>(); version != failure_format_version) {
      throw std::runtime_error(fmt::format("format version {}, this program reads version {}",
                                           version, failure_format_version));
    }
    SavedFailure failure;
    failure.scenario = json.at("scenario").get<std::string>();
    failure.scenario_file = json.at("file").get<std::string>();
    failure.variant = json.at("variant").get<std::string>();
    failure.check = json.at("check").get<std::string>();
    failure.cause = json.at("cause").get<std::string>();
    failure.seed = json.at("seed").get<std::uint64_t>();
    failure.tie_only = json.at("tie_only").get<bool>();
    const auto digest = json.at("digest").get<std::string>();
    const auto [end, error] =
        std::from_chars(digest.data(), digest.data() + digest.size(), failure.digest, 16);
    if (error != std::errc() || end != digest.data() + digest.size()) {
      throw std::runtime_error("\"digest\" is not a hexadecimal number");
    }
    for (const auto& decision : json.at("decisions")) {
      failure.decisions.push_back(decision_from(decision));
    }
    for (const auto& line : json.at("text")) {
      failure.scenario_text += line.get<std::string>();
      failure.scenario_text += '\n';
    }
    return failure;
  } catch (const std::exception& error) {
    throw std::runtime_error(
        fmt::format("{}: cannot be read as a saved failure: {}", file, error.what()));
  }
}

}  // namespace raceproof::campaign
