// libFuzzer target: what a client says about who it is, in two headers, and a key set of the auth
// service. Fails when a token is believed that nobody has signed, or when the answer to the headers
// names a subprotocol that was not offered.
#include <algorithm>
#include <array>
#include <stdexcept>

#include "fakes/auth/keys.hpp"
#include "gateway/auth/credentials.hpp"
#include "gateway/auth/jwt.hpp"
#include "tests/fuzz/require.hpp"

namespace raceproof::gateway {

namespace {

using fuzz::require;

constexpr std::size_t token_bytes_max = 512;

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::size_t end = 0; end != std::string_view::npos;) {
    end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end != std::string_view::npos) text.remove_prefix(end + 1);
  }
  return lines;
}

void check_token(std::string_view token) {
  static const JwtSettings hs256 = [] {
    JwtSettings settings;
    settings.secret = "a secret that no input of the fuzzer was signed with";
    return settings;
  }();
  static const JwtSettings rs256 = [] {
    JwtSettings settings;
    settings.algorithm = JwtAlgorithm::rs256;
    settings.public_key = fakes::auth::test_public_key;
    return settings;
  }();
  for (const auto* settings : {&hs256, &rs256}) {
    const JwtVerifier verifier(*settings);
    for (const bool last_try : {false, true}) {
      require(verifier.verify(token, last_try).status != JwtResult::Status::valid,
              "nobody has signed it, and it is not believed");
    }
  }
}

/// `authorization` and `protocols` are the values of headers.
void check_headers(const std::vector<std::string_view>& authorization,
                   const std::vector<std::string_view>& protocols) {
  const Credentials found = find_credentials(authorization, protocols, token_bytes_max);
  require(found.token.empty() == (found.reason != AuthReason::none), "a token or a reason");
  require(found.problem.empty() == !found.token.empty(), "a problem has a name");
  require(found.token.size() <= token_bytes_max, "a token is within the limit");
  if (!found.subprotocol.empty()) {
    const auto offered = [&found](std::string_view value) {
      return value.find(found.subprotocol) != std::string_view::npos;
    };
    require(std::ranges::any_of(protocols, offered), "an answer names what was offered");
    constexpr std::array<std::string_view, 3> names{"agent_chat", "jwt", "jwt-auth"};
    require(std::ranges::find(names, found.subprotocol) != names.end(), "and what is known");
  }
  if (!found.token.empty()) check_token(found.token);
}

void check(std::string_view text) {
  const auto lines = lines_of(text);
  check_headers(lines, {});
  check_headers({}, lines);
  check_headers({lines.front()}, {lines.begin() + 1, lines.end()});
  check_token(text);
  try {
    require(read_key_set(text).size() <= 100, "a key set is within the limit");
  } catch (const std::invalid_argument&) {  // it is none
  }
}

}  // namespace

}  // namespace raceproof::gateway

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  raceproof::gateway::check(raceproof::fuzz::text_of(data, size));
  return 0;
}
