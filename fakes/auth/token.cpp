#include "fakes/auth/token.hpp"

#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <stdexcept>

#include "fakes/memo.hpp"

namespace raceproof::fakes::auth {

namespace {

using nlohmann::json;

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Bio = std::unique_ptr<BIO, Free>;
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Digest = std::unique_ptr<EVP_MD_CTX, Free>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// base64url without padding (RFC 4648 section 5), by OpenSSL's base64.
std::string encode(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes_of(bytes),
                                   static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  while (out.ends_with('=')) out.pop_back();
  for (char& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return out;
}

std::optional<std::string> decode(std::string_view text) {
  std::string padded(text);
  for (char& c : padded) c = c == '-' ? '+' : c == '_' ? '/' : c;
  const std::size_t padding = (4 - padded.size() % 4) % 4;
  padded.append(padding, '=');
  std::string out(padded.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes_of(padded),
                                   static_cast<int>(padded.size()));
  if (size < 0 || padding > 2) return std::nullopt;
  out.resize(static_cast<std::size_t>(size) - padding);
  return out;
}

Key read_key(std::string_view pem, bool is_private) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  EVP_PKEY* key = is_private ? PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr)
                             : PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr);
  if (key == nullptr) throw std::runtime_error("the test key cannot be read");
  return Key(key);
}

std::string sign_hs256(std::string_view text, std::string_view secret) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out;
  unsigned size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), bytes_of(text), text.size(),
       out.data(), &size);
  return {reinterpret_cast<const char*>(out.data()), size};
}

std::string sign_rs256(std::string_view text) {
  const Key key = read_key(test_private_key, true);
  const Digest context(EVP_MD_CTX_new());
  std::string out(static_cast<std::size_t>(EVP_PKEY_get_size(key.get())), '\0');
  std::size_t size = out.size();
  const bool done =
      EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                     bytes_of(text), text.size()) == 1;
  if (!done) throw std::runtime_error("RS256 failed");
  out.resize(size);
  return out;
}

bool verify_rs256(std::string_view text, std::string_view signature) {
  const Key key = read_key(test_public_key, false);
  const Digest context(EVP_MD_CTX_new());
  return EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(text),
                          text.size()) == 1;
}

bool is_rsa(TokenKind kind) { return kind == TokenKind::rs256 || kind == TokenKind::forged_rs256; }

std::string claims_of(const TokenSpec& spec) {
  json claims{{"iat", spec.now}};
  if (!spec.user.empty()) claims["sub"] = spec.user;
  if (spec.has_expiry) claims["exp"] = spec.now + spec.expires_in;
  if (spec.valid_in) claims["nbf"] = spec.now + *spec.valid_in;
  if (spec.audience) claims["aud"] = *spec.audience;
  if (spec.issuer) claims["iss"] = *spec.issuer;
  if (spec.id) claims["jti"] = *spec.id;
  return claims.dump();
}

std::string header_of(const TokenSpec& spec) {
  json header{{"typ", "JWT"}, {"alg", "HS256"}};
  if (is_rsa(spec.kind)) {
    header["alg"] = "RS256";
    if (!spec.key_id.empty()) header["kid"] = spec.key_id;
  }
  if (spec.kind == TokenKind::unsigned_) header["alg"] = "none";
  return header.dump();
}

std::string text_of(const json& object, const char* name) {
  const auto it = object.find(name);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

}  // namespace

std::string make_token(const TokenSpec& spec) {
  if (spec.kind == TokenKind::garbage) {
    return encode("not a header") + "." + encode(spec.user) + "." + encode("not a signature");
  }
  const std::string signed_text = encode(header_of(spec)) + "." + encode(claims_of(spec));
  switch (spec.kind) {
    case TokenKind::rs256:
      return signed_text + "." + encode(sign_rs256(signed_text));
    case TokenKind::forged_rs256: {
      TokenSpec other = spec;
      other.user += " (not)";
      const std::string other_text = encode(header_of(other)) + "." + encode(claims_of(other));
      return signed_text + "." + encode(sign_rs256(other_text));
    }
    case TokenKind::unsigned_:
      return signed_text + ".";
    case TokenKind::confused:
      return sign_token(header_of(spec), claims_of(spec), test_public_key);
    case TokenKind::forged:
      return sign_token(header_of(spec), claims_of(spec), "a secret that nobody agreed on");
    default:
      return sign_token(header_of(spec), claims_of(spec), spec.secret);
  }
}

std::string sign_token(std::string_view header, std::string_view claims, std::string_view secret) {
  const std::string signed_text = encode(header) + "." + encode(claims);
  return signed_text + "." + encode(sign_hs256(signed_text, secret));
}

namespace {

ReadToken read_anew(std::string_view token, std::string_view secret) {
  ReadToken read;
  const std::size_t first = token.find('.');
  const std::size_t last = token.rfind('.');
  if (first == std::string_view::npos || first == last) return read;
  const auto header_text = decode(token.substr(0, first));
  const auto claims_text = decode(token.substr(first + 1, last - first - 1));
  const auto signature = decode(token.substr(last + 1));
  if (!header_text || !claims_text || !signature) return read;
  const json header = json::parse(*header_text, nullptr, false);
  const json claims = json::parse(*claims_text, nullptr, false);
  if (!header.is_object() || !claims.is_object()) return read;

  const std::string_view signed_text = token.substr(0, last);
  const std::string algorithm = text_of(header, "alg");
  if (algorithm == "HS256") {
    const std::string expected = sign_hs256(signed_text, secret);
    read.valid = expected.size() == signature->size() &&
                 CRYPTO_memcmp(expected.data(), signature->data(), expected.size()) == 0;
  } else if (algorithm == "RS256") {
    read.valid = verify_rs256(signed_text, *signature);
  }
  read.user = text_of(claims, "sub");
  read.id = text_of(claims, "jti");
  read.audience = text_of(claims, "aud");
  read.issuer = text_of(claims, "iss");
  if (const auto it = claims.find("exp"); it != claims.end() && it->is_number_integer()) {
    read.expires = it->get<std::int64_t>();
  }
  return read;
}

}  // namespace

ReadToken read_token(std::string_view token, std::string_view secret) {
  const auto both = std::to_string(token.size()).append(token).append(secret);
  return remembered(both, [&] { return read_anew(token, secret); });
}

}  // namespace raceproof::fakes::auth
