// RESP2 requests and replies of one direction as lines.
#include "harness/trace/decode/resp.hpp"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>
#include <hiredis/hiredis.h>
#include <new>
#include <utility>
#include <vector>

namespace raceproof::trace {

namespace {

constexpr std::size_t elements_shown_max = 16;

/// One RESP value. hiredis' own objects would reserve room for as many elements as an array
/// announces; these grow with what really arrives, so that hostile bytes cost nothing.
struct Value {
  int type;               // REDIS_REPLY_*
  bool nil = false;       // a null bulk string or a null array
  std::string text = {};  // of a string, status or error
  long long integer = 0;
  std::size_t announced = 0;  // elements of an array
  std::vector<std::unique_ptr<Value>> elements = {};
};

/// Gives `value` to the array it belongs to; hiredis frees the outermost value only.
void* place(const redisReadTask* task, std::unique_ptr<Value> value) {
  Value* raw = value.get();
  if (task->parent != nullptr) {
    static_cast<Value*>(task->parent->obj)->elements.push_back(std::move(value));
  } else {
    value.release();
  }
  return raw;
}

void* create_string(const redisReadTask* task, char* bytes, std::size_t length) {
  auto value = std::make_unique<Value>(Value{.type = task->type});
  value->text.assign(bytes, length);
  return place(task, std::move(value));
}
template <class Count>  // int up to hiredis 0.14, size_t later
void* create_array(const redisReadTask* task, Count count) {
  return place(task, std::make_unique<Value>(
                         Value{.type = task->type, .announced = static_cast<std::size_t>(count)}));
}
void* create_integer(const redisReadTask* task, long long integer) {
  return place(task, std::make_unique<Value>(Value{.type = task->type, .integer = integer}));
}
void* create_nil(const redisReadTask* task) {
  return place(task, std::make_unique<Value>(Value{.type = task->type, .nil = true}));
}
void free_value(void* value) { delete static_cast<Value*>(value); }

redisReplyObjectFunctions make_functions() {
  redisReplyObjectFunctions functions{};
  functions.createString = create_string;
  functions.createArray = create_array;
  functions.createInteger = create_integer;
  functions.createNil = create_nil;
  functions.freeObject = free_value;
  return functions;
}

std::string reply_text(const Value& value, bool outermost);

std::string elements_text(const Value& value) {
  std::string text;
  const std::size_t shown = std::min(value.elements.size(), elements_shown_max);
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) text += ' ';
    text += reply_text(*value.elements[i], false);
  }
  if (shown < value.elements.size()) text += " ...";
  return text;
}

std::string reply_text(const Value& value, bool outermost) {
  switch (value.type) {
    case REDIS_REPLY_STATUS:
      return '+' + readable(value.text);
    case REDIS_REPLY_ERROR:
      return '-' + readable(value.text);
    case REDIS_REPLY_INTEGER:
      return fmt::format(":{}", value.integer);
    case REDIS_REPLY_ARRAY:
      if (value.nil) return "*-1";
      if (!outermost) return '[' + elements_text(value) + ']';
      return fmt::format("*{}{}{}", value.announced, value.elements.empty() ? "" : " ",
                         elements_text(value));
    default:
      break;
  }
  if (value.nil) return "$-1";
  return outermost ? fmt::format("${} {}", value.text.size(), readable(value.text))
                   : word(value.text);
}

bool is_word(std::string_view text, std::string_view upper) {
  return std::ranges::equal(
      text, upper, [](char a, char b) { return std::toupper(static_cast<unsigned char>(a)) == b; });
}

/// The words of a command as typed, with the credentials that follow AUTH hidden.
std::string command_text(const std::vector<std::string_view>& words) {
  std::string text;
  bool hidden = false;
  for (std::size_t i = 0; i < words.size() && i < elements_shown_max; ++i) {
    if (i > 0) text += ' ';
    text += hidden ? "***" : word(words[i]);
    const bool may_authenticate = i == 0 || is_word(words.front(), "HELLO");
    hidden = hidden || (may_authenticate && is_word(words[i], "AUTH"));
  }
  if (words.size() > elements_shown_max) text += " ...";
  return text;
}

std::string request_text(const Value& value) {
  std::vector<std::string_view> words;
  for (const auto& element : value.elements) {
    if (element->type != REDIS_REPLY_STRING || element->nil) return reply_text(value, true);
    words.push_back(element->text);
  }
  return words.empty() ? reply_text(value, true) : command_text(words);
}

/// Words of an inline command: separated by spaces, as Redis splits them (quotes are left alone).
std::vector<std::string_view> split_words(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t begin = line.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos) return words;
    const std::size_t end = std::min(line.find_first_of(" \t\r\n", begin), line.size());
    words.push_back(line.substr(begin, end - begin));
    line.remove_prefix(end);
  }
}

}  // namespace

void RespDecoder::ReaderDeleter::operator()(redisReader* reader) const { redisReaderFree(reader); }

RespDecoder::RespDecoder(bool from_client) : from_client_(from_client) {
  static redisReplyObjectFunctions functions = make_functions();
  reader_.reset(redisReaderCreateWithFunctions(&functions));
  if (!reader_) throw std::bad_alloc();
}

RespDecoder::~RespDecoder() = default;

void RespDecoder::feed(std::string_view bytes, Lines& lines) {
  // Byte by byte: a value's end, and so the beginning of an inline command, is only known that way.
  for (const char byte : bytes) {
    if (state_ == State::between) {
      state_ = from_client_ && byte != '*' ? State::inline_command : State::value;
    }
    switch (state_) {
      case State::inline_command:
        feed_inline(byte, lines);
        break;
      case State::value:
        feed_value(byte, lines);
        break;
      case State::between:
        break;
      case State::dead:
        return;
    }
  }
}

void RespDecoder::feed_inline(char byte, Lines& lines) {
  inline_ += byte;
  if (byte == '\n') {
    if (const auto words = split_words(inline_); !words.empty()) {
      lines.push_back(command_text(words));
    }
    inline_.clear();
    state_ = State::between;
  } else if (inline_.size() > inline_max) {
    lines.emplace_back("RESP violated: an inline command of more than 64 KiB");
    inline_.clear();
    state_ = State::dead;
  }
}

void RespDecoder::feed_value(char byte, Lines& lines) {
  void* reply = nullptr;
  const bool fed = redisReaderFeed(reader_.get(), &byte, 1) == REDIS_OK;
  if (!fed || redisReaderGetReply(reader_.get(), &reply) != REDIS_OK) {
    lines.push_back("RESP violated: " + readable(reader_->errstr));
    state_ = State::dead;
  } else if (reply != nullptr) {
    const std::unique_ptr<Value> value(static_cast<Value*>(reply));
    lines.push_back(from_client_ ? request_text(*value) : reply_text(*value, true));
    state_ = State::between;
  }
}

}  // namespace raceproof::trace
