#include "gateway/resp/reader.hpp"

#include <hiredis/read.h>
#include <new>

namespace raceproof::gateway::resp {

namespace {

/// Where the reply of `task` goes: its place in the parent's elements, or a root of its own.
Reply* place(const redisReadTask* task) {
  if (task->parent == nullptr) return new Reply();
  auto* parent = static_cast<Reply*>(task->parent->obj);
  return &parent->elements[static_cast<std::size_t>(task->idx)];
}

void* create_string(const redisReadTask* task, char* text, std::size_t size) {
  Reply* reply = place(task);
  reply->type = task->type == REDIS_REPLY_ERROR    ? Reply::Type::error
                : task->type == REDIS_REPLY_STATUS ? Reply::Type::status
                                                   : Reply::Type::string;
  reply->text.assign(text, size);
  return reply;
}

/// More elements than the gateway ever asks for: their count comes before them, and one line must
/// not be able to take all memory.
constexpr int elements_max = 1 << 16;
/// Bytes of a reply that is not complete.
constexpr std::size_t incomplete_bytes_max = 16 << 20;

/// Null is hiredis' form of "out of memory": it breaks the reader.
void* create_array(const redisReadTask* task, int elements) {
  if (elements > elements_max) return nullptr;
  Reply* reply = place(task);
  reply->type = Reply::Type::array;
  reply->elements.resize(static_cast<std::size_t>(elements));
  return reply;
}

void* create_integer(const redisReadTask* task, long long value) {
  Reply* reply = place(task);
  reply->type = Reply::Type::integer;
  reply->integer = value;
  return reply;
}

void* create_nil(const redisReadTask* task) { return place(task); }

/// hiredis frees only roots.
void free_reply(void* reply) { delete static_cast<Reply*>(reply); }

// hiredis takes it by non-const pointer and never writes to it.
redisReplyObjectFunctions functions{create_string, create_array, create_integer, create_nil,
                                    free_reply};

}  // namespace

void Reader::Free::operator()(redisReader* reader) const { redisReaderFree(reader); }

Reader::Reader() : reader_(redisReaderCreateWithFunctions(&functions)) {
  if (!reader_) throw std::bad_alloc();
}
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;
Reader::~Reader() = default;

void Reader::feed(std::string_view bytes) {
  if (too_long_) return;
  too_long_ = reader_->len - reader_->pos + bytes.size() > incomplete_bytes_max;
  if (!too_long_) redisReaderFeed(reader_.get(), bytes.data(), bytes.size());
}

std::optional<Reply> Reader::next() {
  void* object = nullptr;
  if (redisReaderGetReply(reader_.get(), &object) != REDIS_OK || object == nullptr) return {};
  const std::unique_ptr<Reply> reply(static_cast<Reply*>(object));
  return std::move(*reply);
}

bool Reader::broken() const { return too_long_ || reader_->err != 0; }

std::string Reader::error() const { return too_long_ ? "a reply too long" : reader_->errstr; }

}  // namespace raceproof::gateway::resp
