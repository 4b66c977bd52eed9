// The result model as JUnit XML.
#include "reports/junit.hpp"

#include <fmt/format.h>
#include <pugixml.hpp>
#include <sstream>

#include "harness/campaign/verdict.hpp"
#include "reports/words.hpp"

namespace raceproof::report {

using campaign::CampaignResult;
using campaign::InputError;
using campaign::ScenarioResult;
using campaign::VariantResult;
using campaign::Verdict;

namespace {

/// Length of the well-formed UTF-8 sequence at the start of `text`, 0 if there is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  const std::size_t length = first < 0x80                     ? 1
                             : first >= 0xC2 && first <= 0xDF ? 2
                             : first >= 0xE0 && first <= 0xEF ? 3
                             : first >= 0xF0 && first <= 0xF4 ? 4
                                                              : 0;
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return 0;
  }
  if (length < 3) return length;
  const unsigned second = byte(1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool beyond = (first == 0xED && second > 0x9F) || (first == 0xF4 && second > 0x8F);
  const bool noncharacter = first == 0xEF && second == 0xBF && byte(2) >= 0xBE;
  return overlong || beyond || noncharacter ? 0 : length;
}

/// What XML 1.0 (section 2.2) lets through.
std::string xml_text(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    const bool control = length == 1 && static_cast<unsigned char>(text[0]) < 0x20 &&
                         text[0] != '\t' && text[0] != '\n';
    if (length == 0 || control) {
      result += '?';
      text.remove_prefix(1);
    } else {
      result += text.substr(0, length);
      text.remove_prefix(length);
    }
  }
  return result;
}

void attribute(pugi::xml_node node, const char* name, std::string_view value) {
  node.append_attribute(name).set_value(xml_text(value).c_str());
}

void text_child(pugi::xml_node node, const char* name, std::string_view text) {
  node.append_child(name).text().set(xml_text(text).c_str());
}

std::string seconds(double value) { return fmt::format("{:.3f}", value); }

struct Counts {
  std::uint64_t tests = 0;
  std::uint64_t failures = 0;
  std::uint64_t errors = 0;
  double time = 0;

  void add(const Counts& other) {
    tests += other.tests;
    failures += other.failures;
    errors += other.errors;
    time += other.time;
  }
  void write(pugi::xml_node node) const {
    attribute(node, "tests", std::to_string(tests));
    attribute(node, "failures", std::to_string(failures));
    attribute(node, "errors", std::to_string(errors));
    attribute(node, "time", seconds(time));
  }
};

std::string failures_text(const VariantResult& variant) {
  std::string text;
  for (const auto& failure : variant.failures) {
    text += failure.check + '\n';
    if (!failure.cause.empty()) text += "  why: " + failure.cause + '\n';
    if (!failure.call_site.empty()) text += "  where: " + failure.call_site + '\n';
    for (const auto& delay : failure.delays) {
      text += "  with: " + delay.name + ' ' + exact(delay.at) + '\n';
    }
    if (const auto region = region_in_words(failure); !region.empty()) {
      text += "  fails if: " + region + '\n';
    }
    if (const auto open = unverified_in_words(failure); !open.empty()) {
      text += "  rests on: " + open + '\n';
    }
    if (failure.margin) {
      text += fmt::format("  margin: {} by {}\n", failure.margin->parameter,
                          exact(failure.margin->slack));
    }
    for (const auto& time : failure.witness) {
      text += "  when: " + time.name + ' ' + exact(time.at) + '\n';
    }
    if (!failure.file.empty()) text += "  saved: " + failure.file + '\n';
    if (!failure.replay_command.empty()) text += "  replay: " + failure.replay_command + '\n';
  }
  return text;
}

std::string output_text(const VariantResult& variant) {
  std::string text = fmt::format("expected: {}\nfound: {}\nbound: {}\n", name(variant.expect),
                                 found_in_words(variant), bound_in_words(variant.bound));
  if (const auto exclusions = exclusions_in_words(variant.bound); !exclusions.empty()) {
    text += exclusions + '\n';
  }
  for (const auto& check : variant.checks) {
    text += fmt::format("check: {} - {}\n", check.text, name(check.status));
  }
  for (const auto& fake : variant.fakes) text += "fake: " + fake_in_words(fake) + '\n';
  if (!variant.digest.empty()) text += "digest: " + variant.digest + '\n';
  // Expected failures are not in a `failure` element, but their replay commands are worth having.
  if (variant.verdict != Verdict::fail) text += failures_text(variant);
  return text;
}

/// `failure` or `error`, with its message, type and text.
void outcome(pugi::xml_node test_case, const char* element, const std::string& type,
             std::string_view message, std::string_view text) {
  auto node = test_case.append_child(element);
  attribute(node, "message", message);
  attribute(node, "type", type);
  node.text().set(xml_text(text).c_str());
}

Counts write_variant(pugi::xml_node suite, const ScenarioResult& scenario,
                     const VariantResult& variant) {
  auto test_case = suite.append_child("testcase");
  attribute(test_case, "name", variant.name);
  attribute(test_case, "classname", scenario.name);
  attribute(test_case, "time", seconds(variant.wall_seconds));
  const std::string message = reason_in_words(variant);
  const std::string reason(name(variant.reason));
  Counts counts{.tests = 1, .time = variant.wall_seconds};
  if (variant.verdict == Verdict::fail) {
    outcome(test_case, "failure", reason, message, failures_text(variant));
    counts.failures = 1;
  } else if (variant.verdict == Verdict::unknown) {
    outcome(test_case, "error", "unknown." + reason, message, message);
    counts.errors = 1;
  }
  text_child(test_case, "system-out", output_text(variant));
  return counts;
}

Counts write_scenario(pugi::xml_node root, const ScenarioResult& scenario) {
  auto suite = root.append_child("testsuite");
  attribute(suite, "name", scenario.name);
  attribute(suite, "file", scenario.file);
  auto properties = suite.append_child("properties");
  const auto property = [&](std::string_view key, std::string_view value) {
    auto node = properties.append_child("property");
    attribute(node, "name", key);
    attribute(node, "value", value);
  };
  property("shows", scenario.shows);
  property("source", scenario.source);
  for (const auto& tag : scenario.tags) property("tag", tag);
  Counts counts;
  for (const auto& variant : scenario.variants) {
    counts.add(write_variant(suite, scenario, variant));
  }
  counts.write(suite);
  return counts;
}

Counts write_input_errors(pugi::xml_node root, const std::vector<InputError>& errors) {
  Counts counts;
  if (errors.empty()) return counts;
  auto suite = root.append_child("testsuite");
  attribute(suite, "name", "unusable input");
  for (const auto& error : errors) {
    auto test_case = suite.append_child("testcase");
    attribute(test_case, "name", error.file);
    attribute(test_case, "classname", "unusable input");
    attribute(test_case, "time", seconds(0));
    const std::string text = fmt::format("{}", fmt::join(error.diagnostics, "\n"));
    outcome(test_case, "error", "unusable_input",
            error.diagnostics.empty() ? "could not be used" : error.diagnostics.front(), text);
    counts.add({.tests = 1, .errors = 1});
  }
  counts.write(suite);
  return counts;
}

}  // namespace

std::string to_junit(const CampaignResult& result) {
  pugi::xml_document document;
  auto declaration = document.append_child(pugi::node_declaration);
  attribute(declaration, "version", "1.0");
  attribute(declaration, "encoding", "UTF-8");
  auto root = document.append_child("testsuites");
  attribute(root, "name", "raceproof");
  Counts counts = write_input_errors(root, result.input_errors);
  for (const auto& scenario : result.scenarios) counts.add(write_scenario(root, scenario));
  counts.time = result.wall_seconds;
  counts.write(root);
  std::ostringstream out;
  document.save(out, "  ");
  return out.str();
}

}  // namespace raceproof::report
