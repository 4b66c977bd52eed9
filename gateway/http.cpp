#include "gateway/http.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <optional>

#include "gateway/beast_request.hpp"

namespace raceproof::gateway {

namespace beast = boost::beast;
namespace http = beast::http;

namespace {

constexpr std::size_t read_size = 1024;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low < 0) {
      out += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

template <class Message>
std::vector<std::string> values_of(const Message& message, http::field name) {
  std::vector<std::string> values;
  const auto [first, last] = message.equal_range(name);
  for (auto field = first; field != last; ++field) values.emplace_back(field->value());
  return values;
}

unsigned status_of(const boost::system::error_code& error) {
  if (error == http::error::header_limit) return 431;
  if (error == http::error::body_limit) return 413;
  return 400;
}

}  // namespace

void BeastRequestDelete::operator()(BeastRequest* request) const { delete request; }

std::string query_value(std::string_view query, std::string_view key) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    const std::size_t equals = pair.find('=');
    if (pair.substr(0, equals) == key && equals != std::string_view::npos) {
      return percent_decode(pair.substr(equals + 1));
    }
    if (end == std::string_view::npos) break;
    query.remove_prefix(end + 1);
  }
  return {};
}

struct HttpReader::State {
  using Parser = http::request_parser<http::string_body>;

  explicit State(const LimitSettings& settings) : limits(settings) { begin(); }

  void begin() {
    parser.emplace();
    parser->header_limit(static_cast<std::uint32_t>(limits.max_header));
    parser->body_limit(static_cast<std::uint64_t>(limits.max_body));
    header_bytes = 0;
  }

  /// Refuses what the parser would accept; true when it did.
  bool refuse(unsigned status, std::string_view text) {
    failure_status = status;
    failure = text;
    return true;
  }
  /// Looks at a header that is complete.
  bool refuses_header() {
    // Beast's own limit is for the start line and for the fields, each alone.
    if (header_bytes > static_cast<std::size_t>(limits.max_header)) {
      return refuse(431, "header limit exceeded");
    }
    // Nothing here has a body, and Beast's parser of chunks (1.81) fails an assertion when an empty
    // body comes in pieces: a length is required (RFC 9110 section 15.5.12).
    if (parser->get().count(http::field::transfer_encoding) > 0) {
      return refuse(411, "a body needs a Content-Length");
    }
    return false;
  }

  const LimitSettings& limits;
  beast::flat_buffer buffer;
  std::optional<Parser> parser;
  std::size_t header_bytes = 0;  // of the current request, that the parser has taken
  unsigned failure_status = 400;
  std::string failure;
};

HttpReader::HttpReader(const LimitSettings& limits) : state_(std::make_unique<State>(limits)) {}
HttpReader::~HttpReader() = default;

HttpReader::Space HttpReader::prepare() {
  const auto space = state_->buffer.prepare(read_size);
  return {static_cast<char*>(space.data()), space.size()};
}

void HttpReader::commit(std::size_t size) { state_->buffer.commit(size); }

HttpReader::Status HttpReader::parse() {
  State& s = *state_;
  if (s.buffer.size() == 0) return Status::need_more;
  boost::system::error_code error;
  while (s.buffer.size() > 0 && !s.parser->is_done()) {
    const bool in_header = !s.parser->is_header_done();
    // Not eager: it stops where the header ends.
    const std::size_t used = s.parser->put(s.buffer.data(), error);
    s.buffer.consume(used);
    if (in_header) s.header_bytes += used;
    if (error == http::error::need_more) {
      // The parser takes a header only as a whole, so its limit is for us to watch until then.
      if (s.parser->is_header_done() ||
          s.header_bytes + s.buffer.size() < static_cast<std::size_t>(s.limits.max_header)) {
        return Status::need_more;
      }
      error = http::error::header_limit;
    }
    if (error) {
      s.refuse(status_of(error), error.message());
      return Status::failed;
    }
    if (in_header && s.parser->is_header_done() && s.refuses_header()) return Status::failed;
  }
  return s.parser->is_done() ? Status::request : Status::need_more;
}

bool HttpReader::in_request() const {
  return state_->buffer.size() > 0 || state_->parser->got_some();
}

HttpRequest HttpReader::take() {
  State& s = *state_;
  auto message = s.parser->release();
  s.begin();
  HttpRequest request;
  request.method = std::string(message.method_string());
  const auto target = message.target();
  const std::size_t question = target.find('?');
  request.path = std::string(target.substr(0, question));
  if (question != std::string_view::npos) request.query = std::string(target.substr(question + 1));
  request.keep_alive = message.keep_alive();
  request.authorization = values_of(message, http::field::authorization);
  request.protocols = values_of(message, http::field::sec_websocket_protocol);
  request.is_upgrade = beast::websocket::is_upgrade(message);
  if (request.is_upgrade) request.upgrade.reset(new BeastRequest{std::move(message)});
  return request;
}

unsigned HttpReader::failure_status() const { return state_->failure_status; }
const std::string& HttpReader::failure() const { return state_->failure; }

std::string to_bytes(const HttpResponse& response) {
  std::string out;
  out.reserve(192 + response.body.size());
  const auto reason = http::obsolete_reason(static_cast<http::status>(response.status));
  out += "HTTP/1.1 ";
  out += std::to_string(response.status);
  out += ' ';
  out.append(reason.data(), reason.size());
  out += "\r\nServer: raceproof-gateway\r\nContent-Type: ";
  out += response.content_type;
  out += "\r\nContent-Length: ";
  out += std::to_string(response.body.size());
  if (response.retry_after_seconds >= 0) {
    out += "\r\nRetry-After: ";
    out += std::to_string(response.retry_after_seconds);
  }
  if (!response.allow.empty()) {
    out += "\r\nAllow: ";
    out += response.allow;
  }
  if (!response.authenticate.empty()) {
    out += "\r\nWWW-Authenticate: ";
    out += response.authenticate;
  }
  out += response.keep_alive ? "\r\nConnection: keep-alive" : "\r\nConnection: close";
  // A verdict is true for the moment only.
  out += "\r\nCache-Control: no-store\r\n\r\n";
  out += response.body;
  return out;
}

}  // namespace raceproof::gateway
