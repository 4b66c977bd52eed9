#include "fakes/http/exchange.hpp"

#include <boost/asio/write.hpp>
#include <charconv>

#include "fakes/http/request_reader.hpp"

namespace raceproof::fakes::http {

std::string Exchange::head(unsigned status) const {
  std::string out = "HTTP/1.1 " + std::to_string(status) + " ";
  out.append(reason_phrase(status)).append("\r\nServer: raceproof-fake\r\nConnection: ");
  out.append(keep_alive_ ? "keep-alive\r\n" : "close\r\n");
  return out;
}

Awaitable<> Exchange::write(std::string bytes) {
  begun_ = true;
  co_await asio::async_write(stream_, asio::buffer(bytes), use_awaitable);
}

Awaitable<> Exchange::answer(unsigned status, std::string body, std::vector<Header> headers) {
  std::string out = head(status);
  bool has_type = false;
  for (const auto& [name, value] : headers) {
    has_type = has_type || name == "Content-Type";
    out.append(name).append(": ").append(value).append("\r\n");
  }
  if (!has_type) out.append("Content-Type: application/json\r\n");
  out.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n");
  out.append(body);
  co_await write(std::move(out));
  complete_ = true;
}

Awaitable<> Exchange::begin(unsigned status, std::string content_type) {
  std::string out = head(status);
  out.append("Content-Type: ").append(content_type);
  out.append("\r\nTransfer-Encoding: chunked\r\n\r\n");
  co_await write(std::move(out));
}

Awaitable<> Exchange::chunk(std::string bytes) {
  if (bytes.empty()) co_return;
  char size[16];
  const auto end = std::to_chars(size, size + sizeof size, bytes.size(), 16).ptr;
  std::string out(size, end);
  out.append("\r\n").append(bytes).append("\r\n");
  co_await write(std::move(out));
}

Awaitable<> Exchange::end() {
  co_await write("0\r\n\r\n");
  complete_ = true;
}

Awaitable<> Exchange::raw(std::string bytes) {
  keep_alive_ = false;
  co_await write(std::move(bytes));
}

Awaitable<> Exchange::announce(unsigned status, std::size_t length) {
  keep_alive_ = false;
  co_await write(head(status) + "Content-Length: " + std::to_string(length) + "\r\n\r\n");
}

void Exchange::cut() {
  begun_ = true;
  keep_alive_ = false;
  stream_.close();
}

void Exchange::reset() {
  begun_ = true;
  keep_alive_ = false;
  stream_.reset();
}

}  // namespace raceproof::fakes::http
