#include "fakes/client/frame.hpp"

#include <nlohmann/json.hpp>

namespace raceproof::fakes::client {

namespace {

/// Event reader for nlohmann's parser: no document is built. Returning false ends the parse.
class FieldFinder : public nlohmann::json_sax<nlohmann::json> {
 public:
  FrameFields found;

  bool key(string_t& name) override {
    if (depth_ == 1) {
      in_payload_ = name == "payload";
      wanted_ = name == "type"      ? &found.type
                : name == "user_id" ? &found.user
                : name == "run_id"  ? &found.run
                                    : nullptr;
      at_recovered_ = name == "recovered";
    } else if (depth_ == 2 && in_payload_) {
      wanted_ = name == "tool_name" ? &found.tool : nullptr;
    }
    return true;
  }
  bool string(string_t& value) override {
    if (wanted_ != nullptr && wanted_->empty()) *wanted_ = std::move(value);
    return scalar();
  }
  bool boolean(bool value) override {
    if (at_recovered_) found.recovered = value;
    return scalar();
  }
  bool start_object(std::size_t) override { return enter(); }
  bool end_object() override { return leave(); }
  /// An array at the top level is no message; one further down only has to be passed over.
  bool start_array(std::size_t) override { return depth_ > 0 && enter(); }
  bool end_array() override { return leave(); }
  bool null() override { return scalar(); }
  bool number_integer(number_integer_t) override { return scalar(); }
  bool number_unsigned(number_unsigned_t) override { return scalar(); }
  bool number_float(number_float_t, const string_t&) override { return scalar(); }
  bool binary(binary_t&) override { return scalar(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override {
    return false;
  }

 private:
  bool scalar() {
    wanted_ = nullptr;
    at_recovered_ = false;
    return depth_ > 0;
  }
  bool enter() {
    (void)scalar();
    ++depth_;
    return true;
  }
  bool leave() {
    if (--depth_ == 1) in_payload_ = false;
    return depth_ > 0;
  }

  std::string* wanted_ = nullptr;  // where the text of the member that is being read goes
  bool at_recovered_ = false;
  bool in_payload_ = false;
  int depth_ = 0;
};

std::string quoted(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

FrameFields frame_fields(std::string_view json) {
  FieldFinder finder;
  nlohmann::json::sax_parse(json, &finder);
  return std::move(finder.found);
}

std::string message_json(std::string_view type, std::string_view text, std::string_view thread,
                         std::string_view run) {
  std::string json = R"({"type":)" + quoted(type) + R"(,"text":)" + quoted(text);
  if (!thread.empty()) json += R"(,"thread_id":)" + quoted(thread);
  if (!run.empty()) json += R"(,"run_id":)" + quoted(run);
  return json + "}";
}

}  // namespace raceproof::fakes::client
