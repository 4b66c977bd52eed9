// Passing means: quantiles are those of the values themselves, to the precision that is promised.
#include "benchmarks/load/histogram.hpp"

#include <gtest/gtest.h>
#include <random>
#include <vector>

namespace raceproof::load {
namespace {

using std::chrono::nanoseconds;

// Without values there is nothing to say, and nothing fails.
TEST(Histogram, IsEmptyAtFirst) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.quantile(0.99), nanoseconds(0));
  EXPECT_EQ(histogram.max(), nanoseconds(0));
}

// Small values are exact, and so is the maximum; a negative one counts as none.
TEST(Histogram, IsExactForSmallValues) {
  Histogram histogram;
  for (int i = 1; i <= 200; ++i) histogram.add(nanoseconds(i));
  EXPECT_EQ(histogram.quantile(0.5), nanoseconds(100));
  EXPECT_EQ(histogram.quantile(0.99), nanoseconds(198));
  EXPECT_EQ(histogram.quantile(1), nanoseconds(200));
  histogram.add(nanoseconds(-5));
  EXPECT_EQ(histogram.quantile(0), nanoseconds(0));
  histogram.add(nanoseconds::max());
  EXPECT_EQ(histogram.max(), nanoseconds::max());
  EXPECT_EQ(histogram.quantile(1), nanoseconds::max());
}

// Over eight powers of ten no quantile is too low, or more than 1/128 too high.
TEST(Histogram, KeepsItsPrecision) {
  std::mt19937_64 random(7);
  std::vector<std::int64_t> values;
  Histogram histogram;
  for (int i = 0; i < 50'000; ++i) {
    const int bits = 4 + static_cast<int>(random() % 27);
    values.push_back(static_cast<std::int64_t>(random() >> (64 - bits)));
    histogram.add(nanoseconds(values.back()));
  }
  std::sort(values.begin(), values.end());
  for (const double q : {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size())));
    const std::int64_t exact = values[rank - 1];
    const std::int64_t found = histogram.quantile(q).count();
    EXPECT_GE(found, exact) << q;
    EXPECT_LE(found, exact + exact / 128) << q;
  }
}

}  // namespace
}  // namespace raceproof::load
