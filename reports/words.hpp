// Figures and verdicts in words: the one place that decides how a person reads them, whatever the
// format of the report.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "harness/campaign/result.hpp"

namespace raceproof::report {

/// Without loss, in the largest unit that keeps it at least 1: "312.5 ms", "2 s", "0 ms".
std::string exact(std::chrono::nanoseconds value);

/// To three digits, for measured wall time: "812 ms", "1.24 s", "3 min 20 s".
std::string rounded_seconds(double seconds);

/// A virtual time to three digits, where the exact value is in other reports: "256 ms".
std::string rounded(std::chrono::nanoseconds value);

/// With separators: "12,345".
std::string grouped(std::uint64_t value);

/// "1 order", "12,345 orders": the plural adds an s.
std::string counted(std::uint64_t value, std::string_view noun);

/// "0.15 %", to two significant digits.
std::string percent(double fraction);

/// What was found in a variant: "1 failing of 340 orders", "no failure in 2,000 sampled runs".
std::string found_in_words(const campaign::VariantResult& variant);

/// The same in a few words, with what it comes to: "reproduced in 7 of 24 classes".
std::string found_in_short(const campaign::VariantResult& variant);

/// What the verdict rests on, as short as it can be said: "complete, 4 delays".
std::string bound_in_short(const campaign::VariantResult& variant);

/// What the verdict rests on, as one sentence without a full stop.
std::string bound_in_words(const campaign::Bound& bound);

/// What it leaves out: "not varied: ..."; empty if nothing.
std::string exclusions_in_words(const campaign::Bound& bound);

/// Why the verdict is not simply "as expected"; empty if it is.
std::string reason_in_words(const campaign::VariantResult& variant);

/// "redis: as redis-server 7.0.15 in 400 conversations", "auth: no real service to compare with".
std::string fake_in_words(const campaign::FakeUsed& fake);

/// What a failure owes to fakes that were not compared with the real thing, or not in this: "auth:
/// no real service to compare with (health, validate)"; empty if it owes nothing to them.
std::string unverified_in_words(const campaign::Failure& failure);

/// The fakes of `unverified_in_words` over all failures of a variant: "auth, redis".
std::string unverified_fakes(const campaign::VariantResult& variant);

/// When a check fails, whatever the order: "a < b and c > 5ms; or a = 0ms; or in 3 more regions";
/// what all regions share is said first: "a < b and either c > 5ms; or d > 5ms". Where that is not
/// known, of the order that is shown.
std::string region_in_words(const campaign::Failure& failure);

/// What a verdict rests on that is less than the real thing: "database: port level"; empty if
/// nothing is.
std::string levels_in_words(const campaign::VariantResult& variant);

}  // namespace raceproof::report
