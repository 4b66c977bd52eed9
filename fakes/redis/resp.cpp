// The request parser. See resp.hpp.
#include "fakes/redis/resp.hpp"

#include <algorithm>
#include <cstring>

#include "fakes/redis/numbers.hpp"

namespace raceproof::fakes::redis {

std::span<char> RequestParser::prepare(std::size_t size) {
  if (start_ > 0) {  // what has been served makes room
    std::memmove(buffer_.data(), buffer_.data() + start_, end_ - start_);
    position_ -= start_;
    end_ -= start_;
    start_ = 0;
  }
  if (buffer_.size() < end_ + size) buffer_.resize(std::max(end_ + size, 2 * buffer_.size()));
  return {buffer_.data() + end_, buffer_.size() - end_};
}

void RequestParser::feed(std::string_view bytes) {
  const auto room = prepare(bytes.size());
  std::copy(bytes.begin(), bytes.end(), room.begin());
  commit(bytes.size());
}

RequestParser::Status RequestParser::next(std::vector<std::string_view>& arguments) {
  arguments.clear();
  if (failed_) return Status::error;
  while (true) {
    if (remaining_ == 0) {
      begin_request();
      if (position_ == end_) return Status::need_more;
      const bool is_array = buffer_[position_] == '*';
      const Status status = is_array ? begin_array() : next_inline(arguments);
      if (status != Status::request) return status;
      if (!arguments.empty()) return status;
      if (remaining_ == 0) continue;  // an empty request
    }
    return next_array(arguments);
  }
}

void RequestParser::begin_request() {
  start_ = position_;
  slices_.clear();
  bulk_length_ = -1;
}

RequestParser::Status RequestParser::fail(std::string text) {
  error_ = std::move(text);
  failed_ = true;
  return Status::error;
}

RequestParser::Status RequestParser::next_inline(std::vector<std::string_view>& arguments) {
  const auto bytes = unread();
  const auto newline = bytes.find('\n');
  if (newline == std::string_view::npos) {
    return bytes.size() > line_bytes_max ? fail("too big inline request") : Status::need_more;
  }
  auto line = bytes.substr(0, newline);
  if (line.ends_with('\r')) line.remove_suffix(1);
  inline_arguments_.clear();
  if (!split_inline(line, inline_arguments_)) return fail("unbalanced quotes in request");
  position_ += newline + 1;
  arguments.assign(inline_arguments_.begin(), inline_arguments_.end());
  return Status::request;
}

RequestParser::Status RequestParser::begin_array() {
  const auto bytes = unread();
  const auto end = bytes.find('\r');
  if (end == std::string_view::npos) {
    return bytes.size() > line_bytes_max ? fail("too big mbulk count string") : Status::need_more;
  }
  if (end + 2 > bytes.size()) return Status::need_more;
  const auto count = parse_integer(bytes.substr(1, end - 1));
  if (!count || *count > arguments_max) return fail("invalid multibulk length");
  if (*count > 10 && restricted_) return fail("unauthenticated multibulk length");
  position_ += end + 2;
  remaining_ = std::max<std::int64_t>(*count, 0);
  return Status::request;
}

RequestParser::Status RequestParser::begin_bulk() {
  const auto bytes = unread();
  const auto end = bytes.find('\r');
  if (end == std::string_view::npos) {
    return bytes.size() > line_bytes_max ? fail("too big bulk count string") : Status::need_more;
  }
  if (end + 2 > bytes.size()) return Status::need_more;
  if (bytes[0] != '$') {
    return fail(std::string("expected '$', got '") + bytes[0] + "'");
  }
  const auto length = parse_integer(bytes.substr(1, end - 1));
  if (!length || *length < 0 || *length > argument_bytes_max) return fail("invalid bulk length");
  if (*length > 16384 && restricted_) return fail("unauthenticated bulk length");
  position_ += end + 2;
  bulk_length_ = *length;
  return Status::request;
}

RequestParser::Status RequestParser::next_array(std::vector<std::string_view>& arguments) {
  while (remaining_ > 0) {
    if (bulk_length_ < 0) {
      if (const Status status = begin_bulk(); status != Status::request) return status;
    }
    const auto size = static_cast<std::size_t>(bulk_length_);
    if (end_ - position_ < size + 2) return Status::need_more;
    slices_.push_back({position_ - start_, size});
    position_ += size + 2;  // Redis does not look at the two bytes that end an argument
    bulk_length_ = -1;
    --remaining_;
  }
  for (const auto& slice : slices_) {
    arguments.emplace_back(buffer_.data() + start_ + slice.offset, slice.size);
  }
  return Status::request;
}

namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char escaped(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'a':
      return '\a';
    default:
      return c;
  }
}

/// Reads a quoted stretch that begins after the quote at `at`; leaves `at` behind the closing
/// quote. False when it does not close, or something other than white space follows.
bool read_quoted(std::string_view line, std::size_t& at, char quote, std::string& word) {
  for (; at < line.size() && line[at] != quote; ++at) {
    const bool escapes = line[at] == '\\' && at + 1 < line.size();
    if (quote == '"' && escapes && line[at + 1] == 'x' && at + 3 < line.size() &&
        hex_value(line[at + 2]) >= 0 && hex_value(line[at + 3]) >= 0) {
      word += static_cast<char>(hex_value(line[at + 2]) * 16 + hex_value(line[at + 3]));
      at += 3;
    } else if (quote == '"' && escapes) {
      word += escaped(line[++at]);
    } else if (quote == '\'' && escapes && line[at + 1] == '\'') {
      word += line[++at];
    } else {
      word += line[at];
    }
  }
  if (at == line.size()) return false;
  ++at;
  return at == line.size() || is_space(line[at]);
}

}  // namespace

bool split_inline(std::string_view line, std::vector<std::string>& arguments) {
  std::size_t at = 0;
  while (true) {
    while (at < line.size() && is_space(line[at])) ++at;
    if (at == line.size()) return true;
    std::string word;
    while (at < line.size() && !is_space(line[at])) {
      if (const char c = line[at++]; c == '"' || c == '\'') {
        if (!read_quoted(line, at, c, word)) return false;
        break;
      } else {
        word += c;
      }
    }
    arguments.push_back(std::move(word));
  }
}

}  // namespace raceproof::fakes::redis
