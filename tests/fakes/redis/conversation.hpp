// Conversations with a Redis server: what is sent on which connection, and when the answer is
// complete. Free of I/O, so that every subject of the contract suite plays the same ones.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace raceproof::fakes::redis::test {

/// How one knows that all bytes of an answer have come.
enum class Until {
  marker,     ///< a PING with a mark of its own is sent after the bytes; its answer ends theirs
  one_reply,  ///< exactly one reply: inside MULTI, where a PING would be queued
  none,       ///< nothing is waited for
  closed,     ///< the server closes the connection
};

/// One exchange. With no bytes it only collects what the server has sent of its own accord.
struct Step {
  int connection = 0;
  std::string bytes;
  Until until = Until::marker;
  std::string text;  ///< the command in words, for messages
};

struct Conversation {
  std::string name;
  std::vector<Step> steps;
  int connections = 1;
};

/// The request as an array of bulks.
std::string encode(const std::vector<std::string>& arguments);

/// The bytes at the front of `bytes` that are one complete reply; 0 when there is none yet.
std::size_t reply_size(std::string_view bytes);

/// Collects the answer to one step.
class Collector {
 public:
  Collector(const Step& step, std::size_t ordinal);
  /// What is to be sent.
  [[nodiscard]] const std::string& request() const { return request_; }
  void feed(std::string_view bytes) { received_ += bytes; }
  /// The connection has ended.
  void end() { ended_ = true; }
  [[nodiscard]] bool complete() const;
  /// The answer, without the mark's. A connection that ended too early is part of it.
  [[nodiscard]] std::string answer() const;

 private:
  Until until_;
  std::string mark_;  ///< the end of the answer to the marking PING
  std::string request_;
  std::string received_;
  bool ended_ = false;
};

}  // namespace raceproof::fakes::redis::test
