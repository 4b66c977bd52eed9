// libFuzzer target: the bytes of one HTTP connection. Fails when the requests depend on how the
// bytes are cut, and when a limit does not hold.
#include <cstring>
#include <string>
#include <utility>

#include "gateway/http.hpp"
#include "tests/fuzz/require.hpp"

namespace raceproof::gateway {

namespace {

using fuzz::require;

LimitSettings limited(std::int64_t header) {
  LimitSettings limits;
  limits.max_header = header;
  limits.max_body = 64;
  return limits;
}

/// What the reader makes of the bytes.
struct Outcome {
  std::vector<std::string> requests;
  bool failed = false;
};

class Reading {
 public:
  explicit Reading(std::int64_t header) : limits_(limited(header)) {}

  Outcome outcome;

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
    outcome.failed = over_ = true;
    const unsigned status = reader_.failure_status();
    require(status == 400 || status == 411 || status == 413 || status == 431,
            "a failure has a status of its own");
    require(!reader_.failure().empty(), "a failure has a reason");
  }
  void take(const HttpRequest& request) {
    const std::size_t target = request.path.size() + request.query.size();
    require(target <= static_cast<std::size_t>(limits_.max_header), "a target is within the limit");
    require(request.is_upgrade == (request.upgrade != nullptr), "an upgrade can be accepted");
    require(query_value(request.query, "user").size() <= request.query.size(),
            "a value is no longer than the query");
    outcome.requests.push_back(request.method + ' ' + request.path + " ? " + request.query +
                               (request.keep_alive ? " keep" : " close"));
    // What follows an upgrade is not HTTP.
    over_ = request.is_upgrade;
  }

  const LimitSettings limits_;
  HttpReader reader_{limits_};
  bool over_ = false;
};

Outcome read(std::string_view bytes, std::size_t piece, std::int64_t header) {
  Reading reading(header);
  for (const auto part : fuzz::pieces(bytes, piece)) reading.feed(part);
  return std::move(reading.outcome);
}

void check(std::string_view bytes, std::int64_t header) {
  const Outcome whole = read(bytes, bytes.size() + 1, header);
  for (const std::size_t size : fuzz::piece_sizes(bytes)) {
    const Outcome cut = read(bytes, size, header);
    require(cut.requests == whole.requests, "requests do not depend on how their bytes are cut");
    // The other way round it may be too early: a header that comes in pieces is read at its end.
    require(whole.failed || !cut.failed, "what fails in pieces fails as a whole");
  }
}

}  // namespace

}  // namespace raceproof::gateway

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A limit that inputs reach, and one that they do not.
  for (const auto header : {128, 65536}) {
    raceproof::gateway::check(raceproof::fuzz::text_of(data, size), header);
  }
  return 0;
}
