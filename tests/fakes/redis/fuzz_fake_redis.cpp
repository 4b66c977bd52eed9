// libFuzzer target: the bytes of a client of the fake Redis. Fails when requests depend on how
// their bytes are cut, and when a request that is written again is read as another.
#include "fakes/redis/resp.hpp"
#include "tests/fuzz/require.hpp"

namespace raceproof::fakes::redis {

namespace {

using fuzz::require;
using Request = std::vector<std::string>;

struct Reading {
  std::vector<Request> requests;
  std::string error;  // that ended it, if one did
  friend bool operator==(const Reading&, const Reading&) = default;
};

Reading read(const std::vector<std::string_view>& parts, bool restricted) {
  Reading reading;
  RequestParser parser;
  parser.restrict_to_unauthenticated(restricted);
  std::vector<std::string_view> arguments;
  for (const auto part : parts) {
    parser.feed(part);
    auto status = parser.next(arguments);
    for (; status == RequestParser::Status::request; status = parser.next(arguments)) {
      require(!arguments.empty(), "empty requests are passed over");
      reading.requests.emplace_back(arguments.begin(), arguments.end());
    }
    if (status != RequestParser::Status::error) continue;
    require(!parser.error().empty(), "an error has a text");
    require(parser.next(arguments) == RequestParser::Status::error, "an error stays");
    reading.error = parser.error();
    break;
  }
  return reading;
}

std::string written(const Request& request) {
  std::string bytes = "*" + std::to_string(request.size()) + "\r\n";
  for (const auto& argument : request) {
    bytes += "$" + std::to_string(argument.size()) + "\r\n" + argument + "\r\n";
  }
  return bytes;
}

void check(std::string_view bytes, bool restricted) {
  const Reading whole = read({bytes}, restricted);
  for (const std::size_t size : fuzz::piece_sizes(bytes)) {
    require(read(fuzz::pieces(bytes, size), restricted) == whole,
            "requests do not depend on how their bytes are cut");
  }
  for (const Request& request : whole.requests) {
    const Reading again = read({written(request)}, /*restricted=*/false);
    require(again.requests == std::vector<Request>{request} && again.error.empty(),
            "a request that is written again is the same");
  }
}

}  // namespace

}  // namespace raceproof::fakes::redis

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = raceproof::fuzz::text_of(data, size);
  for (const bool restricted : {false, true}) raceproof::fakes::redis::check(bytes, restricted);
  return 0;
}
