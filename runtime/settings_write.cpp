// The writing half of settings_yaml.hpp.
#include <yaml-cpp/yaml.h>

#include "runtime/duration_text.hpp"
#include "runtime/settings_yaml.hpp"

namespace raceproof {
namespace {

/// Emits every field that a struct describes as an entry of the open map.
class Writer : public SettingsVisitor {
 public:
  Writer(YAML::Emitter& out, bool with_docs, const ParameterName& name)
      : out_(out), with_docs_(with_docs), name_(name) {}

  void on(std::string_view key, bool& value, std::string_view doc) override {
    begin(key, doc);
    out_ << (value ? "true" : "false");
  }
  void on(std::string_view key, std::int64_t& value, std::int64_t, std::int64_t,
          std::string_view doc) override {
    begin(key, doc);
    out_ << value;
  }
  void on(std::string_view key, std::string& value, std::string_view doc) override {
    begin(key, doc);
    out_ << value;
  }
  void on(std::string_view key, std::vector<std::string>& value, std::string_view doc) override {
    begin(key, doc);
    out_ << YAML::Flow << value;
  }
  void on(std::string_view key, std::vector<std::int64_t>& value, std::int64_t, std::int64_t,
          std::string_view doc) override {
    begin(key, doc);
    out_ << YAML::Flow << value;
  }
  void on(std::string_view key, std::map<std::string, std::string>& value,
          std::string_view doc) override {
    begin(key, doc);
    out_ << value;
  }
  void on(std::string_view key, Duration& value, std::string_view doc) override {
    begin(key, doc);
    out_ << text(value);
  }
  void on(std::string_view key, DelayRange& value, std::string_view doc) override {
    begin(key, doc);
    const std::string low = text(value.low);
    const std::string high = text(value.high);
    out_ << (low == high ? low : low + ".." + high);
  }

 protected:
  void on_choice(std::string_view key, std::span<const std::string_view> names, std::size_t& index,
                 std::string_view doc) override {
    begin(key, doc);
    out_ << std::string(names[index]);
  }
  void on_group(std::string_view key, std::function<void(SettingsVisitor&)> fields,
                std::string_view doc) override {
    begin(key, doc);
    out_ << YAML::BeginMap;
    fields(*this);
    out_ << YAML::EndMap;
  }
  void on_map(std::string_view key, const std::vector<std::string>& names,
              std::function<void(const std::string&, SettingsVisitor&)> entry,
              std::string_view doc) override {
    begin(key, doc);
    out_ << YAML::BeginMap;
    for (const std::string& name : names) {
      out_ << YAML::Key << name << YAML::Value << YAML::BeginMap;
      entry(name, *this);
      out_ << YAML::EndMap;
    }
    out_ << YAML::EndMap;
  }
  std::size_t on_list(std::string_view key, std::size_t count,
                      std::function<void(std::size_t, SettingsVisitor&)> element,
                      std::string_view doc) override {
    begin(key, doc);
    out_ << YAML::BeginSeq;
    for (std::size_t i = 0; i < count; ++i) {
      out_ << YAML::BeginMap;
      element(i, *this);
      out_ << YAML::EndMap;
    }
    out_ << YAML::EndSeq;
    return count;
  }
  bool begin_optional(std::string_view, bool present) override { return present; }

 private:
  void begin(std::string_view key, std::string_view doc) {
    if (with_docs_) out_ << YAML::Newline << YAML::Comment(std::string(doc));
    out_ << YAML::Key << std::string(key) << YAML::Value;
  }

  [[nodiscard]] std::string text(const Duration& value) const {
    const detail::Affine affine = value.affine();
    if (affine.form != 0 && name_) return '$' + name_(affine.form);
    return print_duration(affine.constant_ns);
  }

  YAML::Emitter& out_;
  bool with_docs_;
  const ParameterName& name_;
};

}  // namespace

std::string write_settings_text(const Describe& describe, bool with_docs,
                                const ParameterName& name) {
  YAML::Emitter out;
  Writer writer(out, with_docs, name);
  out << YAML::BeginMap;
  describe(writer);
  out << YAML::EndMap;
  return std::string(out.c_str()) + '\n';
}

}  // namespace raceproof
