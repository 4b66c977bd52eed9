#include "harness/scenario/schema.hpp"

#include "harness/scenario/check_fields.hpp"
#include "harness/scenario/check_model.hpp"
#include "harness/scenario/client_reader.hpp"
#include "harness/scenario/document.hpp"
#include "harness/scenario/model.hpp"

namespace raceproof::scenario {
namespace {

template <class S>
Json of_struct(S settings) {
  return settings_object_schema([&](SettingsVisitor& visitor) { settings.describe(visitor); });
}

Json one_key_map(const std::string& key, Json value) {
  Json map{{"type", "object"}, {"additionalProperties", false}, {"required", {key}}};
  map["properties"][key] = std::move(value);
  return map;
}

/// What a bare value of a step is: the schema of the field that it stands for.
Json with_shorthand(Json fields, std::string_view shorthand) {
  Json null{{"type", "null"}};
  Json forms = Json::array({std::move(fields), std::move(null)});
  if (!shorthand.empty()) forms.push_back(forms[0]["properties"][std::string(shorthand)]);
  return {{"anyOf", std::move(forms)}};
}

Json step_schema() {
  Json forms = Json::array();
  Json bare = Json::array();
  for (const std::string_view key : fakes::client::step_keys()) {
    fakes::client::Step step = *fakes::client::make_step(key);
    Json fields = settings_object_schema(
        [&](SettingsVisitor& visitor) { fakes::client::describe(step, visitor); });
    forms.push_back(
        one_key_map(std::string(key), with_shorthand(fields, fakes::client::step_shorthand(step))));
    bare.push_back(key);
  }
  forms.push_back({{"enum", bare}});
  return {{"anyOf", forms}, {"description", "One step: its name and what it takes."}};
}

Json clients_schema() {
  const Json steps{{"type", "array"}, {"items", {{"$ref", "#/definitions/step"}}}, {"minItems", 1}};
  Json group{{"type", "object"}, {"additionalProperties", false}};
  group["required"] = Json::array({"count", "steps"});
  group["properties"]["count"] = {{"type", "integer"}, {"minimum", 1}, {"maximum", clients_max}};
  group["properties"]["steps"] = steps;
  return {{"type", Json::array({"object", "null"})},
          {"additionalProperties", {{"anyOf", Json::array({steps, group})}}}};
}

Json checks_schema() {
  Json forms = Json::array();
  for (const std::string_view name : check_names) {
    Json fields = of_struct(CheckFields());
    if (name == "eventually") fields = of_struct(EventuallyFields());
    if (name == "leads_to") fields = of_struct(LeadsToFields());
    forms.push_back(one_key_map(std::string(name), std::move(fields)));
  }
  return {{"type", "array"}, {"items", {{"anyOf", forms}}}};
}

Json variants_schema() {
  Json variant{{"type", "object"}, {"required", {"expect"}}, {"additionalProperties", false}};
  Json names = Json::array();
  for (const std::string_view name : expectation_names) names.push_back(name);
  variant["properties"]["expect"] = {
      {"enum", names}, {"description", "Whether a check must fail in it, or none may."}};
  variant["properties"]["shows"] = {{"type", "string"}, {"description", "What it shows."}};
  std::string tops;
  for (const std::string_view key : changeable_keys) {
    if (!tops.empty()) tops += '|';
    tops += key;
  }
  variant["patternProperties"]["^(" + tops + ")(\\.|$)"] = Json::object();
  return {{"type", "object"}, {"additionalProperties", variant}, {"minProperties", 1}};
}

Json parameters_schema() {
  return {{"type", Json::array({"object", "null"})},
          {"additionalProperties", {{"$ref", "#/definitions/delay_range"}}}};
}

Json nullable(Json object) {
  object["type"] = Json::array({"object", "null"});
  return object;
}

Json property(std::string_view key) {
  if (key == "tags") return {{"type", "array"}, {"items", {{"type", "string"}}}};
  if (key == "parameters") return parameters_schema();
  if (key == "gateway") return nullable(of_struct(gateway::Settings()));
  if (key == "backends") return nullable(of_struct(Backends()));
  if (key == "network") return nullable(of_struct(NetworkSettings()));
  if (key == "process") return nullable(of_struct(ProcessSettings()));
  if (key == "balancer") return nullable(of_struct(fakes::balancer::Settings()));
  if (key == "explore") return nullable(of_struct(ExploreSettings()));
  if (key == "clients") return clients_schema();
  if (key == "variants") return variants_schema();
  if (key == "check") return checks_schema();
  return {{"type", "string"}, {"minLength", 1}};
}

}  // namespace

Json schema() {
  Json document{{"$schema", "http://json-schema.org/draft-07/schema#"},
                {"title", "raceproof scenario"},
                {"type", "object"},
                {"additionalProperties", false}};
  document["required"] = Json::array({"scenario", "shows", "source"});
  for (const DocumentedKey& key : document_keys) {
    Json value = property(key.name);
    value["description"] = key.doc;
    document["properties"][std::string(key.name)] = std::move(value);
  }
  document["definitions"] = duration_definitions(true);
  document["definitions"]["step"] = step_schema();
  return document;
}

std::string schema_text() { return schema().dump(2) + '\n'; }

}  // namespace raceproof::scenario
