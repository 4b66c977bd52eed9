// The estimates a sampled verdict states, and the spread of a measured time. Pure functions.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "harness/campaign/result.hpp"

namespace raceproof::campaign {

/// Upper bound of the failure probability, 95 % confidence, after `runs` independent runs without a
/// failure: the rule of three (Hanley and Lippman-Hand, 1983). None without runs; at most 1. Says
/// nothing about runs that a strategy steered: only independent random runs may be counted.
inline std::optional<double> rule_of_three(std::uint64_t runs) {
  if (runs == 0) return std::nullopt;
  return std::min(1.0, 3.0 / static_cast<double>(runs));
}

/// Good-Turing estimate of the probability that the next independent run shows a class not seen
/// yet: the share of runs whose class was seen exactly once (Good, 1953). None without runs.
inline std::optional<double> good_turing(std::uint64_t classes_seen_once, std::uint64_t runs) {
  if (runs == 0) return std::nullopt;
  return static_cast<double>(classes_seen_once) / static_cast<double>(runs);
}

/// Minimum, median (the lower one of an even number), maximum and population variance.
inline Distribution summarize(std::vector<nanoseconds> values) {
  Distribution summary;
  if (values.empty()) return summary;
  std::ranges::sort(values);
  summary.count = values.size();
  summary.min = values.front();
  summary.max = values.back();
  summary.median = values[(values.size() - 1) / 2];
  // Two passes, around the smallest value: sums of squares of large instants would lose digits.
  // Sorted order makes the sum independent of the order in which runs ended.
  const auto milliseconds = [&](nanoseconds value) {
    return static_cast<double>((value - summary.min).count()) / 1e6;
  };
  double mean = 0;
  for (const auto value : values) mean += milliseconds(value);
  mean /= static_cast<double>(values.size());
  for (const auto value : values) {
    const double deviation = milliseconds(value) - mean;
    summary.variance_ms2 += deviation * deviation;
  }
  summary.variance_ms2 /= static_cast<double>(values.size());
  return summary;
}

}  // namespace raceproof::campaign
