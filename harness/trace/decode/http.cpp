// HTTP/1.1 messages of one direction as lines.
#include "harness/trace/decode/http.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <fmt/format.h>
#include <optional>
#include <utility>

namespace raceproof::trace {

namespace {

/// Headers worth a place on the line. The key of a WebSocket handshake is left out on purpose: it
/// is random in production.
constexpr std::array<std::string_view, 9> headers_shown{
    "upgrade",       "authorization", "origin",   "sec-websocket-protocol",
    "content-type",  "retry-after",   "location", "transfer-encoding",
    "content-length"};

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

/// Takes the first line off `text`, without its end.
std::string_view next_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

std::map<std::string, std::string> parse_headers(std::string_view text) {
  std::map<std::string, std::string> headers;
  while (!text.empty()) {
    const std::string_view line = next_line(text);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    auto& value = headers[lower(line.substr(0, colon))];
    if (!value.empty()) value += ", ";
    value += trimmed(line.substr(colon + 1));
  }
  return headers;
}

const std::string* find(const std::map<std::string, std::string>& headers, const char* name) {
  const auto found = headers.find(name);
  return found == headers.end() ? nullptr : &found->second;
}

std::optional<std::uint64_t> number(std::string_view text, int base) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  if (base == 10 && end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// ` (name: value, ...)` of the headers worth showing, credentials reduced to their scheme.
std::string shown(const std::map<std::string, std::string>& headers) {
  std::string text;
  for (const auto key : headers_shown) {
    const auto found = headers.find(std::string(key));
    if (found == headers.end()) continue;
    std::string_view value = found->second;
    const bool secret = key == "authorization";
    if (secret) value = value.substr(0, value.find(' '));
    text += fmt::format("{}{}: {}{}", text.empty() ? "" : ", ", key, readable(value, 60),
                        secret ? " ***" : "");
  }
  return text.empty() ? text : " (" + text + ")";
}

}  // namespace

bool HttpDecoder::paused() const {
  if (exchange_.switched) return true;
  return from_client_ && state_ == State::head && text_.empty() && !exchange_.pending.empty() &&
         exchange_.pending.back().upgrade;
}

std::size_t HttpDecoder::feed(std::string_view bytes, Lines& lines) {
  std::size_t taken = 0;
  while (taken < bytes.size() && !paused()) {
    if (state_ == State::dead) return bytes.size();
    const bool in_data = state_ == State::fixed_body || state_ == State::chunk_data;
    if (!in_data && state_ != State::endless_body) {
      feed_line_byte(bytes[taken++], lines);
      continue;
    }
    const std::uint64_t left = bytes.size() - taken;
    const std::uint64_t count = in_data ? std::min(left, remaining_) : left;
    take_body(bytes.substr(taken, static_cast<std::size_t>(count)));
    taken += static_cast<std::size_t>(count);
    if (!in_data) continue;
    remaining_ -= count;
    if (remaining_ > 0) continue;
    if (state_ == State::fixed_body) {
      finish_body(lines);
    } else {
      state_ = State::chunk_size;
    }
  }
  return taken;
}

void HttpDecoder::feed_line_byte(char byte, Lines& lines) {
  if (state_ == State::head && text_.empty() && (byte == '\r' || byte == '\n')) return;
  text_ += byte;
  if (text_.size() > head_max) {
    give_up(fmt::format("more than {} bytes without the end of a head", head_max), lines);
    return;
  }
  if (byte != '\n') return;
  switch (state_) {
    case State::head:
      if (text_.ends_with("\n\r\n") || text_.ends_with("\n\n")) finish_head(lines);
      break;
    case State::chunk_size:
      if (!trimmed(text_).empty()) finish_chunk_size(lines);
      text_.clear();
      break;
    case State::trailer:
      if (trimmed(text_).empty()) finish_body(lines);
      text_.clear();
      break;
    default:
      break;
  }
}

void HttpDecoder::finish_head(Lines& lines) {
  const std::string head = std::exchange(text_, {});
  std::string_view rest = head;
  const std::string_view first_line = next_line(rest);
  const Headers headers = parse_headers(rest);
  body_size_ = 0;
  preview_.clear();
  if (from_client_) {
    finish_request(first_line, headers, lines);
  } else {
    finish_response(first_line, headers, lines);
  }
}

void HttpDecoder::finish_request(std::string_view first_line, const Headers& headers,
                                 Lines& lines) {
  const std::size_t version = first_line.rfind(" HTTP/1.");
  if (version == std::string_view::npos || version == 0) {
    give_up("not a request: " + quoted(first_line, 60), lines);
    return;
  }
  lines.push_back(readable(first_line) + shown(headers));
  if (exchange_.pending.size() == HttpExchange::pending_max) exchange_.pending.pop_front();
  exchange_.pending.push_back({.head_only = first_line.starts_with("HEAD "),
                               .upgrade = find(headers, "upgrade") != nullptr});
  choose_body(headers, State::head, lines);
}

void HttpDecoder::finish_response(std::string_view first_line, const Headers& headers,
                                  Lines& lines) {
  const std::size_t space = first_line.find(' ');
  const auto status = first_line.starts_with("HTTP/1.") && space != std::string_view::npos
                          ? number(first_line.substr(space + 1, 3), 10)
                          : std::nullopt;
  if (!status || *status < 100) {
    give_up("not a response: " + quoted(first_line, 60), lines);
    return;
  }
  lines.push_back(readable(first_line) + shown(headers));
  if (*status == 101) {
    exchange_.switched = true;
    return;
  }
  if (*status < 200) return;  // interim: the response is still to come
  bool bodiless = *status == 204 || *status == 304;
  if (!exchange_.pending.empty()) {
    bodiless = bodiless || exchange_.pending.front().head_only;
    exchange_.pending.pop_front();
  }
  if (!bodiless) choose_body(headers, State::endless_body, lines);
}

void HttpDecoder::choose_body(const Headers& headers, State otherwise, Lines& lines) {
  const std::string* coding = find(headers, "transfer-encoding");
  const std::string* length = find(headers, "content-length");
  if (coding != nullptr && lower(*coding).ends_with("chunked")) {
    state_ = State::chunk_size;
  } else if (length != nullptr) {
    const auto size = number(*length, 10);
    if (!size) return give_up("not a length: " + quoted(*length, 60), lines);
    remaining_ = *size;
    state_ = remaining_ > 0 ? State::fixed_body : State::head;
  } else {
    state_ = otherwise;
  }
}

void HttpDecoder::finish_chunk_size(Lines& lines) {
  const auto size = number(trimmed(text_), 16);
  if (!size) return give_up("not a chunk size: " + quoted(trimmed(text_), 60), lines);
  remaining_ = *size;
  state_ = remaining_ > 0 ? State::chunk_data : State::trailer;
}

void HttpDecoder::take_body(std::string_view bytes) {
  body_size_ += bytes.size();
  preview_ += bytes.substr(0, preview_max - preview_.size());
}

void HttpDecoder::finish_body(Lines& lines) {
  if (body_size_ > 0) {
    lines.push_back(fmt::format("body {} bytes: {}", body_size_, quoted(preview_)));
  }
  state_ = State::head;
}

void HttpDecoder::give_up(std::string reason, Lines& lines) {
  lines.push_back("HTTP violated: " + std::move(reason));
  state_ = State::dead;
  text_.clear();
}

}  // namespace raceproof::trace
