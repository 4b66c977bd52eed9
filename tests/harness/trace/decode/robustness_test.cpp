// Whatever the bytes and however they are split: no crash, and the same lines.
#include <gtest/gtest.h>
#include <random>

#include "tests/harness/trace/decode/conversation.hpp"

namespace raceproof::trace {
namespace {

const std::string ping = "*1\r\n$4\r\nPING\r\n";

std::vector<Conversation> samples() {
  return {
      {{true, upgrade_request},
       {false, upgrade_response + frame(0x81, "{\"type\":\"connection_established\"}", false)},
       {true, frame(0x81, "hello \xc3\xa9", true) + frame(0x82, std::string(300, 'b'), true)},
       {false, frame(0x88, "\x03\xf3no subscriber", false)},
       {true, frame(0x88, "\x03\xf3", true)}},
      {{true, "POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET /b HTTP/1.1\r\n\r\n"},
       {false,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone"}},
      {{true, ping + "*2\r\n$9\r\nSUBSCRIBE\r\n$9\r\ngateway:1\r\nQUIT\r\n"},
       {false, "+PONG\r\n*3\r\n$9\r\nsubscribe\r\n$9\r\ngateway:1\r\n:1\r\n-ERR no\r\n?"}},
  };
}

// Passing means: no split of a real conversation changes a line of it.
TEST(Robustness, SplitsMakeNoDifference) {
  for (const auto& sample : samples()) {
    const Lines whole = decode(sample);
    ASSERT_GE(whole.size(), 5U);
    for (const std::size_t piece : {1U, 2U, 3U, 5U, 7U, 16U, 61U}) {
      EXPECT_EQ(decode(sample, piece), whole) << "pieces of " << piece;
    }
  }
}

// Passing means: conversations with random bytes changed, dropped or added never crash the decoder,
// and its lines still do not depend on the split.
TEST(Robustness, DamagedConversationsDoNotCrash) {
  std::mt19937 random(20251);
  const auto below = [&](std::size_t limit) { return random() % limit; };
  const auto originals = samples();
  for (int round = 0; round < 3000; ++round) {
    Conversation damaged = originals[below(originals.size())];
    for (std::size_t wound = 0; wound <= below(4); ++wound) {
      std::string& bytes = damaged[below(damaged.size())].bytes;
      if (bytes.empty()) continue;
      const std::size_t at = below(bytes.size());
      switch (below(4)) {
        case 0:
          bytes[at] = static_cast<char>(below(256));
          break;
        case 1:
          bytes.erase(at, 1 + below(4));
          break;
        case 2:
          bytes.insert(at, 1 + below(4), static_cast<char>(below(256)));
          break;
        default:
          bytes.insert(at, bytes.substr(below(bytes.size()), below(40)));
          break;
      }
    }
    ASSERT_EQ(decode(damaged, 1), decode(damaged)) << "round " << round;
  }
}

// Passing means: the same holds for bytes that were never a conversation.
TEST(Robustness, NoiseDoesNotCrash) {
  std::mt19937 random(4711);
  const std::string starts = "*$+-:GH\x81";
  for (int round = 0; round < 3000; ++round) {
    Conversation noise;
    for (int turn = 0; turn < 4; ++turn) {
      std::string bytes(1, starts[random() % starts.size()]);
      for (std::size_t length = random() % 200; length > 0; --length) {
        const bool structural = random() % 3 == 0;
        bytes += structural ? "\r\n0123456789*$:"[random() % 15] : static_cast<char>(random());
      }
      noise.push_back({turn % 2 == 0, bytes});
    }
    ASSERT_EQ(decode(noise, 1), decode(noise)) << "round " << round;
  }
}

}  // namespace
}  // namespace raceproof::trace
