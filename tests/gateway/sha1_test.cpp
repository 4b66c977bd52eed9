// Passing means: scripts get the names that Redis gives them.
#include "gateway/sha1.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <string>

#include "gateway/scripts.hpp"

namespace raceproof::gateway {
namespace {

std::string openssl_sha1(const std::string& text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr);
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    hex += "0123456789abcdef"[digest[i] >> 4];
    hex += "0123456789abcdef"[digest[i] & 0xF];
  }
  return hex;
}

// Equal to OpenSSL for every length around the block boundaries.
TEST(Sha1, AgreesWithOpenSsl) {
  std::string text;
  for (int i = 0; i < 200; ++i) {
    const auto hex = sha1_hex(text);
    EXPECT_EQ(std::string(hex.data(), hex.size()), openssl_sha1(text)) << text.size();
    text += static_cast<char>('a' + i % 26);
  }
}

// The name used for EVALSHA is the digest of the script that is loaded.
TEST(Sha1, NamesTheRegistrationScript) {
  EXPECT_EQ(register_session_sha, openssl_sha1(std::string(register_session_script)));
}

}  // namespace
}  // namespace raceproof::gateway
