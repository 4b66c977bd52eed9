#include "runtime/settings_schema.hpp"

#include "runtime/duration_text.hpp"

namespace raceproof {
namespace {

Json reference(const char* definition) {
  return {{"$ref", std::string("#/definitions/") + definition}};
}

/// Collects one property for each field that a struct describes.
class SchemaWriter : public SettingsVisitor {
 public:
  Json take() {
    Json schema{{"type", "object"}, {"additionalProperties", false}};
    schema["properties"] = std::move(properties_);
    return schema;
  }

  void on(std::string_view key, bool& value, std::string_view doc) override {
    add(key, {{"type", "boolean"}, {"default", value}}, doc);
  }
  void on(std::string_view key, std::int64_t& value, std::int64_t low, std::int64_t high,
          std::string_view doc) override {
    add(key, {{"type", "integer"}, {"minimum", low}, {"maximum", high}, {"default", value}}, doc);
  }
  void on(std::string_view key, std::string& value, std::string_view doc) override {
    add(key, {{"type", "string"}, {"default", value}}, doc);
  }
  void on(std::string_view key, std::vector<std::string>&, std::string_view doc) override {
    const Json item{{"type", Json::array({"string", "number"})}};
    add(key, {{"type", "array"}, {"items", item}}, doc);
  }
  void on(std::string_view key, std::vector<std::int64_t>&, std::int64_t low, std::int64_t high,
          std::string_view doc) override {
    const Json item{{"type", "integer"}, {"minimum", low}, {"maximum", high}};
    add(key, {{"type", "array"}, {"items", item}}, doc);
  }
  void on(std::string_view key, std::map<std::string, std::string>&,
          std::string_view doc) override {
    const Json value{{"type", Json::array({"string", "number", "boolean"})}};
    add(key, {{"type", "object"}, {"additionalProperties", value}}, doc);
  }
  void on(std::string_view key, Duration& value, std::string_view doc) override {
    add_reference(key, "duration", print_duration(value.affine().constant_ns), doc);
  }
  void on(std::string_view key, DelayRange& value, std::string_view doc) override {
    const NanosecondRange range{value.low.affine().constant_ns, value.high.affine().constant_ns};
    add_reference(key, "delay_range", print_delay_range(range), doc);
  }

 protected:
  void on_choice(std::string_view key, std::span<const std::string_view> names, std::size_t& index,
                 std::string_view doc) override {
    Json values = Json::array();
    for (const std::string_view name : names) values.push_back(name);
    add(key, {{"type", "string"}, {"enum", values}, {"default", names[index]}}, doc);
  }
  void on_group(std::string_view key, std::function<void(SettingsVisitor&)> fields,
                std::string_view doc) override {
    add(key, nullable(settings_object_schema(fields)), doc);
  }
  void on_map(std::string_view key, const std::vector<std::string>&,
              std::function<void(const std::string&, SettingsVisitor&)> entry,
              std::string_view doc) override {
    const Json value =
        nullable(settings_object_schema([&](SettingsVisitor& inner) { entry("example", inner); }));
    add(key, {{"type", "object"}, {"additionalProperties", value}}, doc);
  }
  std::size_t on_list(std::string_view key, std::size_t count,
                      std::function<void(std::size_t, SettingsVisitor&)> element,
                      std::string_view doc) override {
    const Json item =
        settings_object_schema([&](SettingsVisitor& inner) { element(count, inner); });
    add(key, {{"type", "array"}, {"items", item}}, doc);
    return count;
  }
  bool begin_optional(std::string_view, bool present) override {
    optional_ = !present;
    return true;
  }

 private:
  /// A group that is named and left empty is as good as one that is not named.
  static Json nullable(Json object) {
    object["type"] = Json::array({"object", "null"});
    return object;
  }

  void add(std::string_view key, Json property, std::string_view doc) {
    // What an absent optional would hold is no default of the file's.
    if (std::exchange(optional_, false)) property.erase("default");
    property["description"] = doc;
    properties_[std::string(key)] = std::move(property);
  }

  void add_reference(std::string_view key, const char* definition, const std::string& value,
                     std::string_view doc) {
    // Draft 7 ignores what stands beside a $ref, hence allOf.
    add(key, {{"allOf", Json::array({reference(definition)})}, {"default", value}}, doc);
  }

  Json properties_ = Json::object();
  bool optional_ = false;
};

}  // namespace

Json settings_object_schema(const Describe& describe) {
  SchemaWriter writer;
  describe(writer);
  return writer.take();
}

Json duration_definitions(bool parameters) {
  const std::string number = "[0-9]+(\\.[0-9]+)?";
  const std::string unit = " *(ns|us|ms|s|m|h)";
  const std::string name = parameters ? "|\\$[^ ]+" : "";
  Json duration{{"type", "string"},
                {"pattern", "^(" + number + unit + name + ")$"},
                {"description", "A duration with its unit, such as 500ms or 1.5s."}};
  Json range{
      {"type", "string"},
      {"pattern", "^((" + number + " *(ns|us|ms|s|m|h)? *\\.\\. *)?" + number + unit + name + ")$"},
      {"description", "A duration or a range of durations, such as 20ms..80ms."}};
  return {{"duration", duration}, {"delay_range", range}};
}

Json settings_schema_document(const Describe& describe, const std::string& title) {
  Json document{{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", title}};
  document.update(settings_object_schema(describe));
  document["definitions"] = duration_definitions(false);
  return document;
}

}  // namespace raceproof
