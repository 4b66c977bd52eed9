// See protocol.hpp.
#include "fakes/database/protocol.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace raceproof::fakes::database {

using gateway::database::Error;
using gateway::database::Rows;

namespace {

constexpr std::string_view line_end = "\r\n";

void append_header(std::string& bytes, char kind, std::int64_t number) {
  std::array<char, 24> text;
  text[0] = kind;
  char* end = std::to_chars(text.data() + 1, text.data() + text.size(), number).ptr;
  bytes.append(text.data(), end);
  bytes.append(line_end);
}

}  // namespace

std::string encode(const Message& message) {
  constexpr std::size_t frame_size = 12;  // of most texts: "$", digits, two ends of lines
  std::size_t size = frame_size;
  for (const auto& text : message) size += frame_size + (text ? text->size() : 0);
  std::string bytes;
  bytes.reserve(size);
  append_header(bytes, '*', static_cast<std::int64_t>(message.size()));
  for (const auto& text : message) {
    append_header(bytes, '$', text ? static_cast<std::int64_t>(text->size()) : -1);
    if (text) bytes.append(*text).append(line_end);
  }
  return bytes;
}

Message to_message(const Rows& rows) {
  Message message;
  message.reserve(3 + rows.columns.size() * (1 + rows.rows.size()));
  message.emplace_back("rows");
  message.emplace_back(std::to_string(rows.affected));
  message.emplace_back(std::to_string(rows.columns.size()));
  message.insert(message.end(), rows.columns.begin(), rows.columns.end());
  for (const auto& row : rows.rows) message.insert(message.end(), row.begin(), row.end());
  return message;
}

Message to_message(const Error& error) { return {"error", error.sqlstate(), error.what()}; }

Rows to_rows(Message message) {
  const auto number = [&](std::size_t at) {
    std::int64_t value = 0;
    if (at < message.size() && message[at]) {
      std::from_chars(message[at]->data(), message[at]->data() + message[at]->size(), value);
    }
    return value;
  };
  if (message.size() == 3 && message[0] == "error") {
    throw Error(message[1].value_or(""), message[2].value_or(""));
  }
  constexpr std::size_t head = 3;
  const auto columns = static_cast<std::size_t>(number(2));
  if (message.size() < head + columns || message[0] != "rows") {
    throw Error("", "an answer that makes no sense");
  }
  Rows rows;
  rows.affected = number(1);
  for (std::size_t i = 0; i < columns; ++i) {
    rows.columns.push_back(std::move(message[head + i]).value_or(""));
  }
  for (std::size_t at = head + columns; columns > 0 && at + columns <= message.size();
       at += columns) {
    const auto begin = message.begin() + static_cast<std::ptrdiff_t>(at);
    rows.rows.emplace_back(std::move_iterator(begin),
                           std::move_iterator(begin + static_cast<std::ptrdiff_t>(columns)));
  }
  return rows;
}

/// The number after `kind`, from -1 to `max`; none, and perhaps broken, if it is not there.
std::optional<long> MessageReader::header(char kind, std::size_t& at, long max) {
  constexpr std::size_t header_max = 16;
  const auto end = bytes_.find(line_end, at);
  const bool too_long = end == std::string::npos && bytes_.size() - at > header_max;
  if (too_long || (at < bytes_.size() && bytes_[at] != kind)) broken_ = true;
  if (broken_ || end == std::string::npos) return std::nullopt;
  long number = 0;
  const auto* last = bytes_.data() + end;
  const auto result = std::from_chars(bytes_.data() + at + 1, last, number);
  if (result.ec != std::errc() || result.ptr != last || number < -1 || number > max) {
    broken_ = true;
    return std::nullopt;
  }
  at = end + 2;
  return number;
}

std::optional<Message> MessageReader::next() {
  if (broken_) return std::nullopt;
  std::size_t at = 0;
  const auto count = header('*', at, static_cast<long>(texts_max));
  if (!count) return std::nullopt;
  Message message;
  constexpr std::size_t text_min = 5;  // "$-1", end of line
  message.reserve(std::min(static_cast<std::size_t>(std::max(*count, 0L)),
                           (bytes_.size() - at) / text_min + 1));
  for (long i = 0; i < *count; ++i) {
    const auto size = header('$', at, static_cast<long>(text_max));
    if (!size) return std::nullopt;
    if (*size < 0) {
      message.emplace_back();
      continue;
    }
    const auto length = static_cast<std::size_t>(*size);
    if (bytes_.size() < at + length + 2) return std::nullopt;
    message.emplace_back(std::in_place, bytes_, at, length);
    at += length + 2;
  }
  bytes_.erase(0, at);
  return message;
}

}  // namespace raceproof::fakes::database
