#include "gateway/auth/credentials.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "gateway/auth/base64url.hpp"

namespace raceproof::gateway {

namespace {

constexpr std::array<std::string_view, 3> plain_names{"agent_chat", "jwt", "jwt-auth"};
constexpr std::string_view token_prefix = "jwt.";
constexpr std::string_view scheme = "bearer";

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// A token of RFC 9110 section 5.6.2, as subprotocols must be (RFC 6455 section 4.1).
bool is_http_token(std::string_view text) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_alphanumeric(c) || others.find(c) != std::string_view::npos;
  });
}

/// A b64token of RFC 6750 section 2.1.
bool is_bearer_token(std::string_view text) {
  constexpr std::string_view others = "-._~+/";
  while (text.ends_with('=')) text.remove_suffix(1);
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_alphanumeric(c) || others.find(c) != std::string_view::npos;
  });
}

std::string_view trim(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

bool equal_ignoring_case(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

Credentials& refuse(Credentials& credentials, std::string_view problem) {
  credentials.token.clear();
  credentials.reason = AuthReason::malformed;
  credentials.problem = problem;
  return credentials;
}

Credentials& accept(Credentials& credentials, std::string token, std::size_t bytes_max) {
  if (token.size() > bytes_max) return refuse(credentials, "the token is too long");
  credentials.token = std::move(token);
  credentials.reason = AuthReason::none;
  credentials.problem = {};
  return credentials;
}

void read_authorization(Credentials& credentials, const std::vector<std::string_view>& values,
                        std::size_t bytes_max) {
  if (values.size() > 1) {
    refuse(credentials, "several Authorization headers");
    return;
  }
  const std::string_view value = trim(values[0]);
  const std::size_t space = value.find(' ');
  if (!equal_ignoring_case(value.substr(0, space), scheme)) {
    refuse(credentials, "the Authorization header is not Bearer");
    return;
  }
  const std::string_view token =
      space == std::string_view::npos ? std::string_view() : trim(value.substr(space));
  if (!is_bearer_token(token)) {
    refuse(credentials, "the Authorization header has no token that can be read");
    return;
  }
  accept(credentials, std::string(token), bytes_max);
}

bool has_three_parts(std::string_view text) {
  return std::count(text.begin(), text.end(), '.') == 2;
}

void read_subprotocol(Credentials& credentials, std::string_view token, std::size_t bytes_max) {
  if (has_three_parts(token)) {
    accept(credentials, std::string(token), bytes_max);
    return;
  }
  auto decoded = base64url_decode(token);
  if (!decoded || !has_three_parts(*decoded)) {
    refuse(credentials, "the subprotocol jwt.TOKEN has no token that can be read");
    return;
  }
  accept(credentials, std::move(*decoded), bytes_max);
}

/// All subprotocols that were offered; nothing when a header is not a list of names.
std::optional<std::vector<std::string_view>> names_of(const std::vector<std::string_view>& values) {
  std::vector<std::string_view> names;
  for (std::string_view rest : values) {
    for (bool more = true; more;) {
      const std::size_t comma = rest.find(',');
      const std::string_view name = trim(rest.substr(0, comma));
      if (!is_http_token(name)) return std::nullopt;
      names.push_back(name);
      more = comma != std::string_view::npos;
      if (more) rest.remove_prefix(comma + 1);
    }
  }
  return names;
}

}  // namespace

Credentials find_credentials(const std::vector<std::string_view>& authorization,
                             const std::vector<std::string_view>& protocols,
                             std::size_t token_bytes_max) {
  Credentials credentials;
  const auto names = names_of(protocols);
  if (!names)
    return refuse(credentials, "the Sec-WebSocket-Protocol header is not a list of names");
  std::vector<std::string_view> tokens;
  for (const std::string_view name : *names) {
    const bool known = std::find(plain_names.begin(), plain_names.end(), name) != plain_names.end();
    if (known && credentials.subprotocol.empty()) credentials.subprotocol = std::string(name);
    if (name.starts_with(token_prefix)) tokens.push_back(name.substr(token_prefix.size()));
  }
  if (!authorization.empty()) {
    read_authorization(credentials, authorization, token_bytes_max);
  } else if (tokens.size() > 1) {
    refuse(credentials, "several subprotocols with a token");
  } else if (!tokens.empty()) {
    read_subprotocol(credentials, tokens[0], token_bytes_max);
  }
  return credentials;
}

}  // namespace raceproof::gateway
