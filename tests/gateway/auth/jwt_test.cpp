// Tokens: what is accepted, and every way in which one is not. The tokens are made by other code
// (OpenSSL) than the one that checks them (libjwt).
#include "gateway/auth/jwt.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "gateway/auth/base64url.hpp"
#include "tests/gateway/auth/auth_world.hpp"

namespace raceproof::gateway::testing {
namespace {

using fakes::auth::make_token;
using Status = JwtResult::Status;
using namespace std::chrono_literals;

JwtSettings hs256() {
  JwtSettings settings;
  settings.secret = std::string(fakes::auth::test_secret);
  return settings;
}
JwtSettings rs256() {
  JwtSettings settings;
  settings.algorithm = JwtAlgorithm::rs256;
  settings.public_key = std::string(fakes::auth::test_public_key);
  return settings;
}
std::string token_of_kind(TokenKind kind) {
  TokenSpec spec = token_spec("alice");
  spec.kind = kind;
  return make_token(spec);
}
Status status_of(const JwtSettings& settings, const std::string& token) {
  return JwtVerifier(settings).verify(token).status;
}

TEST(Base64Url, DecodesWhatAnEncoderGivesAndNothingElse) {
  EXPECT_EQ(base64url_decode(""), "");
  EXPECT_EQ(base64url_decode("Zg"), "f");
  EXPECT_EQ(base64url_decode("Zm8"), "fo");
  EXPECT_EQ(base64url_decode("Zm9v"), "foo");
  EXPECT_EQ(base64url_decode("_-8"), "\xFF\xEF");
  for (const auto* bad : {"Z", "Zm9vY", "Zg==", "Zm9v\n", "Zm+v", "Zm/v", "Zh", "Zm9", " Zg"}) {
    EXPECT_EQ(base64url_decode(bad), std::nullopt) << bad;
  }
}

TEST(Jwt, ReadsTheClaimsOfASignedToken) {
  TokenSpec spec = token_spec("alice");
  spec.valid_in = -5;
  spec.audience = "chat";
  spec.issuer = "us";
  for (const auto kind : {TokenKind::hs256, TokenKind::rs256}) {
    spec.kind = kind;
    const auto settings = kind == TokenKind::hs256 ? hs256() : rs256();
    const auto result = JwtVerifier(settings).verify(make_token(spec));
    ASSERT_EQ(result.status, Status::valid);
    EXPECT_EQ(result.claims.user, "alice");
    EXPECT_EQ(result.claims.expires, sim::epoch_unix_seconds + 3600);
    EXPECT_EQ(result.claims.not_before, sim::epoch_unix_seconds - 5);
    EXPECT_EQ(result.claims.audience, std::vector<std::string>{"chat"});
    EXPECT_EQ(result.claims.issuer, "us");
  }
}

TEST(Jwt, RefusesOtherSignatures) {
  EXPECT_EQ(status_of(hs256(), token_of_kind(TokenKind::forged)), Status::bad_signature);
  EXPECT_EQ(status_of(hs256(), token_of_kind(TokenKind::unsigned_)), Status::bad_signature);
  EXPECT_EQ(status_of(rs256(), token_of_kind(TokenKind::forged_rs256)), Status::bad_signature);
  EXPECT_EQ(status_of(rs256(), token_of_kind(TokenKind::unsigned_)), Status::bad_signature);
}

// The public key of RS256 is no secret of HS256, and neither algorithm stands in for the other.
TEST(Jwt, RefusesAlgorithmConfusion) {
  EXPECT_EQ(status_of(rs256(), token_of_kind(TokenKind::confused)), Status::bad_signature);
  EXPECT_EQ(status_of(rs256(), token_of_kind(TokenKind::hs256)), Status::bad_signature);
  EXPECT_EQ(status_of(hs256(), token_of_kind(TokenKind::rs256)), Status::bad_signature);
}

// Every single character of a token counts: no bit may change unnoticed.
TEST(Jwt, RefusesEveryChangedCharacter) {
  const std::string token = token_of("alice");
  const JwtSettings settings = hs256();
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_NE(status_of(settings, changed), Status::valid) << i;
    changed = token;
    changed.erase(i, 1);
    EXPECT_NE(status_of(settings, changed), Status::valid) << i;
  }
}

TEST(Jwt, TellsWhatIsNoToken) {
  const std::string token = token_of("alice");
  for (const std::string& text :
       {std::string("x"), std::string("."), std::string(".."), std::string("a.b"),
        std::string("a.b.c"), token + ".x", token + "=", " " + token, token + std::string(1, '\0'),
        token_of_kind(TokenKind::garbage)}) {
    EXPECT_EQ(status_of(hs256(), text), Status::malformed) << text;
  }
}

/// A token with these claims, really signed.
std::string token_with(const std::string& claims, const std::string& header_fields = "") {
  return fakes::auth::sign_token(R"({"alg":"HS256")" + header_fields + "}", claims,
                                 fakes::auth::test_secret);
}

// A good signature under claims that cannot be used.
TEST(Jwt, RefusesUnusableClaims) {
  EXPECT_EQ(status_of(hs256(), token_with(R"({"sub":"a","exp":1})")), Status::valid);
  EXPECT_EQ(status_of(hs256(), token_with(R"({"sub":"a","exp":1.5,"nbf":0.5})")), Status::valid);
  for (const auto* claims :
       {R"({"sub":"a"})", R"({"exp":1})", R"({"sub":"","exp":1})", R"({"sub":7,"exp":1})",
        R"({"sub":"a\nb","exp":1})", R"({"sub":"a","exp":"1"})", R"({"sub":"a","exp":null})",
        R"({"sub":"a","exp":1,"nbf":"x"})", R"({"sub":"a","exp":1,"iss":7})",
        R"({"sub":"a","exp":1,"aud":7})", R"({"sub":"a","exp":1,"aud":["x",7]})", R"(["sub"])",
        R"("sub")", "{"}) {
    EXPECT_EQ(status_of(hs256(), token_with(claims)), Status::malformed) << claims;
  }
  EXPECT_EQ(status_of(hs256(), token_with(R"({"sub":")" + std::string(257, 'a') + R"(","exp":1})")),
            Status::malformed);
  const std::string fine = R"({"sub":"a","exp":1})";
  EXPECT_EQ(status_of(hs256(), token_with(fine, R"(,"crit":["exp"])")), Status::malformed);
  EXPECT_EQ(status_of(hs256(), token_with(fine, R"(,"kid":7)")), Status::malformed);
}

// Times that no clock will ever show are cut, not wrapped around.
TEST(Jwt, CutsAbsurdTimes) {
  const auto expires = [](const char* claims) {
    return JwtVerifier(hs256()).verify(token_with(claims)).claims.expires;
  };
  EXPECT_EQ(expires(R"({"sub":"a","exp":1e300})"), 8'000'000'000);
  EXPECT_EQ(expires(R"({"sub":"a","exp":-5})"), 0);
  EXPECT_NE(status_of(hs256(), token_with(R"({"sub":"a","exp":99999999999999999999})")),
            Status::valid)
      << "an integer that fits nowhere";
}

TEST(KeySet, KeepsWhatVerifiesRs256) {
  const auto keys = read_key_set(fakes::auth::test_key_set);
  ASSERT_EQ(keys.size(), 1U);
  EXPECT_EQ(keys.begin()->first, fakes::auth::test_key_id);
  EXPECT_EQ(keys.begin()->second, fakes::auth::test_public_key);
}

TEST(KeySet, LeavesOutTheRest) {
  const nlohmann::json good = nlohmann::json::parse(fakes::auth::test_key_set)["keys"][0];
  nlohmann::json set{{"keys", nlohmann::json::array()}};
  const auto add = [&](const char* field, const char* value) {
    auto key = good;
    key[field] = value;
    set["keys"].push_back(key);
  };
  add("kty", "oct");
  add("use", "enc");
  add("alg", "RS512");
  add("n", "AQAB");  // 17 bits
  add("n", "not base64url!");
  add("e", "");
  set["keys"].push_back("a text");
  set["keys"].push_back({{"kty", "RSA"}});
  EXPECT_TRUE(read_key_set(set.dump()).empty());
  set["keys"].push_back(good);
  EXPECT_EQ(read_key_set(set.dump()).size(), 1U);
  for (const auto* text : {"", "{", "[]", "{}", R"({"keys":7})", "null"}) {
    EXPECT_THROW(read_key_set(text), std::invalid_argument) << text;
  }
}

// Which key a token is held against.
TEST(KeySet, IsAskedById) {
  TokenSpec spec = token_spec("alice");
  spec.kind = TokenKind::rs256;
  const auto named = make_token(spec);
  spec.key_id = "another";
  const auto unknown = make_token(spec);
  spec.key_id = "";
  const auto unnamed = make_token(spec);

  JwtSettings settings = rs256();
  EXPECT_EQ(status_of(settings, unknown), Status::valid) << "one configured key fits all ids";
  settings.public_key.reset();
  settings.key_set = "/jwks.json";
  JwtVerifier verifier(settings);
  EXPECT_EQ(verifier.verify(named).status, Status::unknown_key);
  EXPECT_EQ(verifier.verify(named, true).status, Status::bad_signature);
  verifier.use_key_set(read_key_set(fakes::auth::test_key_set));
  EXPECT_EQ(verifier.verify(named).status, Status::valid);
  EXPECT_EQ(verifier.verify(unnamed).status, Status::valid) << "there is only one";
  EXPECT_EQ(verifier.verify(unknown).status, Status::unknown_key);
  EXPECT_EQ(verifier.verify(unknown, true).status, Status::bad_signature);
}

/// What the claims of a token are worth `after` the beginning of a run.
AuthReason reason_of(const TokenSpec& spec, JwtSettings settings, Duration after = {}) {
  AuthReason reason = AuthReason::service_error;
  settings.secret = std::string(fakes::auth::test_secret);
  const auto result = JwtVerifier(settings).verify(make_token(spec));
  EXPECT_EQ(result.status, Status::valid);
  explore::BaselineDecider decider;
  sim::World world;
  sim::RunOptions options;
  options.horizon = std::chrono::hours(2);
  world.begin(options, decider);
  const auto check = [&](Runtime& runtime) -> Awaitable<> {
    co_await runtime.sleep_for(after, "until then");
    reason = check_claims(runtime, settings, result.claims);
    world.stop();
  };
  world.add_process(
      {.name = "gateway",
       .start = [&](Runtime& runtime,
                    const Executor& root) { spawn(runtime, root, "check", check(runtime)); },
       .destroy = [] {}});
  EXPECT_EQ(world.run(), sim::RunEnd::stopped);
  world.end();
  return reason;
}

// exp and nbf hold to the nanosecond, moved by the skew.
TEST(Claims, AreHeldAgainstTheSeamsTime) {
  JwtSettings settings;
  settings.skew = 5s;
  TokenSpec spec = token_spec("alice");
  spec.expires_in = 60;
  EXPECT_EQ(reason_of(spec, settings, 65s - 1ns), AuthReason::none);
  EXPECT_EQ(reason_of(spec, settings, 65s), AuthReason::expired);
  spec.valid_in = 30;
  EXPECT_EQ(reason_of(spec, settings, 25s - 1ns), AuthReason::not_yet_valid);
  EXPECT_EQ(reason_of(spec, settings, 25s), AuthReason::none);
  spec.expires_in = -3600;
  EXPECT_EQ(reason_of(spec, settings), AuthReason::expired);
}

TEST(Claims, AudienceAndIssuerMustBeOurs) {
  JwtSettings settings;
  TokenSpec spec = token_spec("alice");
  spec.audience = "chat";
  spec.issuer = "us";
  EXPECT_EQ(reason_of(spec, settings), AuthReason::none) << "nothing is asked for";
  settings.audience = "chat";
  settings.issuer = "us";
  EXPECT_EQ(reason_of(spec, settings), AuthReason::none);
  settings.audience = "mail";
  EXPECT_EQ(reason_of(spec, settings), AuthReason::wrong_audience);
  settings.audience = "chat";
  settings.issuer = "them";
  EXPECT_EQ(reason_of(spec, settings), AuthReason::wrong_issuer);
  spec.issuer.reset();
  spec.audience.reset();
  EXPECT_EQ(reason_of(spec, settings), AuthReason::wrong_audience);
}

}  // namespace
}  // namespace raceproof::gateway::testing
