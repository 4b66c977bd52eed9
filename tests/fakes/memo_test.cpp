// Answers are remembered, by what was asked, for as long as there is not too much of them.
#include "fakes/memo.hpp"

#include <gtest/gtest.h>
#include <memory>
#include <stdexcept>

namespace raceproof::fakes {
namespace {

std::size_t length_of(const std::string& text, int& found) {
  return remembered(text, [&] {
    ++found;
    return text.size();
  });
}

TEST(Memo, AsksOncePerText) {
  int found = 0;
  EXPECT_EQ(length_of("four", found), 4U);
  EXPECT_EQ(length_of("four", found), 4U);
  EXPECT_EQ(found, 1);
  EXPECT_EQ(length_of("three", found), 5U);
  EXPECT_EQ(found, 2);
}

TEST(Memo, PlacesOfTheProgramDoNotShare) {
  const auto one = remembered("text", [] { return 1; });
  const auto two = remembered("text", [] { return 2; });
  EXPECT_EQ(one, 1);
  EXPECT_EQ(two, 2);
}

TEST(Memo, DoesNotRememberWhatThrows) {
  int found = 0;
  const auto refuse = [&](const char* text) {
    return remembered(text, [&]() -> int {
      ++found;
      throw std::runtime_error("no");
    });
  };
  EXPECT_THROW((void)refuse("text"), std::runtime_error);
  EXPECT_THROW((void)refuse("text"), std::runtime_error);
  EXPECT_EQ(found, 2);
}

TEST(Memo, ForgetsWhenThereIsTooMuch) {
  int found = 0;
  const auto ask = [&](int number) {
    return remembered(std::to_string(number), [&] {
      ++found;
      return std::make_shared<const int>(number);
    });
  };
  const std::weak_ptr<const int> first = ask(0);
  EXPECT_FALSE(first.expired());
  for (int i = 1; i <= 1000; ++i) (void)ask(i);
  EXPECT_TRUE(first.expired());
  EXPECT_EQ(*ask(0), 0);
  EXPECT_EQ(found, 1002);
}

}  // namespace
}  // namespace raceproof::fakes
