#include "gateway/http_client.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>

namespace raceproof::gateway {

namespace beast = boost::beast;
namespace http = beast::http;

namespace {

constexpr std::size_t read_size = 4096;
constexpr std::uint32_t header_max = 16 * 1024;
constexpr std::uint64_t body_max = 1024 * 1024;
constexpr std::size_t line_max = 64 * 1024;

[[noreturn]] void fail(const ErrorCode& error, const std::string& what) {
  throw boost::system::system_error(error, what);
}

/// A body that is taken away while it comes. Reserves nothing: a length that the peer announces is
/// not believed.
struct ArrivingBody {
  using value_type = std::string;

  class reader {
   public:
    template <bool IsRequest, class Fields>
    reader(http::header<IsRequest, Fields>&, value_type& body) : body_(body) {}
    void init(const boost::optional<std::uint64_t>&, ErrorCode& error) { error = {}; }
    template <class Buffers>
    std::size_t put(const Buffers& buffers, ErrorCode& error) {
      error = {};
      std::size_t size = 0;
      for (auto it = asio::buffer_sequence_begin(buffers); it != asio::buffer_sequence_end(buffers);
           ++it) {
        const asio::const_buffer piece(*it);
        body_.append(static_cast<const char*>(piece.data()), piece.size());
        size += piece.size();
      }
      return size;
    }
    void finish(ErrorCode& error) { error = {}; }

   private:
    value_type& body_;
  };
};

/// No control characters: what is made of values from elsewhere must not break out of its line.
void check_line(std::string_view text, const char* what) {
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7F; };
  if (std::any_of(text.begin(), text.end(), is_control)) {
    fail(asio::error::invalid_argument, std::string(what) + " with a control character");
  }
}

std::string to_bytes(const HttpCall& call, const Endpoint& to) {
  check_line(call.method, "HTTP method");
  check_line(call.target, "HTTP target");
  std::string out;
  out.reserve(256 + call.target.size() + call.body.size());
  out.append(call.method).append(1, ' ').append(call.target).append(" HTTP/1.1\r\nHost: ");
  const bool is_ipv6 = to.host.find(':') != std::string::npos;  // RFC 3986 section 3.2.2
  out.append(is_ipv6 ? "[" + to.host + "]" : to.host).append(1, ':');
  out.append(std::to_string(to.port))
      .append("\r\nUser-Agent: raceproof-gateway\r\nConnection: close\r\n");
  for (const auto& [name, value] : call.headers) {
    check_line(name, "HTTP header's name");
    check_line(value, "HTTP header's value");
    out.append(name).append(": ").append(value).append("\r\n");
  }
  if (!call.body.empty() || (call.method != "GET" && call.method != "HEAD")) {
    out.append("Content-Length: ").append(std::to_string(call.body.size())).append("\r\n");
  }
  out.append("\r\n").append(call.body);
  return out;
}

/// One request and its answer on a connection of their own.
class Exchange {
 public:
  /// `body_limit`: the most bytes of the whole body; nothing for no limit.
  Exchange(std::string name, bool is_head, boost::optional<std::uint64_t> body_limit)
      : name_(std::move(name)), is_head_(is_head), body_limit_(body_limit) {
    begin();
  }

  Awaitable<> send(Runtime& runtime, Endpoint to, std::string bytes) {
    ErrorCode error;
    stream_ = co_await runtime.connect(std::move(to), asio::redirect_error(use_awaitable, error));
    if (error) fail(error, name_ + ": no connection");
    co_await asio::async_write(stream_, asio::buffer(bytes),
                               asio::redirect_error(use_awaitable, error));
    if (error) fail(error, name_ + ": the request could not be sent");
  }

  /// Reads until the header is there. Interim answers (RFC 9110 section 15.2) are passed over.
  Awaitable<> read_header() {
    for (;;) {
      while (!parser_->is_header_done()) co_await read_more();
      if (parser_->get().result_int() / 100 != 1) co_return;
      begin();
      parse();
    }
  }
  /// Reads more of the answer; there must be more to come (`is_done`).
  Awaitable<> read_more() {
    const auto space = buffer_.prepare(read_size);
    ErrorCode error;
    const std::size_t size = co_await stream_.async_read_some(
        asio::buffer(space), asio::redirect_error(use_awaitable, error));
    if (error == asio::error::eof) {
      finish();
      co_return;
    }
    if (error) fail(error, name_ + (began() ? ": the answer was cut off" : ": no answer"));
    buffer_.commit(size);
    parse();
  }

  [[nodiscard]] bool is_done() const { return parser_->is_done(); }
  [[nodiscard]] unsigned status() { return parser_->get().result_int(); }
  /// What has come of the body and has not been taken away.
  [[nodiscard]] std::string& body() { return parser_->get().body(); }
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  void begin() {
    parser_.emplace();
    parser_->header_limit(header_max);
    parser_->body_limit(body_limit_);
    parser_->skip(is_head_);
    parser_->eager(true);
  }
  [[nodiscard]] bool began() const { return parser_->got_some() || buffer_.size() > 0; }

  /// An empty body in chunks that lacks its last byte. Beast's parser (1.81) fails an assertion
  /// when it gets these four for the second time, so it gets the fifth with them.
  [[nodiscard]] bool ends_empty_body() const {
    const auto bytes = buffer_.data();
    return bytes.size() == 4 && parser_->is_header_done() && parser_->chunked() &&
           std::string_view(static_cast<const char*>(bytes.data()), 3) == "0\r\n";
  }

  void parse() {
    ErrorCode error;
    while (buffer_.size() > 0 && !parser_->is_done() && !ends_empty_body()) {
      const std::size_t used = parser_->put(buffer_.data(), error);
      buffer_.consume(used);
      if (error == http::error::need_more) {
        // The parser takes a header only as a whole, so its limit is for us to watch until then.
        if (parser_->is_header_done() || buffer_.size() <= header_max) return;
        error = http::error::header_limit;
      }
      if (error == http::error::body_limit || error == http::error::header_limit) {
        fail(error, name_ + ": the answer is too long");
      }
      if (error) fail(error, name_ + ": the answer is not HTTP");
    }
  }

  /// The peer has closed: that ends an answer without a length, and cuts off any other.
  void finish() {
    if (!began()) fail(asio::error::eof, name_ + ": no answer");
    ErrorCode error;
    if (parser_->is_header_done()) parser_->put_eof(error);
    if (error || !parser_->is_done()) {
      fail(http::error::partial_message, name_ + ": the answer was cut off");
    }
  }

  using Parser = http::response_parser<ArrivingBody>;

  std::string name_;  // of the request, for messages
  bool is_head_;
  boost::optional<std::uint64_t> body_limit_;
  Stream stream_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
};

std::string name_of(const HttpCall& call, const Endpoint& to) {
  return call.method + " " + to.host + ":" + std::to_string(to.port) + call.target;
}

class Lines final : public HttpLines {
 public:
  explicit Lines(std::unique_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}

  [[nodiscard]] unsigned status() const override { return exchange_->status(); }

  Awaitable<std::optional<std::string>> next() override {
    for (;;) {
      if (auto line = take()) co_return line;
      if (exchange_->is_done()) co_return std::nullopt;
      co_await exchange_->read_more();
    }
  }

 private:
  /// A line that has come whole; the last one may lack its end.
  std::optional<std::string> take() {
    std::string& body = exchange_->body();
    const std::size_t end = body.find('\n', searched_);
    const bool whole = end != std::string::npos;
    const std::size_t size = (whole ? end : body.size()) - taken_;
    if (size > line_max) {
      fail(asio::error::message_size, exchange_->name() + ": a line exceeds 64 KiB");
    }
    if (whole || (exchange_->is_done() && size > 0)) {
      std::string line = body.substr(taken_, size);
      taken_ = searched_ = whole ? end + 1 : body.size();
      if (line.ends_with('\r')) line.pop_back();
      return line;
    }
    body.erase(0, taken_);
    taken_ = 0;
    searched_ = body.size();
    return std::nullopt;
  }

  std::unique_ptr<Exchange> exchange_;
  std::size_t taken_ = 0;     // bytes of the body that were returned
  std::size_t searched_ = 0;  // bytes of the body without an end of line
};

}  // namespace

Awaitable<HttpAnswer> http_fetch(Runtime& runtime, Endpoint to, HttpCall call) {
  std::string bytes = to_bytes(call, to);
  Exchange exchange(name_of(call, to), call.method == "HEAD", body_max);
  co_await exchange.send(runtime, std::move(to), std::move(bytes));
  co_await exchange.read_header();
  while (!exchange.is_done()) co_await exchange.read_more();
  co_return HttpAnswer{exchange.status(), std::move(exchange.body())};
}

Awaitable<std::unique_ptr<HttpLines>> http_lines(Runtime& runtime, Endpoint to, HttpCall call) {
  std::string bytes = to_bytes(call, to);
  auto exchange = std::make_unique<Exchange>(name_of(call, to), call.method == "HEAD", boost::none);
  co_await exchange->send(runtime, std::move(to), std::move(bytes));
  co_await exchange->read_header();
  co_return std::make_unique<Lines>(std::move(exchange));
}

}  // namespace raceproof::gateway
