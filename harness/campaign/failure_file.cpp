#include "harness/campaign/failure_file.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace raceproof::campaign {

namespace {

using Json = nlohmann::ordered_json;
using explore::Decision;

constexpr std::array<sim::ChoiceKind, 5> choice_kinds = {
    sim::ChoiceKind::next_event, sim::ChoiceKind::comparison, sim::ChoiceKind::timer_queued,
    sim::ChoiceKind::thread_step, sim::ChoiceKind::thread_start};

using Kind = std::pair<Decision::Kind, sim::ChoiceKind>;

bool answers_itself(const Decision& decision) {
  return decision.kind == Decision::Kind::choice &&
         (decision.choice == sim::ChoiceKind::comparison ||
          decision.choice == sim::ChoiceKind::timer_queued);
}

std::string to_string(Decision::Kind kind, sim::ChoiceKind choice) {
  return kind == Decision::Kind::delay ? "delay" : std::string(sim::name_of(choice));
}

Kind kind_from(const std::string& text) {
  if (text == "delay") return {Decision::Kind::delay, sim::ChoiceKind::next_event};
  for (const auto choice : choice_kinds) {
    if (sim::name_of(choice) == text) return {Decision::Kind::choice, choice};
  }
  throw std::runtime_error(fmt::format("unknown kind of decision '{}'", text.substr(0, 40)));
}

/// A number that fits; nlohmann's own conversion would cut it off without a word.
template <class Number>
Number number_from(const Json& json, const char* what) {
  if (json.is_number_unsigned()) {
    const auto value = json.get<std::uint64_t>();
    if (std::in_range<Number>(value)) return static_cast<Number>(value);
  } else if (json.is_number_integer()) {
    const auto value = json.get<std::int64_t>();
    if (std::in_range<Number>(value)) return static_cast<Number>(value);
  }
  throw std::runtime_error(fmt::format("{} is not an integer from {} to {}", what,
                                       std::numeric_limits<Number>::min(),
                                       std::numeric_limits<Number>::max()));
}

template <class Number>
Number number_at(const Json& json, const char* key) {
  return number_from<Number>(json.at(key), fmt::format("\"{}\"", key).c_str());
}

std::string text_at(const Json& json, const char* key) {
  const Json& value = json.at(key);
  if (!value.is_string()) throw std::runtime_error(fmt::format("\"{}\" is not a text", key));
  return value.get<std::string>();
}

bool flag_at(const Json& json, const char* key) {
  const Json& value = json.at(key);
  if (!value.is_boolean()) {
    throw std::runtime_error(fmt::format("\"{}\" is neither true nor false", key));
  }
  return value.get<bool>();
}

const Json& array_at(const Json& json, const char* key) {
  const Json& value = json.at(key);
  if (!value.is_array()) throw std::runtime_error(fmt::format("\"{}\" is not an array", key));
  return value;
}

std::uint64_t hash_at(const Json& json, const char* key) {
  const auto text = text_at(json, key);
  std::uint64_t hash = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), hash, 16);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw std::runtime_error(fmt::format("\"{}\" is not a hexadecimal number", key));
  }
  return hash;
}

// --- version 2 ----------------------------------------------------------------------------------

Json to_json(const Decision::Name& name) { return {name.strand, name.label, name.ordinal}; }

Decision::Name name_from(const Json& json, const std::string& what) {
  if (!json.is_array() || json.size() != 3 || !json[0].is_string() || !json[1].is_string()) {
    throw std::runtime_error(fmt::format("\"{}\" is not [strand, label, ordinal]", what));
  }
  return {json[0].get<std::string>(), json[1].get<std::string>(),
          number_from<std::uint32_t>(json[2], "an ordinal")};
}

Json to_json(const Decision& decision) {
  Json json;
  json[to_string(decision.kind, decision.choice)] =
      to_json({decision.strand, decision.label, decision.ordinal});
  if (decision.kind == Decision::Kind::choice) json["instead_of"] = to_json(decision.instead_of);
  if (decision.kind == Decision::Kind::delay || answers_itself(decision)) {
    json["value"] = decision.value;
  }
  if (decision.twin > 0) json["twin"] = decision.twin;
  json["at"] = decision.at_ns;
  return json;
}

Decision decision_from(const Json& json) {
  if (!json.is_object() || json.empty()) throw std::runtime_error("it is not an object");
  const auto& key = json.begin().key();
  Decision decision;
  std::tie(decision.kind, decision.choice) = kind_from(key);
  auto [strand, label, ordinal] = name_from(json.begin().value(), key);
  decision.strand = std::move(strand);
  decision.label = std::move(label);
  decision.ordinal = ordinal;
  decision.at_ns = number_at<std::int64_t>(json, "at");
  if (decision.kind == Decision::Kind::choice) {
    decision.instead_of = name_from(json.at("instead_of"), "instead_of");
    if (json.contains("twin")) decision.twin = number_at<std::uint32_t>(json, "twin");
  }
  if (decision.kind == Decision::Kind::delay || answers_itself(decision)) {
    decision.value = number_at<std::int64_t>(json, "value");
  }
  return decision;
}

/// A line for each strand: its name, and how often each label was drawn.
Json to_json(const std::vector<explore::Asked>& asked) {
  Json lines = Json::array();
  for (const auto& entry : asked) {
    auto line = std::find_if(lines.begin(), lines.end(),
                             [&](const Json& known) { return known[0] == entry.strand; });
    if (line == lines.end()) {
      lines.push_back(Json::array({entry.strand, Json::object()}));
      line = std::prev(lines.end());
    }
    (*line)[1][entry.label] = entry.draws;
  }
  return lines;
}

void read_asked(const Json& line, std::vector<explore::Asked>& asked) {
  if (!line.is_array() || line.size() != 2 || !line[0].is_string() || !line[1].is_object()) {
    throw std::runtime_error("it is not [strand, {label: draws, ...}]");
  }
  for (const auto& [label, draws] : line[1].items()) {
    asked.push_back({line[0].get<std::string>(), label,
                     number_from<std::uint32_t>(draws, "a number of draws")});
  }
}

// --- version 1 ----------------------------------------------------------------------------------

Decision::Name name_from_1(const Json& json) {
  return {text_at(json, "strand"), text_at(json, "label"),
          number_at<std::uint32_t>(json, "ordinal")};
}

Decision decision_from_1(const Json& json) {
  Decision decision;
  std::tie(decision.kind, decision.choice) = kind_from(text_at(json, "kind"));
  auto [strand, label, ordinal] = name_from_1(json);
  decision.strand = std::move(strand);
  decision.label = std::move(label);
  decision.ordinal = ordinal;
  decision.value = number_at<std::int64_t>(json, "value");
  if (decision.kind == Decision::Kind::choice) {
    decision.instead_of = name_from_1(json.at("instead_of"));
  }
  return decision;
}

// --- the whole ----------------------------------------------------------------------------------

void require_answer(const Decision& decision) {
  if (!answers_itself(decision) || decision.value == 0 || decision.value == 1) return;
  throw std::runtime_error(fmt::format("the value of a {} is 0 or 1, not {}",
                                       sim::name_of(decision.choice), decision.value));
}

/// Reads each entry of an array; an entry that is wrong is named by its number.
template <class Read>
void read_each(const Json& json, const char* key, Read&& read) {
  std::size_t number = 0;
  for (const Json& entry : array_at(json, key)) {
    ++number;
    try {
      read(entry);
    } catch (const std::exception& error) {
      throw std::runtime_error(fmt::format("entry {} of \"{}\": {}", number, key, error.what()));
    }
  }
}

/// Lines before the first entry of the scenario: empty, or comments.
std::size_t lines_before(const std::vector<std::string>& lines) {
  std::size_t count = 0;
  while (count < lines.size() && (lines[count].empty() || lines[count][0] == '#')) ++count;
  return count == lines.size() ? 0 : count;
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
  json["fragment"] = failure.fragment;
  json["digest"] = fmt::format("{:016x}", failure.digest);
  json["order"] = fmt::format("{:016x}", failure.order);
  json["decisions"] = Json::array();
  for (const auto& decision : failure.decisions) json["decisions"].push_back(to_json(decision));
  json["asked"] = to_json(failure.asked);
  auto lines = lines_of(failure.scenario_text);
  const std::size_t before = lines_before(lines);
  lines.erase(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(before));
  json["first_line"] = before + 1;
  json["text"] = lines;
  return print(json);
}

namespace {

SavedFailure failure_from(const Json& json) {
  if (!json.is_object() || !json.contains("format") || json["format"] != "raceproof-failure") {
    throw std::runtime_error("not a saved failure (\"format\" is not \"raceproof-failure\")");
  }
  const auto version = number_at<int>(json, "version");
  if (version < 1 || version > failure_format_version) {
    throw std::runtime_error(fmt::format("format version {}; this program reads 1 to {}", version,
                                         failure_format_version));
  }
  SavedFailure failure;
  failure.scenario = text_at(json, "scenario");
  failure.scenario_file = text_at(json, "file");
  failure.variant = text_at(json, "variant");
  failure.check = text_at(json, "check");
  failure.cause = text_at(json, "cause");
  failure.seed = number_at<std::uint64_t>(json, "seed");
  failure.tie_only = flag_at(json, "tie_only");
  failure.digest = hash_at(json, "digest");
  std::size_t first_line = 1;
  if (version >= 2) {
    failure.fragment = flag_at(json, "fragment");
    failure.order = hash_at(json, "order");
    first_line = number_at<std::uint16_t>(json, "first_line");
    read_each(json, "asked", [&](const Json& entry) { read_asked(entry, failure.asked); });
  }
  read_each(json, "decisions", [&](const Json& entry) {
    failure.decisions.push_back(version == 1 ? decision_from_1(entry) : decision_from(entry));
    require_answer(failure.decisions.back());
  });
  // The line numbers in messages about the scenario are those of its file.
  if (first_line > 1) failure.scenario_text.assign(first_line - 1, '\n');
  read_each(json, "text", [&](const Json& entry) {
    if (!entry.is_string()) throw std::runtime_error("it is not a text");
    failure.scenario_text += entry.get<std::string>();
    failure.scenario_text += '\n';
  });
  return failure;
}

}  // namespace

SavedFailure read_failure(const std::string& text, const std::string& file) {
  try {
    return failure_from(Json::parse(text));
  } catch (const std::exception& error) {
    std::string what = error.what();
    if (what.size() > 300) what = what.substr(0, 300) + " ...";
    throw std::runtime_error(fmt::format("{}: cannot be read as a saved failure: {}", file, what));
  }
}

}  // namespace raceproof::campaign
