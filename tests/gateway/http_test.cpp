// Passing means: requests are cut from the bytes as RFC 9112 says, with the limits that are set.
#include "gateway/http.hpp"

#include <cstring>
#include <gtest/gtest.h>

namespace raceproof::gateway {
namespace {

using Status = HttpReader::Status;

void feed(HttpReader& reader, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto space = reader.prepare();
    const std::size_t size = std::min(space.size, bytes.size());
    std::memcpy(space.data, bytes.data(), size);
    reader.commit(size);
    bytes.remove_prefix(size);
  }
}

Status feed_and_parse(HttpReader& reader, std::string_view bytes) {
  feed(reader, bytes);
  return reader.parse();
}

constexpr std::string_view upgrade =
    "GET /ws?user=al%20ice&x=1 HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

// A request is complete with its last byte and not before.
TEST(HttpReader, NeedsEveryByte) {
  const LimitSettings limits;
  HttpReader reader(limits);
  const std::string_view bytes = "GET /health/live HTTP/1.1\r\nHost: h\r\n\r\n";
  EXPECT_FALSE(reader.in_request());
  for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
    ASSERT_EQ(feed_and_parse(reader, bytes.substr(i, 1)), Status::need_more) << i;
    EXPECT_TRUE(reader.in_request());
  }
  ASSERT_EQ(feed_and_parse(reader, bytes.substr(bytes.size() - 1)), Status::request);
  const HttpRequest request = reader.take();
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.path, "/health/live");
  EXPECT_TRUE(request.keep_alive);
  EXPECT_FALSE(request.is_upgrade);
  EXPECT_FALSE(reader.in_request());
}

// Requests that arrive together are given one after another; a body belongs to its request.
TEST(HttpReader, SeparatesPipelinedRequests) {
  const LimitSettings limits;
  HttpReader reader(limits);
  ASSERT_EQ(feed_and_parse(reader,
                           "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nxyz"
                           "GET /b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
            Status::request);
  EXPECT_EQ(reader.take().path, "/a");
  ASSERT_EQ(reader.parse(), Status::request);
  const HttpRequest second = reader.take();
  EXPECT_EQ(second.path, "/b");
  EXPECT_FALSE(second.keep_alive);
  EXPECT_EQ(reader.parse(), Status::need_more);
}

// An upgrade is recognised and keeps what its session accepts with.
TEST(HttpReader, RecognisesUpgrade) {
  const LimitSettings limits;
  HttpReader reader(limits);
  ASSERT_EQ(feed_and_parse(reader, upgrade), Status::request);
  const HttpRequest request = reader.take();
  EXPECT_TRUE(request.is_upgrade);
  EXPECT_TRUE(request.upgrade);
  EXPECT_EQ(query_value(request.query, "user"), "al ice");
  EXPECT_EQ(query_value(request.query, "x"), "1");
  EXPECT_EQ(query_value(request.query, "y"), "");
}

// What is not HTTP is a 400.
TEST(HttpReader, RejectsNonsense) {
  const LimitSettings limits;
  HttpReader reader(limits);
  ASSERT_EQ(feed_and_parse(reader, "\x01\x02 nonsense\r\n\r\n"), Status::failed);
  EXPECT_EQ(reader.failure_status(), 400U);
}

// A header beyond its limit is a 431, also while it is still arriving.
TEST(HttpReader, LimitsHeader) {
  LimitSettings limits;
  limits.max_header = 256;
  HttpReader reader(limits);
  const std::string header = "GET / HTTP/1.1\r\nX: " + std::string(400, 'a');
  ASSERT_EQ(feed_and_parse(reader, header), Status::failed);
  EXPECT_EQ(reader.failure_status(), 431U);
}

// The limit is for start line and fields together, and does not depend on how they arrive.
TEST(HttpReader, LimitsHeaderThatComesAtOnce) {
  LimitSettings limits;
  limits.max_header = 256;
  const auto status_of = [&limits](std::size_t size) {
    std::string header = "GET /" + std::string(150, 'a') + " HTTP/1.1\r\nX: ";
    header += std::string(size - header.size() - 4, 'x') + "\r\n\r\n";
    HttpReader reader(limits);
    return feed_and_parse(reader, header);
  };
  EXPECT_EQ(status_of(256), Status::request);
  EXPECT_EQ(status_of(257), Status::failed);
}

// A body without a length is a 411, whatever it holds and however it is cut.
TEST(HttpReader, RequiresLength) {
  const std::string header = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: ";
  for (const std::string coding : {"chunked", "gzip", "gzip, chunked"}) {
    for (const std::string body : {"0\r\n\r\n", "3\r\nabc\r\n0\r\n\r\n", "xyz"}) {
      const LimitSettings limits;
      HttpReader reader(limits);
      Status status = Status::need_more;
      for (const char byte : header + coding + "\r\n\r\n" + body) {
        if (status == Status::need_more) status = feed_and_parse(reader, {&byte, 1});
      }
      EXPECT_EQ(status, Status::failed);
      EXPECT_EQ(reader.failure_status(), 411U);
    }
  }
}

// A body beyond its limit is a 413.
TEST(HttpReader, LimitsBody) {
  LimitSettings limits;
  limits.max_body = 10;
  HttpReader reader(limits);
  ASSERT_EQ(feed_and_parse(reader, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n"),
            Status::failed);
  EXPECT_EQ(reader.failure_status(), 413U);
}

// An answer says its length, and Retry-After where there is one.
TEST(HttpResponse, Bytes) {
  HttpResponse response;
  response.status = 503;
  response.body = "{}";
  response.retry_after_seconds = 7;
  response.keep_alive = false;
  const std::string bytes = to_bytes(response);
  EXPECT_TRUE(bytes.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_NE(bytes.find("\r\nContent-Length: 2\r\n"), std::string::npos);
  EXPECT_NE(bytes.find("\r\nRetry-After: 7\r\n"), std::string::npos);
  EXPECT_NE(bytes.find("\r\nConnection: close\r\n"), std::string::npos);
  EXPECT_TRUE(bytes.ends_with("\r\n\r\n{}"));
}

}  // namespace
}  // namespace raceproof::gateway
