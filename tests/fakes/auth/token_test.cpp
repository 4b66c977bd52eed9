// Tokens as the fake makes and reads them.
#include "fakes/auth/token.hpp"

#include <gtest/gtest.h>

namespace raceproof::fakes::auth {
namespace {

constexpr std::int64_t now = 1'757'359'320;

TokenSpec spec_of(TokenKind kind) {
  TokenSpec spec;
  spec.kind = kind;
  spec.user = "alice";
  spec.now = now;
  return spec;
}
ReadToken read(const std::string& token) { return read_token(token, test_secret); }

// The example of RFC 7515, appendix A.1: what anybody else makes of the same key, header and
// claims.
TEST(Token, IsThatOfTheStandard) {
  const unsigned char key[] = {0x03, 0x23, 0x35, 0x4B, 0x2B, 0x0F, 0xA5, 0xBC, 0x83, 0x7E, 0x06,
                               0x65, 0x77, 0x7B, 0xA6, 0x8F, 0x5A, 0xB3, 0x28, 0xE6, 0xF0, 0x54,
                               0xC9, 0x28, 0xA9, 0x0F, 0x84, 0xB2, 0xD2, 0x50, 0x2E, 0xBF, 0xD3,
                               0xFB, 0x5A, 0x92, 0xD2, 0x06, 0x47, 0xEF, 0x96, 0x8A, 0xB4, 0xC3,
                               0x77, 0x62, 0x3D, 0x22, 0x3D, 0x2E, 0x21, 0x72, 0x05, 0x2E, 0x4F,
                               0x08, 0xC0, 0xCD, 0x9A, 0xF5, 0x67, 0xD0, 0x80, 0xA3};
  const std::string_view secret(reinterpret_cast<const char*>(key), sizeof key);
  EXPECT_EQ(sign_token("{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}",
                       "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n "
                       "\"http://example.com/is_root\":true}",
                       secret),
            "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAs"
            "DQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1g"
            "FWFOEjXk");
}

TEST(Token, IsReadAsItWasMade) {
  for (const auto kind : {TokenKind::hs256, TokenKind::rs256}) {
    TokenSpec spec = spec_of(kind);
    spec.expires_in = 60;
    spec.id = "7";
    spec.audience = "chat";
    spec.issuer = "us";
    const auto token = read(make_token(spec));
    EXPECT_TRUE(token.valid);
    EXPECT_EQ(token.user, "alice");
    EXPECT_EQ(token.id, "7");
    EXPECT_EQ(token.expires, now + 60);
    EXPECT_EQ(token.audience, "chat");
    EXPECT_EQ(token.issuer, "us");
  }
}

TEST(Token, IsAFunctionOfItsSpec) {
  for (const auto kind : {TokenKind::hs256, TokenKind::rs256, TokenKind::unsigned_}) {
    EXPECT_EQ(make_token(spec_of(kind)), make_token(spec_of(kind)));
  }
}

TEST(Token, BadOnesAreNotValid) {
  for (const auto kind : {TokenKind::forged, TokenKind::forged_rs256, TokenKind::unsigned_,
                          TokenKind::confused, TokenKind::garbage}) {
    EXPECT_FALSE(read(make_token(spec_of(kind))).valid) << static_cast<int>(kind);
  }
  EXPECT_EQ(read(make_token(spec_of(TokenKind::forged))).user, "alice") << "it still says so";
  const auto token = make_token(spec_of(TokenKind::hs256));
  EXPECT_FALSE(read_token(token, "another secret").valid);
  for (const auto& text :
       {std::string(), std::string("."), std::string("a.b"), std::string("a.b.c"),
        std::string("é.ü.ö"), token + "x", std::string("A.A.A")}) {
    EXPECT_FALSE(read(text).valid) << text;
  }
}

}  // namespace
}  // namespace raceproof::fakes::auth
