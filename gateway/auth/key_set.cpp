// JSON Web Key Sets (RFC 7517, RFC 7518 section 6.3): from modulus and exponent to PEM, which is
// what libjwt takes. See jwt.hpp.
#include <memory>
#include <nlohmann/json.hpp>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <stdexcept>

#include "gateway/auth/base64url.hpp"
#include "gateway/auth/jwt.hpp"

namespace raceproof::gateway {

namespace {

using nlohmann::json;

constexpr std::size_t keys_max = 100;
constexpr int rsa_bits_min = 2048;  // RFC 7518 section 3.3
constexpr std::size_t number_bytes_max = 2048;

template <class T, void (*destroy)(T*)>
struct Destroy {
  void operator()(T* object) const { destroy(object); }
};
void free_bio(BIO* bio) { BIO_free(bio); }

using Number = std::unique_ptr<BIGNUM, Destroy<BIGNUM, BN_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Destroy<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Destroy<OSSL_PARAM, OSSL_PARAM_free>>;
using Context = std::unique_ptr<EVP_PKEY_CTX, Destroy<EVP_PKEY_CTX, EVP_PKEY_CTX_free>>;
using Key = std::unique_ptr<EVP_PKEY, Destroy<EVP_PKEY, EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, Destroy<BIO, free_bio>>;

/// The text under `name`; empty when there is none.
std::string text_of(const json& key, const char* name) {
  const auto it = key.find(name);
  return it != key.end() && it->is_string() ? it->get<std::string>() : std::string();
}

Number number_of(const json& key, const char* name) {
  const auto bytes = base64url_decode(text_of(key, name));
  if (!bytes || bytes->empty() || bytes->size() > number_bytes_max) return nullptr;
  return Number(BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes->data()),
                          static_cast<int>(bytes->size()), nullptr));
}

Key make_rsa_key(const BIGNUM* modulus, const BIGNUM* exponent) {
  const Builder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus);
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent);
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  const Context context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata_init(context.get()) <= 0 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) <= 0) {
    return nullptr;
  }
  return Key(key);
}

std::string to_pem(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PUBKEY(bio.get(), key) != 1) return {};
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

/// The PEM of one key; empty when it is not for verifying RS256.
std::string read_key(const json& key) {
  if (!key.is_object() || text_of(key, "kty") != "RSA") return {};
  if (const auto use = text_of(key, "use"); !use.empty() && use != "sig") return {};
  if (const auto algorithm = text_of(key, "alg"); !algorithm.empty() && algorithm != "RS256") {
    return {};
  }
  const Number modulus = number_of(key, "n");
  const Number exponent = number_of(key, "e");
  if (!modulus || !exponent || BN_num_bits(modulus.get()) < rsa_bits_min) return {};
  const Key made = make_rsa_key(modulus.get(), exponent.get());
  return made ? to_pem(made.get()) : std::string();
}

}  // namespace

std::map<std::string, std::string> read_key_set(std::string_view text) {
  const json set = json::parse(text, nullptr, false);
  const auto keys = set.is_object() ? set.find("keys") : set.end();
  if (!set.is_object() || keys == set.end() || !keys->is_array()) {
    throw std::invalid_argument("not a JSON Web Key Set");
  }
  std::map<std::string, std::string> usable;
  for (const json& key : *keys) {
    if (usable.size() == keys_max) break;
    std::string pem = read_key(key);
    if (!pem.empty()) usable.emplace(text_of(key, "kid"), std::move(pem));
  }
  return usable;
}

}  // namespace raceproof::gateway
