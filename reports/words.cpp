// Figures and verdicts in words.
#include "reports/words.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <vector>

namespace raceproof::report {

using campaign::Bound;
using campaign::CheckStatus;
using campaign::Expectation;
using campaign::Failure;
using campaign::Reason;
using campaign::VariantResult;
using campaign::Verdict;

namespace {

/// `value / unit` as a decimal number without rounding and without trailing zeros.
std::string decimal(std::uint64_t value, std::uint64_t unit) {
  std::string text = fmt::format("{}", value / unit);
  std::uint64_t rest = value % unit;
  if (rest == 0) return text;
  text += '.';
  for (std::uint64_t place = unit / 10; rest != 0; place /= 10) {
    text += static_cast<char>('0' + rest / place);
    rest %= place;
  }
  return text;
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

std::string ranges_in_words(const Bound& bound) {
  if (bound.ranges.empty()) return "no latency ranges";
  return "all latencies in the declared ranges (" + counted(bound.ranges.size(), "delay") + ")";
}

using Inequalities = std::vector<std::string>;

/// What all of several regions require, which is then left out of each.
Inequalities taken_out_of_all(std::vector<Inequalities>& regions) {
  Inequalities shared;
  if (regions.size() < 2) return shared;
  for (const auto& inequality : regions.front()) {
    const auto has_it = [&](const Inequalities& region) {
      return std::ranges::find(region, inequality) != region.end();
    };
    if (std::ranges::all_of(regions, has_it)) shared.push_back(inequality);
  }
  const auto is_all = [&](const Inequalities& region) { return region.size() == shared.size(); };
  if (std::ranges::any_of(regions, is_all)) return {};
  for (auto& region : regions) {
    std::erase_if(region, [&](const std::string& inequality) {
      return std::ranges::find(shared, inequality) != shared.end();
    });
  }
  return shared;
}

/// Why a fake is not as any real server.
std::string_view nothing_to_compare(std::string_view fake) {
  const bool comparable = fake == "redis" || fake == "database";
  return comparable ? "not yet compared with a real server" : "no real service to compare with";
}

std::string cuts_in_words(const Bound& bound) {
  std::uint64_t count = 0;
  std::vector<std::string> sites;
  for (const auto& cut : bound.cuts) {
    count += cut.count;
    sites.push_back(cut.call_site);
  }
  return fmt::format("{} at {}", counted(count, "cut"), joined(sites, ", "));
}

}  // namespace

std::string exact(std::chrono::nanoseconds value) {
  const bool negative = value.count() < 0;
  const auto raw = static_cast<std::uint64_t>(value.count());
  const std::uint64_t ns = negative ? 0 - raw : raw;
  const char* sign = negative ? "-" : "";
  if (ns == 0) return "0 ms";
  if (ns >= 1'000'000'000) return fmt::format("{}{} s", sign, decimal(ns, 1'000'000'000));
  if (ns >= 1'000'000) return fmt::format("{}{} ms", sign, decimal(ns, 1'000'000));
  if (ns >= 1'000) return fmt::format("{}{} us", sign, decimal(ns, 1'000));
  return fmt::format("{}{} ns", sign, ns);
}

std::string rounded_seconds(double seconds) {
  if (seconds >= 60) {
    const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
    return fmt::format("{} min {} s", whole / 60, whole % 60);
  }
  if (seconds >= 10) return fmt::format("{:.1f} s", seconds);
  if (seconds >= 0.9995) return fmt::format("{:.2f} s", seconds);
  if (seconds >= 0.0995) return fmt::format("{:.0f} ms", seconds * 1e3);
  if (seconds > 0) return fmt::format("{:.1f} ms", seconds * 1e3);
  return "0 ms";
}

std::string rounded(std::chrono::nanoseconds value) {
  return rounded_seconds(std::chrono::duration<double>(value).count());
}

std::string grouped(std::uint64_t value) {
  std::string digits = fmt::format("{}", value);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ',');
  return digits;
}

std::string counted(std::uint64_t value, std::string_view noun) {
  const std::string_view plural = value == 1 ? "" : noun.ends_with('s') ? "es" : "s";
  return fmt::format("{} {}{}", grouped(value), noun, plural);
}

std::string percent(double fraction) {
  const double value = fraction * 100;
  if (value == 0) return "0 %";
  // Not every run is not 100 %: what is nearly all keeps the digits that say so.
  if (value < 100 && value > 99) return fmt::format("{:.2f} %", std::floor(value * 100) / 100);
  if (value >= 10) return fmt::format("{:.0f} %", value);
  return fmt::format("{:.2g} %", value);
}

std::string found_in_words(const VariantResult& variant) {
  const Bound& bound = variant.bound;
  std::vector<std::string> parts;
  const auto add = [&](std::uint64_t failing, std::uint64_t of, std::string_view noun) {
    if (of == 0) return;
    parts.push_back(failing == 0 ? fmt::format("no failure in {}", counted(of, noun))
                                 : fmt::format("{} of {} fail{}", grouped(failing),
                                               counted(of, noun), failing == 1 ? "s" : ""));
  };
  add(bound.classes_failing, bound.classes_explored, "class");
  add(bound.runs_failing, bound.runs_sampled, "sampled run");
  if (parts.empty()) return "nothing was run";
  return joined(parts, ", ");
}

std::string found_in_short(const VariantResult& variant) {
  const Bound& bound = variant.bound;
  const bool sampled = bound.runs_sampled > 0;
  const auto failing = bound.classes_failing + bound.runs_failing;
  const auto of = sampled && bound.classes_explored > 0
                      ? fmt::format("{}, {}", counted(bound.classes_explored, "class"),
                                    counted(bound.runs_sampled, "run"))
                  : sampled ? counted(bound.runs_sampled, "run")
                            : counted(bound.classes_explored, "class");
  if (bound.runs_sampled + bound.classes_explored == 0) return "nothing was run";
  if (failing == 0) {
    const bool holds = variant.expect == Expectation::holds;
    return fmt::format("{} in {}", holds ? "holds" : "not reproduced", of);
  }
  const bool expected = variant.expect == Expectation::reproduces;
  return fmt::format("{} in {} of {}", expected ? "reproduced" : "violated", grouped(failing), of);
}

std::string bound_in_short(const VariantResult& variant) {
  const Bound& bound = variant.bound;
  std::vector<std::string> parts;
  if (bound.complete) {
    parts.push_back(bound.limit.empty() ? "complete" : "complete up to " + bound.limit);
    if (!bound.ranges.empty()) parts.push_back(counted(bound.ranges.size(), "delay"));
  } else {
    parts.emplace_back(bound.runs_sampled > 0 ? "sampled" : "not complete");
  }
  if (bound.failure_probability_bound) {
    parts.push_back(fmt::format("< {} fail (95 %)", percent(*bound.failure_probability_bound)));
  }
  if (bound.threads > 1) parts.push_back(counted(bound.threads, "thread"));
  if (!bound.cuts.empty()) {
    std::uint64_t cuts = 0;
    for (const auto& cut : bound.cuts) cuts += cut.count;
    parts.push_back(counted(cuts, "cut"));
  }
  if (!levels_in_words(variant).empty()) parts.emplace_back("port level");
  return joined(parts, ", ");
}

std::string bound_in_words(const Bound& bound) {
  std::vector<std::string> parts;
  if (bound.complete) {
    parts.push_back(fmt::format("complete{}: all orders, {}, {}",
                                bound.limit.empty() ? "" : " up to " + bound.limit,
                                ranges_in_words(bound), counted(bound.threads, "thread")));
  } else {
    parts.push_back(fmt::format("not complete ({}), {}",
                                bound.strategy.empty() ? "unnamed search" : bound.strategy,
                                counted(bound.threads, "thread")));
  }
  if (bound.epsilon.count() > 0 || bound.threads > 1) {
    parts.push_back("ready work is picked up within " + exact(bound.epsilon) + " (epsilon)");
  }
  if (bound.classes_tie_only > 0) {
    parts.push_back(
        fmt::format("{} only at exactly equal times", counted(bound.classes_tie_only, "class")));
  }
  if (bound.classes_relaxed_confirmed > 0) {
    parts.push_back(counted(bound.classes_relaxed_confirmed, "class") + " confirmed exactly");
  }
  if (bound.classes_impossible > 0) {
    parts.push_back(counted(bound.classes_impossible, "class") +
                    " left out that no latency can produce");
  }
  if (bound.failure_probability_bound) {
    parts.push_back(
        fmt::format("at most {} of runs fail (95 %)", percent(*bound.failure_probability_bound)));
  }
  if (bound.unseen_class_probability) {
    parts.push_back(fmt::format("about {} of further runs would show a new class",
                                percent(*bound.unseen_class_probability)));
  }
  if (!bound.cuts.empty()) parts.push_back(cuts_in_words(bound));
  return joined(parts, "; ");
}

std::string exclusions_in_words(const Bound& bound) {
  return bound.exclusions.empty() ? "" : "not varied: " + joined(bound.exclusions, ", ");
}

std::string reason_in_words(const VariantResult& variant) {
  if (!variant.reason_text.empty()) return variant.reason_text;
  switch (variant.reason) {
    case Reason::as_expected:
      return "";
    case Reason::violated:
      return variant.expect == Expectation::holds ? "a check that must hold was violated"
                                                  : "a built-in invariant was violated";
    case Reason::not_reproduced:
      return variant.verdict == Verdict::fail
                 ? "the failure this variant must show does not exist"
                 : "the failure this variant must show did not appear in the sampled runs";
    case Reason::vacuous:
      for (const auto& check : variant.checks) {
        if (check.status == CheckStatus::never_seen) return "never happened: " + check.text;
      }
      return "the dangerous window was never entered";
    case Reason::budget:
      return "the budget ran out first; raise classes or runs";
    case Reason::time:
      return "the time limit was hit first; raise --time";
    case Reason::interrupted:
      return "stopped before it was finished";
    case Reason::drifted:
      return "the program no longer follows the recorded decisions";
    case Reason::nondeterministic:
      return "a repeated run differed: something real leaked in";
  }
  return "";
}

std::string fake_in_words(const campaign::FakeUsed& fake) {
  std::string text = fake.name;
  if (fake.level == "port") text += " (port level)";
  if (fake.server.empty()) return fmt::format("{}: {}", text, nothing_to_compare(fake.name));
  text += ": as " + fake.server;
  if (!fake.scope.empty()) text += " in " + fake.scope;
  if (!fake.when.empty()) text += ", " + fake.when;
  return text;
}

std::string unverified_in_words(const Failure& failure) {
  constexpr std::size_t told_max = 6;
  std::vector<std::string> parts;
  for (const auto& fake : failure.rests_on) {
    if (fake.unverified.empty()) continue;
    auto behaviour = fake.unverified;
    if (behaviour.size() > told_max) {
      const auto more = behaviour.size() - told_max;
      behaviour.resize(told_max);
      behaviour.push_back(fmt::format("{} more", more));
    }
    const auto known = fake.server.empty() ? std::string(nothing_to_compare(fake.fake))
                                           : "not among what was compared with " + fake.server;
    parts.push_back(fmt::format("{}: {} ({})", fake.fake, known, joined(behaviour, ", ")));
  }
  return joined(parts, "; ");
}

std::string unverified_fakes(const VariantResult& variant) {
  std::vector<std::string> names;
  for (const auto& failure : variant.failures) {
    for (const auto& fake : failure.rests_on) {
      const bool known = std::ranges::find(names, fake.fake) != names.end();
      if (!fake.unverified.empty() && !known) names.push_back(fake.fake);
    }
  }
  return joined(names, ", ");
}

std::string region_in_words(const Failure& failure) {
  constexpr std::size_t told_max = 4;
  if (failure.fails_if.empty()) {
    const auto region = joined(failure.region, " and ");
    return region.empty() ? region : region + " (this order; others were not looked at)";
  }
  auto regions = failure.fails_if;
  const auto shared = failure.fails_if_more == 0 ? taken_out_of_all(regions) : Inequalities{};
  std::vector<std::string> pieces;
  for (const auto& region : regions) {
    if (pieces.size() < told_max) pieces.push_back(joined(region, " and "));
  }
  const auto more = regions.size() - pieces.size() + failure.fails_if_more;
  if (more > 0) pieces.push_back(fmt::format("in {}", counted(more, "more region")));
  auto text = joined(pieces, "; or ");
  if (!shared.empty()) text = joined(shared, " and ") + " and either " + text;
  if (!failure.fails_if_complete) text += "; and maybe elsewhere";
  return text;
}

std::string levels_in_words(const VariantResult& variant) {
  std::vector<std::string> parts;
  for (const auto& fake : variant.fakes) {
    if (fake.level == "port") parts.push_back(fake.name + ": port level");
  }
  return joined(parts, ", ");
}

}  // namespace raceproof::report
