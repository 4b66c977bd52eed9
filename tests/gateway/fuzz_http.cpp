// libFuzzer target: the bytes of one HTTP connection. Fails when the requests, or the status that
// ends them, depend on how the bytes are cut, and when a limit does not hold.
#include <cstring>
#include <string>

#include "gateway/http.hpp"
#include "tests/fuzz/require.hpp"

namespace raceproof::gateway {

namespace {

using fuzz::require;

/// Small, so that short inputs reach them.
LimitSettings small_limits() {
  LimitSettings limits;
  limits.max_header = 256;
  limits.max_body = 64;
  return limits;
}

/// What the reader makes of the bytes: a line for each request, and one for the failure.
class Reading {
 public:
  std::vector<std::string> lines;

  void feed(std::string_view bytes) {
    while (!over_ && !bytes.empty()) {
      const HttpReader::Space space = reader_.prepare();
      const std::size_t size = std::min(space.size, bytes.size());
      require(size > 0, "there is room for more bytes");
      std::memcpy(space.data, bytes.data(), size);
      reader_.commit(size);
      bytes.remove_prefix(size);
      take_all();
    }
  }

 private:
  void take_all() {
    while (!over_) {
      switch (reader_.parse()) {
        case HttpReader::Status::need_more:
          return;
        case HttpReader::Status::failed:
          return fail();
        case HttpReader::Status::request:
          take(reader_.take());
      }
    }
  }
  void fail() {
    over_ = true;
    const unsigned status = reader_.failure_status();
    require(status == 400 || status == 413 || status == 431, "a failure has one of three statuses");
    require(!reader_.failure().empty(), "a failure has a reason");
    lines.push_back("failed " + std::to_string(status));
  }
  void take(const HttpRequest& request) {
    require(request.path.size() + request.query.size() <= 256, "a target is within the limit");
    require(request.is_upgrade == (request.upgrade != nullptr), "an upgrade can be accepted");
    require(query_value(request.query, "user").size() <= request.query.size(),
            "a value is no longer than the query");
    lines.push_back(request.method + ' ' + request.path + " ? " + request.query +
                    (request.keep_alive ? " keep" : " close"));
    // What follows an upgrade is not HTTP.
    over_ = request.is_upgrade;
  }

  const LimitSettings limits_ = small_limits();
  HttpReader reader_{limits_};
  bool over_ = false;
};

std::vector<std::string> read(std::string_view bytes, std::size_t piece) {
  Reading reading;
  for (const auto part : fuzz::pieces(bytes, piece)) reading.feed(part);
  return reading.lines;
}

void check(std::string_view bytes) {
  const auto whole = read(bytes, 1 << 20);
  for (const std::size_t size : fuzz::piece_sizes(bytes)) {
    require(read(bytes, size) == whole, "requests do not depend on how their bytes are cut");
  }
}

}  // namespace

}  // namespace raceproof::gateway

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  raceproof::gateway::check(raceproof::fuzz::text_of(data, size));
  return 0;
}
