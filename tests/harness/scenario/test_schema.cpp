// The JSON Schema of scenario files. Passing means: the committed file is what the descriptions say
// today, every scenario of the library satisfies it, and typical mistakes do not.
#include <fstream>
#include <iterator>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>
#include <yaml-cpp/yaml.h>

#include "harness/scenario/library.hpp"
#include "harness/scenario/schema.hpp"
#include "tests/harness/scenario/texts.hpp"

namespace raceproof::scenario {
namespace {

/// The document with the types that YAML's core schema gives plain scalars (valijson's own adapter
/// for yaml-cpp does not compile with this version of it).
nlohmann::json to_json(const YAML::Node& node) {
  if (node.IsSequence()) {
    auto list = nlohmann::json::array();
    for (const auto& item : node) list.push_back(to_json(item));
    return list;
  }
  if (node.IsMap()) {
    auto map = nlohmann::json::object();
    for (const auto& entry : node) map[entry.first.as<std::string>()] = to_json(entry.second);
    return map;
  }
  if (node.IsNull()) return nullptr;
  const std::string text = node.Scalar();
  if (node.Tag() == "!") return text;  // In quotes.
  if (text == "true" || text == "false") return text == "true";
  const auto number = nlohmann::json::parse(text, nullptr, false);
  return number.is_number() ? number : nlohmann::json(text);
}

class SchemaCheck {
 public:
  SchemaCheck() : json_(nlohmann::json::parse(schema_text())) {
    valijson::SchemaParser parser;
    parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(json_), schema_);
  }

  /// What is wrong with the document; empty if nothing.
  std::string complaint(const std::string& text) const {
    const nlohmann::json document = to_json(YAML::Load(text));
    valijson::Validator validator;
    valijson::ValidationResults results;
    const valijson::adapters::NlohmannJsonAdapter target(document);
    if (validator.validate(schema_, target, &results)) return {};
    std::string all;
    valijson::ValidationResults::Error error;
    while (results.popError(error)) {
      for (const std::string& part : error.context) all += part;
      all += ": " + error.description + '\n';
    }
    return all.empty() ? "invalid" : all;
  }

 private:
  nlohmann::json json_;
  valijson::Schema schema_;
};

std::string text_of(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(ScenarioSchema, CommittedFileIsCurrent) {
  EXPECT_TRUE(text_of("scenarios/scenario.schema.json") == schema_text())
      << "scenarios/scenario.schema.json is out of date: build the target update_scenario_schema";
}

TEST(ScenarioSchema, EveryScenarioValidates) {
  const SchemaCheck schema;
  std::vector<Diagnostic> diagnostics;
  for (const auto& path : discover({"scenarios"}, diagnostics)) {
    EXPECT_EQ(schema.complaint(text_of(path)), "") << path;
  }
}

TEST(ScenarioSchema, MistakesDoNotValidate) {
  const SchemaCheck schema;
  EXPECT_EQ(schema.complaint(head + checks), "");
  for (const char* mistake :
       {"gatway: {}", "gateway: {grace_period: 500}", "gateway: {readiness: {redis: connectd}}",
        "gateway: {threads: 65}", "parameters: {p: fast}", "clients: {a: [{wiat: 1s}]}",
        "clients: {a: [{wait: 1s, close: 1000}]}", "variants: {v: {gateway.threads: 1}}",
        "variants: {v: {gatway.threads: 1, expect: holds}}", "check: [{nevr: {close: 1011}}]",
        "check: [{never: {clos: 1011}}]", "explore: {search: full}"}) {
    const std::string rest = std::string(mistake).starts_with("check") ? "" : checks;
    EXPECT_NE(schema.complaint(head + rest + mistake + "\n"), "") << mistake;
  }
}

}  // namespace
}  // namespace raceproof::scenario
