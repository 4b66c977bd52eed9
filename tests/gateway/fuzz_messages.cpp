// libFuzzer target: a frame from a client, and the answers that quote it. Fails when either is not
// what it should be, or crashes.
#include <nlohmann/json.hpp>

#include "gateway/messages.hpp"
#include "tests/fuzz/require.hpp"

namespace raceproof::gateway {

namespace {

using fuzz::require;
using Type = ClientMessage::Type;

nlohmann::json json_of(const std::string& frame) {
  auto json = nlohmann::json::parse(frame, nullptr, /*allow_exceptions=*/false);
  require(json.is_object(), "what is sent is a JSON object");
  return json;
}

void check(std::string_view frame) {
  const ClientMessage received = parse_client_message(frame);
  if (!nlohmann::json::accept(frame)) {
    require(received.type == Type::malformed, "what is not JSON is malformed");
  }
  if (received.type == Type::malformed) {
    require(!received.text.empty(), "a malformed frame has a reason");
  }
  // Text out of JSON is UTF-8, so it comes back unchanged; without any it is left out.
  const auto answer = json_of(message("agent_completed", "text", received.text));
  require(answer.value("text", "") == received.text, "an answer repeats the text as it was");
  // The frame itself may be any bytes.
  require(json_of(error_message("malformed", frame)).value("code", "") == "malformed",
          "an error can quote any bytes");
}

}  // namespace

}  // namespace raceproof::gateway

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  raceproof::gateway::check(raceproof::fuzz::text_of(data, size));
  return 0;
}
