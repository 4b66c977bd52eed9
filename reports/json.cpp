// The result model as JSON: two archives over the one description of its fields.
#include "reports/json.hpp"

#include <cmath>
#include <concepts>
#include <fmt/format.h>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <vector>

#include "reports/envelope.hpp"
#include "reports/envelope_fields.hpp"
#include "reports/json_fields.hpp"

namespace raceproof::report {

using campaign::CampaignResult;
using campaign::ExitCode;
using Json = nlohmann::ordered_json;

namespace {

std::span<const std::string_view> names(campaign::Expectation) {
  return campaign::expectation_names;
}
std::span<const std::string_view> names(campaign::Verdict) { return campaign::verdict_names; }
std::span<const std::string_view> names(campaign::Reason) { return campaign::reason_names; }
std::span<const std::string_view> names(campaign::CheckKind) { return campaign::check_kind_names; }
std::span<const std::string_view> names(campaign::CheckStatus) {
  return campaign::check_status_names;
}

template <class E>
concept Named = requires(E e) {
  names(e);
};
template <class T>
concept Number = std::integral<T> && !std::same_as<T, bool>;

class Writer {
 public:
  template <class T>
  void field(const char* key, T& value) {
    object_[key] = written(value);
  }
  Json take() { return std::move(object_); }

 private:
  template <class T>
  static Json written(T& value) {
    if constexpr (Named<T>) {
      return names(value)[static_cast<std::size_t>(value)];
    } else if constexpr (std::same_as<T, ExitCode>) {
      return static_cast<int>(value);
    } else if constexpr (std::same_as<T, campaign::nanoseconds>) {
      return value.count();
    } else if constexpr (std::same_as<T, double>) {
      return std::isfinite(value) ? Json(value) : Json(nullptr);
    } else if constexpr (std::integral<T> || std::same_as<T, std::string>) {
      return value;
    } else {
      Writer inner;
      fields(inner, value);
      return inner.take();
    }
  }
  template <class T>
  static Json written(std::vector<T>& values) {
    Json array = Json::array();
    for (auto& value : values) array.push_back(written(value));
    return array;
  }
  template <class T>
  static Json written(std::optional<T>& value) {
    return value ? written(*value) : Json(nullptr);
  }

  Json object_ = Json::object();
};

class Reader {
 public:
  Reader(const Json& object, std::string path) : object_(object), path_(std::move(path)) {
    if (!object.is_object()) fail(path_.empty() ? "the document" : path_, "an object");
  }

  template <class T>
  void field(const char* key, T& value) {
    const std::string path = path_.empty() ? key : path_ + '.' + key;
    const auto found = object_.find(key);
    if (found == object_.end()) throw FormatError(path + ": missing");
    read(*found, path, value);
  }

 private:
  [[noreturn]] static void fail(const std::string& path, std::string_view expected) {
    throw FormatError(fmt::format("{}: expected {}", path, expected));
  }

  template <Number T>
  static T number(const Json& json, const std::string& path) {
    if (json.is_number_unsigned()) {
      const auto value = json.get<std::uint64_t>();
      if (std::in_range<T>(value)) return static_cast<T>(value);
    } else if (json.is_number_integer()) {
      const auto value = json.get<std::int64_t>();
      if (std::in_range<T>(value)) return static_cast<T>(value);
    }
    fail(path, fmt::format("an integer from {} to {}", std::numeric_limits<T>::min(),
                           std::numeric_limits<T>::max()));
  }

  template <class T>
  static void read(const Json& json, const std::string& path, T& value) {
    if constexpr (Named<T>) {
      read_name(json, path, value);
    } else if constexpr (std::same_as<T, ExitCode>) {
      const int code = number<int>(json, path);
      if (code < 0 || code > 3) fail(path, "an exit code from 0 to 3");
      value = static_cast<ExitCode>(code);
    } else if constexpr (std::same_as<T, campaign::nanoseconds>) {
      value = campaign::nanoseconds(number<std::int64_t>(json, path));
    } else if constexpr (std::same_as<T, double>) {
      if (!json.is_number()) fail(path, "a number");
      value = json.get<double>();
    } else if constexpr (std::same_as<T, bool>) {
      if (!json.is_boolean()) fail(path, "true or false");
      value = json.get<bool>();
    } else if constexpr (std::same_as<T, std::string>) {
      if (!json.is_string()) fail(path, "a string");
      value = json.get<std::string>();
    } else if constexpr (Number<T>) {
      value = number<T>(json, path);
    } else {
      Reader inner(json, path);
      fields(inner, value);
    }
  }
  template <class T>
  static void read(const Json& json, const std::string& path, std::vector<T>& values) {
    if (!json.is_array()) fail(path, "an array");
    values.clear();
    for (std::size_t i = 0; i < json.size(); ++i) {
      read(json[i], fmt::format("{}[{}]", path, i), values.emplace_back());
    }
  }
  template <class T>
  static void read(const Json& json, const std::string& path, std::optional<T>& value) {
    value.reset();
    if (!json.is_null()) read(json, path, value.emplace());
  }
  template <Named E>
  static void read_name(const Json& json, const std::string& path, E& value) {
    const auto known = names(value);
    if (json.is_string()) {
      const auto& text = json.get_ref<const std::string&>();
      for (std::size_t i = 0; i < known.size(); ++i) {
        if (known[i] == text) {
          value = static_cast<E>(i);
          return;
        }
      }
    }
    fail(path, fmt::format("one of {}", fmt::join(known, ", ")));
  }

  const Json& object_;
  std::string path_;
};

/// Refuses what a future or foreign program wrote, before any of its fields is looked at.
void check_version(const Json& json) {
  const auto version = json.is_object() ? json.find("format_version") : json.end();
  if (version == json.end() || !version->is_number_integer()) {
    throw FormatError("format_version: missing; this is not a result of raceproof");
  }
  if (*version != campaign::result_format_version) {
    throw FormatError(
        fmt::format("format_version: {} was written by another version of raceproof; "
                    "this one reads {}",
                    version->dump(), campaign::result_format_version));
  }
}

}  // namespace

std::string to_json(const CampaignResult& result) {
  // The description serves both directions and so takes values it may change; writing works on a
  // copy.
  CampaignResult copy = result;
  Writer writer;
  fields(writer, copy);
  return writer.take().dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string to_json(const campaign::EnvelopeResult& result) {
  campaign::EnvelopeResult copy = result;
  Writer writer;
  fields(writer, copy);
  return writer.take().dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

CampaignResult from_json(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) throw FormatError("the document: not JSON");
  check_version(json);
  CampaignResult result;
  Reader reader(json, "");
  fields(reader, result);
  return result;
}

}  // namespace raceproof::report
