// HTTP/1.1 without I/O: the bytes of one connection to its requests. Boost.Beast's parser behind a
// small face; Beast is compiled in request_reader.cpp only.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "fakes/http/request.hpp"

namespace raceproof::fakes::http {

class RequestReader {
 public:
  enum class Status { need_more, request, failed };

  RequestReader();
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;
  ~RequestReader();

  /// Room for more bytes, and how many of them have come.
  std::span<char> prepare();
  void commit(std::size_t size);
  /// Parses what has come. After `failed` the connection cannot go on.
  Status parse();
  /// Takes the request that `parse` has completed; the reader goes on to the next one.
  Request take();
  /// The status that answers the failure: 400, 413 (more than 1 MiB) or 431 (more than 16 KiB).
  [[nodiscard]] unsigned failure_status() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// "Not Found" for 404; empty for a status without a usual phrase.
std::string_view reason_phrase(unsigned status);

}  // namespace raceproof::fakes::http
