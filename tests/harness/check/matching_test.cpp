// How a `caused_by` names replies and commands of Redis.
#include <gtest/gtest.h>

#include "harness/check/model.hpp"

namespace raceproof::check {
namespace {

TEST(ReplyMatches, WithOrWithoutTheSign) {
  EXPECT_TRUE(reply_matches(":0", ":0"));
  EXPECT_TRUE(reply_matches("0", ":0"));
  EXPECT_TRUE(reply_matches("OK", "+OK"));
  EXPECT_TRUE(reply_matches("hello", "$5 hello"));
  EXPECT_TRUE(reply_matches("two words", "$9 two words"));
  EXPECT_FALSE(reply_matches("0", ":10"));
  EXPECT_FALSE(reply_matches("1", ":0"));
  EXPECT_FALSE(reply_matches("hello", "$11 hello world"));
  EXPECT_FALSE(reply_matches("NOSCRIPT", "+NOSCRIPT or so"));
  EXPECT_FALSE(reply_matches("", ":0"));
  EXPECT_FALSE(reply_matches("O", "+OK"));
  EXPECT_FALSE(reply_matches("words", "$9 two words"));
}

TEST(ReplyMatches, AnErrorByItsFirstWord) {
  EXPECT_TRUE(reply_matches("NOSCRIPT", "-NOSCRIPT No matching script"));
  EXPECT_TRUE(reply_matches("-NOSCRIPT", "-NOSCRIPT No matching script"));
  EXPECT_TRUE(reply_matches("NOSCRIPT No matching script", "-NOSCRIPT No matching script"));
  EXPECT_FALSE(reply_matches("NOSCRIP", "-NOSCRIPT No matching script"));
  EXPECT_FALSE(reply_matches("No", "-NOSCRIPT No matching script"));
}

TEST(CommandMatches, WhateverTheCapitals) {
  EXPECT_TRUE(command_matches("publish", "PUBLISH"));
  EXPECT_TRUE(command_matches("Client SetName", "CLIENT SETNAME"));
  EXPECT_FALSE(command_matches("CLIENT", "CLIENT SETNAME"));
  EXPECT_FALSE(command_matches("PUBLISHED", "PUBLISH"));
}

}  // namespace
}  // namespace raceproof::check
