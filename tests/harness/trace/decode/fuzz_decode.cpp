// libFuzzer target: the first byte of each piece chooses direction and length, the rest is
// delivered. Fails when the decoder crashes or when its lines depend on the split.
#include <cstdint>
#include <cstdlib>

#include "tests/harness/trace/decode/conversation.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  raceproof::trace::Conversation conversation;
  while (size > 0) {
    const std::uint8_t control = *data++;
    --size;
    const std::size_t length = std::min<std::size_t>(size, std::size_t{control} & 0x7FU);
    const char* bytes = reinterpret_cast<const char*>(data);
    conversation.push_back({(control & 0x80U) != 0, std::string(bytes, length)});
    data += length;
    size -= length;
  }
  if (raceproof::trace::decode(conversation) != raceproof::trace::decode(conversation, 1)) {
    std::abort();
  }
  return 0;
}
