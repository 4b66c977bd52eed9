#include "gateway/auth/jwt.hpp"

#include <algorithm>
#include <array>
#include <jwt.h>
#include <memory>
#include <nlohmann/json.hpp>

#include "gateway/auth/base64url.hpp"

namespace raceproof::gateway {

namespace {

using nlohmann::json;
using Status = JwtResult::Status;

constexpr double seconds_max = 8e9;  // Instant reaches to 2262
constexpr std::size_t user_bytes_max = 256;

struct FreeJwt {
  void operator()(jwt_t* jwt) const { jwt_free(jwt); }
};

/// A JSON object in base64url; discarded when it is anything else.
json decode_object(std::string_view part) {
  const auto text = base64url_decode(part);
  if (!text) return json(json::value_t::discarded);
  json value = json::parse(*text, nullptr, false);
  return value.is_object() ? value : json(json::value_t::discarded);
}

/// Header, claims and signature, if there are exactly three parts and none is empty.
std::optional<std::array<std::string_view, 3>> split(std::string_view token) {
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  std::array<std::string_view, 3> parts{token.substr(0, first),
                                        token.substr(first + 1, second - first - 1),
                                        token.substr(second + 1)};
  if (parts[0].empty() || parts[1].empty()) return std::nullopt;
  return parts;
}

std::optional<std::int64_t> read_date(const json& claims, const char* name) {
  const auto it = claims.find(name);
  if (it == claims.end() || !it->is_number()) return std::nullopt;
  return clamp_unix_time(it->get<double>());
}

/// What we need of the claims; nothing when one of them is missing or not what it should be.
std::optional<JwtClaims> read_claims(const json& from) {
  JwtClaims claims;
  const auto expires = read_date(from, "exp");
  const auto user = from.find("sub");
  if (!expires || user == from.end() || !user->is_string()) return std::nullopt;
  claims.expires = *expires;
  claims.user = user->get<std::string>();
  if (!is_user_name(claims.user)) return std::nullopt;
  if (from.contains("nbf")) {
    claims.not_before = read_date(from, "nbf");
    if (!claims.not_before) return std::nullopt;
  }
  if (const auto issuer = from.find("iss"); issuer != from.end()) {
    if (!issuer->is_string()) return std::nullopt;
    claims.issuer = issuer->get<std::string>();
  }
  if (const auto audience = from.find("aud"); audience != from.end()) {
    const json list = audience->is_array() ? *audience : json::array({*audience});
    for (const json& one : list) {
      if (!one.is_string()) return std::nullopt;
      claims.audience.push_back(one.get<std::string>());
    }
  }
  return claims;
}

bool signature_holds(const std::string& token, const std::string& key, jwt_alg_t algorithm) {
  jwt_t* decoded = nullptr;
  const int error =
      jwt_decode(&decoded, token.c_str(), reinterpret_cast<const unsigned char*>(key.data()),
                 static_cast<int>(key.size()));
  const std::unique_ptr<jwt_t, FreeJwt> owned(decoded);
  return error == 0 && jwt_get_alg(owned.get()) == algorithm;
}

}  // namespace

bool is_user_name(std::string_view text) {
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7F; };
  return !text.empty() && text.size() <= user_bytes_max &&
         std::none_of(text.begin(), text.end(), is_control);
}

std::int64_t clamp_unix_time(double seconds) {
  return static_cast<std::int64_t>(std::clamp(seconds, 0.0, seconds_max));
}

JwtVerifier::JwtVerifier(const JwtSettings& settings) : settings_(settings) {}

const std::string* JwtVerifier::key_for(const std::optional<std::string>& id, bool last_try) const {
  const auto& configured =
      settings_.algorithm == JwtAlgorithm::hs256 ? settings_.secret : settings_.public_key;
  if (settings_.key_set && key_set_) {
    if (id) {
      if (const auto it = key_set_->find(*id); it != key_set_->end()) return &it->second;
    } else if (!configured && key_set_->size() == 1) {
      return &key_set_->begin()->second;
    }
  }
  if (id && settings_.key_set && !last_try) return nullptr;
  return configured ? &*configured : nullptr;
}

JwtResult JwtVerifier::verify(std::string_view token, bool last_try) const {
  const auto parts = split(token);
  if (!parts) return {Status::malformed, {}};
  const json header = decode_object((*parts)[0]);
  const json payload = decode_object((*parts)[1]);
  if (header.is_discarded() || payload.is_discarded() || !base64url_decode((*parts)[2])) {
    return {Status::malformed, {}};
  }
  const auto algorithm = header.find("alg");
  const std::string_view wanted =
      choices(JwtAlgorithm{})[static_cast<std::size_t>(settings_.algorithm)];
  // "crit" names extensions that must be understood (RFC 7515 section 4.1.11); there are none here.
  if (algorithm == header.end() || !algorithm->is_string() || header.contains("crit")) {
    return {Status::malformed, {}};
  }
  if (algorithm->get_ref<const std::string&>() != wanted) return {Status::bad_signature, {}};

  std::optional<std::string> id;
  if (const auto it = header.find("kid"); it != header.end()) {
    if (!it->is_string()) return {Status::malformed, {}};
    id = it->get<std::string>();
  }
  const std::string* key = key_for(id, last_try);
  if (key == nullptr) {
    const bool may_come = settings_.key_set && !last_try;
    return {may_come ? Status::unknown_key : Status::bad_signature, {}};
  }
  const auto known = settings_.algorithm == JwtAlgorithm::hs256 ? JWT_ALG_HS256 : JWT_ALG_RS256;
  if (!signature_holds(std::string(token), *key, known)) return {Status::bad_signature, {}};
  auto claims = read_claims(payload);
  if (!claims) return {Status::malformed, {}};
  return {Status::valid, std::move(*claims)};
}

AuthReason check_claims(Runtime& runtime, const JwtSettings& settings, const JwtClaims& claims) {
  const Instant now = runtime.now();
  if (now >= runtime.at_unix_time(claims.expires) + settings.skew) return AuthReason::expired;
  if (claims.not_before && now < runtime.at_unix_time(*claims.not_before) - settings.skew) {
    return AuthReason::not_yet_valid;
  }
  const auto& audience = claims.audience;
  if (settings.audience &&
      std::find(audience.begin(), audience.end(), *settings.audience) == audience.end()) {
    return AuthReason::wrong_audience;
  }
  if (settings.issuer && claims.issuer != *settings.issuer) return AuthReason::wrong_issuer;
  return AuthReason::none;
}

}  // namespace raceproof::gateway
