#include "fakes/client/frame.hpp"

#include <nlohmann/json.hpp>

namespace raceproof::fakes::client {

namespace {

/// Event reader for nlohmann's parser: no document is built. Returning false ends the parse.
class TypeFinder : public nlohmann::json_sax<nlohmann::json> {
 public:
  std::string found;

  bool key(string_t& name) override {
    at_type_ = depth_ == 1 && name == "type";
    return true;
  }
  bool string(string_t& value) override {
    if (at_type_) found = std::move(value);
    return depth_ > 0 && !at_type_;
  }
  bool start_object(std::size_t) override {
    ++depth_;
    return !at_type_;
  }
  bool end_object() override { return --depth_ > 0; }
  /// An array at the top level is no message; one further down only has to be passed over.
  bool start_array(std::size_t) override { return depth_ > 0 && !at_type_ && ++depth_ > 0; }
  bool end_array() override { return --depth_ > 0; }
  bool null() override { return other(); }
  bool boolean(bool) override { return other(); }
  bool number_integer(number_integer_t) override { return other(); }
  bool number_unsigned(number_unsigned_t) override { return other(); }
  bool number_float(number_float_t, const string_t&) override { return other(); }
  bool binary(binary_t&) override { return other(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override {
    return false;
  }

 private:
  [[nodiscard]] bool other() const { return depth_ > 0 && !at_type_; }

  int depth_ = 0;
  bool at_type_ = false;
};

std::string quoted(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::string frame_type(std::string_view json) {
  TypeFinder finder;
  nlohmann::json::sax_parse(json, &finder);
  return std::move(finder.found);
}

std::string message_json(std::string_view type, std::string_view text) {
  return R"({"type":)" + quoted(type) + R"(,"text":)" + quoted(text) + "}";
}

}  // namespace raceproof::fakes::client
