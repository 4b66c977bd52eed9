// The request parser and what goes with it. Passing means that requests come out the same however
// their bytes are cut into pieces, and that limits and errors are Redis's.
#include "fakes/redis/resp.hpp"

#include <gtest/gtest.h>

#include "fakes/redis/numbers.hpp"
#include "fakes/redis/reply.hpp"

namespace raceproof::fakes::redis {
namespace {

using Request = std::vector<std::string>;

/// Feeds the pieces one after the other and takes what is complete after each.
std::vector<Request> parse(const std::vector<std::string_view>& pieces) {
  RequestParser parser;
  std::vector<Request> requests;
  std::vector<std::string_view> arguments;
  for (const auto piece : pieces) {
    parser.feed(piece);
    RequestParser::Status status;
    while ((status = parser.next(arguments)) == RequestParser::Status::request) {
      requests.emplace_back(arguments.begin(), arguments.end());
    }
    if (status == RequestParser::Status::error) requests.push_back({"error", parser.error()});
  }
  return requests;
}

constexpr std::string_view mixed =
    "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$4\r\n\r\n\r\n\r\nPING  'x y' \"\\x41\"\r\n*0\r\n"
    "*2\r\n$4\r\nECHO\r\n$0\r\n\r\n\r\nGET a\n";
const std::vector<Request> mixed_requests = {
    {"SET", "a", "\r\n\r\n"}, {"PING", "x y", "A"}, {"ECHO", ""}, {"GET", "a"}};

// Cut anywhere in two, the bytes give the same requests.
TEST(RequestParser, SplitAtEveryByteGivesTheSameRequests) {
  for (std::size_t cut = 0; cut <= mixed.size(); ++cut) {
    EXPECT_EQ(parse({mixed.substr(0, cut), mixed.substr(cut)}), mixed_requests) << cut;
  }
}

// Byte by byte as well.
TEST(RequestParser, SingleBytesGiveTheSameRequests) {
  std::vector<std::string_view> pieces;
  for (std::size_t i = 0; i < mixed.size(); ++i) pieces.push_back(mixed.substr(i, 1));
  EXPECT_EQ(parse(pieces), mixed_requests);
}

// An error stays, whatever comes afterwards.
TEST(RequestParser, StaysInTheErrorState) {
  const auto requests = parse({"*x\r\n", "PING\r\n"});
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0], (Request{"error", "invalid multibulk length"}));
  EXPECT_EQ(requests[1], requests[0]);
}

// Clients that have not authenticated cannot make the server buffer much.
TEST(RequestParser, RestrictsUnauthenticatedClients) {
  RequestParser parser;
  std::vector<std::string_view> arguments;
  parser.restrict_to_unauthenticated(true);
  parser.feed("*11\r\n");
  EXPECT_EQ(parser.next(arguments), RequestParser::Status::error);
  EXPECT_EQ(parser.error(), "unauthenticated multibulk length");
}

// A large argument that arrives in many pieces is parsed once.
TEST(RequestParser, TakesLargeArguments) {
  const std::string value(3'000'000, 'v');
  const std::string bytes = "*2\r\n$4\r\nECHO\r\n$3000000\r\n" + value + "\r\n";
  std::vector<std::string_view> pieces;
  for (std::size_t i = 0; i < bytes.size(); i += 1000) {
    pieces.push_back(std::string_view(bytes).substr(i, 1000));
  }
  EXPECT_EQ(parse(pieces), (std::vector<Request>{{"ECHO", value}}));
}

// Integers have one form only.
TEST(Numbers, ParsesCanonicalIntegersOnly) {
  EXPECT_EQ(parse_integer("-9223372036854775808"), INT64_MIN);
  for (const auto text : {"", "-", "+1", "01", "-0", " 1", "1 ", "9223372036854775808", "1.0"}) {
    EXPECT_FALSE(parse_integer(text)) << text;
  }
}

// A pattern with many stars on a text that does not match must not take for ever.
TEST(Numbers, GlobDoesNotExplode) {
  const std::string text(5000, 'a');
  EXPECT_FALSE(glob_matches("a*a*a*a*a*a*a*a*a*a*b", text));
  EXPECT_TRUE(glob_matches("*[a-c]?\\*", "xxbz*"));
}

// Observations show replies in one line.
TEST(Reply, IsDescribedInOneLine) {
  EXPECT_EQ(describe_reply(":0\r\n"), ":0");
  EXPECT_EQ(describe_reply("-NOSCRIPT No matching script.\r\n"), "-NOSCRIPT No matching script.");
  EXPECT_EQ(describe_reply("$3\r\nfoo\r\n"), "$3 foo");
  EXPECT_EQ(describe_reply("$-1\r\n"), "$-1");
  EXPECT_EQ(describe_reply("*2\r\n$1\r\na\r\n:2\r\n"), "*2 $1 a :2");
  EXPECT_EQ(describe_reply("$6\r\nab\r\ncd\r\n"), "$6 ab  cd");
}

}  // namespace
}  // namespace raceproof::fakes::redis
