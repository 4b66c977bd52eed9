#include "fakes/http/request_reader.hpp"

#include <algorithm>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>

namespace raceproof::fakes::http {

namespace beast = boost::beast;

namespace {

constexpr std::size_t read_size = 4096;
constexpr std::uint32_t header_max = 16 * 1024;
constexpr std::uint64_t body_max = 1024 * 1024;

std::string lower(beast::string_view text) {
  std::string out(text);
  const auto to_lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  std::transform(out.begin(), out.end(), out.begin(), to_lower);
  return out;
}

}  // namespace

struct RequestReader::State {
  using Parser = beast::http::request_parser<beast::http::string_body>;

  State() { begin(); }

  void begin() {
    parser.emplace();
    parser->header_limit(header_max);
    parser->body_limit(body_max);
    parser->eager(true);
  }

  beast::flat_buffer buffer;
  std::optional<Parser> parser;
  unsigned failure_status = 400;
};

RequestReader::RequestReader() : state_(std::make_unique<State>()) {}
RequestReader::~RequestReader() = default;

std::span<char> RequestReader::prepare() {
  const auto space = state_->buffer.prepare(read_size);
  return {static_cast<char*>(space.data()), space.size()};
}

void RequestReader::commit(std::size_t size) { state_->buffer.commit(size); }

RequestReader::Status RequestReader::parse() {
  State& s = *state_;
  boost::system::error_code error;
  while (s.buffer.size() > 0 && !s.parser->is_done()) {
    s.buffer.consume(s.parser->put(s.buffer.data(), error));
    if (error == beast::http::error::need_more) {
      // The parser takes a header only as a whole, so its limit is for us to watch until then.
      if (s.parser->is_header_done() || s.buffer.size() <= header_max) return Status::need_more;
      error = beast::http::error::header_limit;
    }
    if (!error) continue;
    if (error == beast::http::error::header_limit) s.failure_status = 431;
    if (error == beast::http::error::body_limit) s.failure_status = 413;
    return Status::failed;
  }
  return s.parser->is_done() ? Status::request : Status::need_more;
}

Request RequestReader::take() {
  auto message = state_->parser->release();
  state_->begin();
  Request request;
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  for (const auto& field : message) {
    request.headers.emplace_back(lower(field.name_string()), std::string(field.value()));
  }
  request.keep_alive = message.keep_alive();
  request.body = std::move(message.body());
  return request;
}

unsigned RequestReader::failure_status() const { return state_->failure_status; }

std::string_view reason_phrase(unsigned status) {
  const auto phrase = beast::http::obsolete_reason(static_cast<beast::http::status>(status));
  const std::string_view text(phrase.data(), phrase.size());
  return text == "<unknown-status>" ? std::string_view() : text;
}

}  // namespace raceproof::fakes::http
