#include "harness/campaign/tokens.hpp"

#include "fakes/auth/token.hpp"
#include "harness/scenario/variant_reader.hpp"

namespace raceproof::campaign {

namespace {

using fakes::auth::TokenKind;
using fakes::auth::TokenSpec;

constexpr std::int64_t minute = 60;
constexpr std::int64_t hour = 60 * minute;

class TokenMaker {
 public:
  TokenMaker(const scenario::ResolvedVariant& variant, std::int64_t unix_seconds)
      : variant_(variant), jwt_(variant.gateway.auth.jwt), begin_(unix_seconds) {}

  /// Whether anybody looks at tokens.
  [[nodiscard]] bool needed() const {
    return variant_.backends.auth.has_value() || variant_.gateway.auth.enabled();
  }

  /// The token that `connect` asks for in words; what it says otherwise.
  std::string make(const fakes::client::Connect& connect, const std::string& client) {
    const bool in_words = std::ranges::find(fakes::client::token_words, connect.token) !=
                          std::end(fakes::client::token_words);
    if (!in_words || connect.token == "none") return connect.token;
    const bool rs256 = jwt_.algorithm == gateway::JwtAlgorithm::rs256;
    TokenSpec spec;
    spec.kind = rs256 ? TokenKind::rs256 : TokenKind::hs256;
    spec.user = connect.user.empty() ? client : connect.user;
    spec.now = begin_;
    spec.expires_in = 24 * hour;
    spec.audience = jwt_.audience;
    spec.issuer = jwt_.issuer;
    spec.id = client + '-' + std::to_string(++made_);
    if (variant_.backends.auth) {
      spec.secret = variant_.backends.auth->secret;
    } else if (jwt_.secret) {
      spec.secret = *jwt_.secret;
    }
    if (connect.token_valid) set_times(*connect.token_valid, spec);
    if (connect.token == "expired") {
      spec.now = begin_ - 2 * hour;
      spec.expires_in = hour;
    } else if (connect.token == "not_yet_valid") {
      spec.valid_in = hour;
    } else if (connect.token == "forged") {
      spec.kind = rs256 ? TokenKind::forged_rs256 : TokenKind::forged;
    } else if (connect.token == "wrong_audience") {
      spec.audience = "another-service";
    }
    return fakes::auth::make_token(spec);
  }

 private:
  void set_times(const fakes::client::TokenValidity& validity, TokenSpec& spec) const {
    constexpr std::int64_t second = 1'000'000'000;
    // Lint has seen to it that these are numbers.
    const std::int64_t from = scenario::value_of(variant_, validity.from).value_or(0) / second;
    const std::int64_t span = scenario::value_of(variant_, validity.span).value_or(0) / second;
    spec.valid_in = from;
    spec.expires_in = from + span;
  }

  const scenario::ResolvedVariant& variant_;
  const gateway::JwtSettings& jwt_;
  std::int64_t begin_;
  int made_ = 0;
};

}  // namespace

std::vector<fakes::client::Script> with_tokens(const scenario::ResolvedVariant& variant,
                                               std::int64_t unix_seconds) {
  auto scripts = variant.clients;
  TokenMaker maker(variant, unix_seconds);
  if (!maker.needed()) return scripts;
  for (auto& script : scripts) {
    for (auto& step : script.steps) {
      if (auto* connect = std::get_if<fakes::client::Connect>(&step)) {
        connect->token = maker.make(*connect, script.name);
      }
    }
  }
  return scripts;
}

}  // namespace raceproof::campaign
