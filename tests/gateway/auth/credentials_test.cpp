// Where tokens are found, and which subprotocol answers them. Passing means: a client is never
// answered with a name that it did not offer, and its token never comes back.
#include "gateway/auth/credentials.hpp"

#include <gtest/gtest.h>

namespace raceproof::gateway {
namespace {

constexpr std::size_t bytes_max = 100;
using Values = std::vector<std::string_view>;

Credentials from(const Values& authorization, const Values& protocols) {
  return find_credentials(authorization, protocols, bytes_max);
}
Credentials from_header(std::string_view value) { return from({value}, {}); }
Credentials from_protocols(std::string_view value) { return from({}, {value}); }

TEST(Credentials, AreFoundInTheAuthorizationHeader) {
  for (const auto* value :
       {"Bearer aa.bb.cc", "bearer aa.bb.cc", "BEARER   aa.bb.cc ", " Bearer aa.bb.cc\t"}) {
    const auto found = from_header(value);
    EXPECT_EQ(found.token, "aa.bb.cc") << value;
    EXPECT_EQ(found.reason, AuthReason::none);
    EXPECT_EQ(found.problem, "");
    EXPECT_EQ(found.subprotocol, "");
  }
}

TEST(Credentials, AreFoundInASubprotocol) {
  EXPECT_EQ(from_protocols("jwt.aa.bb.cc").token, "aa.bb.cc");
  EXPECT_EQ(from_protocols("chat , jwt.aa.bb.cc").token, "aa.bb.cc");
  EXPECT_EQ(from_protocols("jwt.YWEuYmIuY2M").token, "aa.bb.cc") << "in base64url";
  EXPECT_EQ(from({}, {"chat", "jwt.aa.bb.cc"}).token, "aa.bb.cc") << "in a header of its own";
}

TEST(Credentials, TheHeaderComesFirst) {
  EXPECT_EQ(from({"Bearer aa.bb.cc"}, {"jwt.xx.yy.zz"}).token, "aa.bb.cc");
  EXPECT_EQ(from({"Basic eA=="}, {"jwt.xx.yy.zz"}).reason, AuthReason::malformed)
      << "a bad header is not made good by a subprotocol";
}

TEST(Credentials, NoneIsNotAMistake) {
  for (const auto& found : {from({}, {}), from_protocols("agent_chat"), from_protocols("jwt")}) {
    EXPECT_EQ(found.reason, AuthReason::no_token);
    EXPECT_EQ(found.problem, "no token");
  }
}

TEST(Credentials, SayWhatIsWrong) {
  const auto refused = [](const Credentials& found, std::string_view problem) {
    EXPECT_EQ(found.reason, AuthReason::malformed);
    EXPECT_EQ(found.problem, problem);
    EXPECT_EQ(found.token, "");
  };
  refused(from_header("Basic dXNlcjpwYXNz"), "the Authorization header is not Bearer");
  refused(from_header(""), "the Authorization header is not Bearer");
  refused(from_header("Bearera.b.c"), "the Authorization header is not Bearer");
  for (const auto* value : {"Bearer", "Bearer ", "Bearer a b", "Bearer a,b", "Bearer \"a\"",
                            "Bearer ==", "Bearer a\x01"}) {
    refused(from_header(value), "the Authorization header has no token that can be read");
  }
  refused(from({"Bearer a.b.c", "Bearer a.b.c"}, {}), "several Authorization headers");
  refused(from_protocols("jwt.aa.bb.cc, jwt.dd.ee.ff"), "several subprotocols with a token");
  for (const auto* value : {"jwt.", "jwt.x", "jwt.a.b", "jwt.a.b.c.d", "jwt.YWEuYmI"}) {
    refused(from_protocols(value), "the subprotocol jwt.TOKEN has no token that can be read");
  }
  for (const auto* value : {"", ",", "jwt,", "a b", "jwt;x", "a,,b"}) {
    refused(from_protocols(value), "the Sec-WebSocket-Protocol header is not a list of names");
  }
}

TEST(Credentials, AreBounded) {
  const std::string fits(bytes_max, 'a');
  EXPECT_EQ(from_header("Bearer " + fits).token, fits);
  EXPECT_EQ(from_header("Bearer " + fits + "a").problem, "the token is too long");
  EXPECT_EQ(from_protocols("jwt." + fits + ".b.c").problem, "the token is too long");
}

// The first offered name that we know; never another, never the token.
TEST(Subprotocol, IsOneThatTheClientOffered) {
  EXPECT_EQ(from_protocols("jwt.aa.bb.cc, agent_chat").subprotocol, "agent_chat");
  EXPECT_EQ(from_protocols("jwt, jwt.aa.bb.cc, agent_chat").subprotocol, "jwt");
  EXPECT_EQ(from_protocols("mqtt, jwt-auth").subprotocol, "jwt-auth");
  EXPECT_EQ(from({"Bearer a.b.c"}, {"agent_chat"}).subprotocol, "agent_chat");
  EXPECT_EQ(from_protocols("jwt.aa.bb.cc").subprotocol, "") << "the token must not come back";
  EXPECT_EQ(from_protocols("mqtt").subprotocol, "");
  EXPECT_EQ(from_protocols("AGENT_CHAT").subprotocol, "") << "names are compared as they stand";
  EXPECT_EQ(from_protocols("agent_chat, jwt.x").subprotocol, "agent_chat")
      << "also where the token is bad, so that a close code can be told";
}

}  // namespace
}  // namespace raceproof::gateway
