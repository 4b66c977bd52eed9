// Matching what a `caused_by` names. Passing means: a reply is recognised with or without its type
// sign, an error by its first word, and nothing else is.
#include <gtest/gtest.h>

#include "harness/scenario/check_model.hpp"

namespace raceproof::scenario {
namespace {

TEST(CausedBy, RecognisesReplies) {
  EXPECT_TRUE(reply_matches("0", ":0"));
  EXPECT_TRUE(reply_matches(":0", ":0"));
  EXPECT_TRUE(reply_matches("OK", "+OK"));
  EXPECT_TRUE(reply_matches("NOSCRIPT", "-NOSCRIPT No matching script. Please use EVAL."));
  EXPECT_TRUE(reply_matches("-NOSCRIPT", "-NOSCRIPT No matching script. Please use EVAL."));
  EXPECT_TRUE(reply_matches("hello", "$5 hello"));
  EXPECT_FALSE(reply_matches("0", ":10"));
  EXPECT_FALSE(reply_matches("1", ":0"));
  EXPECT_FALSE(reply_matches("hello", "$11 hello world"));
  EXPECT_FALSE(reply_matches("NOSCRIPT", "+NOSCRIPT or so"));
  EXPECT_FALSE(reply_matches("", ":0"));
}

TEST(CausedBy, RecognisesCommands) {
  EXPECT_TRUE(command_matches("PUBLISH", "publish"));
  EXPECT_TRUE(command_matches("script load", "SCRIPT LOAD"));
  EXPECT_FALSE(command_matches("PUBLISH", "PUBSUB"));
}

}  // namespace
}  // namespace raceproof::scenario
