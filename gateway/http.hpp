// HTTP/1.1 without I/O: bytes to requests, answers to bytes. Boost.Beast's parser behind a small
// face, so that Beast is compiled here and in session.cpp only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/settings.hpp"

namespace raceproof::gateway {

/// The request as Beast has it; opaque but to http.cpp and session.cpp (see beast_request.hpp).
struct BeastRequest;
struct BeastRequestDelete {
  void operator()(BeastRequest* request) const;
};
using UpgradeRequest = std::unique_ptr<BeastRequest, BeastRequestDelete>;

/// What the gateway needs to know about a request.
struct HttpRequest {
  std::string method;
  /// Path without the query.
  std::string path;
  std::string query;
  bool keep_alive = false;
  /// The values of all headers of these names, in their order.
  std::vector<std::string> authorization;
  std::vector<std::string> protocols;  ///< Sec-WebSocket-Protocol
  /// A WebSocket upgrade; then `upgrade` is what the session accepts with.
  bool is_upgrade = false;
  UpgradeRequest upgrade;
};

/// The value of `key` in a query string, percent-decoded; empty when absent.
std::string query_value(std::string_view query, std::string_view key);

/// Takes the bytes of one connection and gives its requests, one after another.
class HttpReader {
 public:
  enum class Status { need_more, request, failed };

  explicit HttpReader(const LimitSettings& limits);
  HttpReader(const HttpReader&) = delete;
  HttpReader& operator=(const HttpReader&) = delete;
  ~HttpReader();

  /// Room for more bytes, and how many of them have come.
  struct Space {
    char* data;
    std::size_t size;
  };
  Space prepare();
  void commit(std::size_t size);
  /// Parses what has come. After `failed` the connection cannot go on.
  Status parse();
  /// Whether a request has begun but is not complete.
  [[nodiscard]] bool in_request() const;
  /// Takes the request that `parse` has completed; the reader goes on to the next one.
  HttpRequest take();
  /// The HTTP status that answers the failure: 400, 411, 413 or 431.
  [[nodiscard]] unsigned failure_status() const;
  [[nodiscard]] const std::string& failure() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// An answer.
struct HttpResponse {
  unsigned status = 200;
  std::string body;
  std::string_view content_type = "application/json";
  bool keep_alive = true;
  /// In seconds; negative for no Retry-After.
  std::int64_t retry_after_seconds = -1;
  /// The value of Allow; empty for none.
  std::string_view allow = {};
  /// The value of WWW-Authenticate (RFC 6750 section 3); empty for none.
  std::string_view authenticate = {};
};

/// The answer's bytes.
std::string to_bytes(const HttpResponse& response);

}  // namespace raceproof::gateway
