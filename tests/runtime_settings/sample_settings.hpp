// A settings struct with one field of every kind.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/settings.hpp"

namespace raceproof::sample {

enum class Mode { quick, thorough };
inline std::span<const std::string_view> choices(Mode) {
  static constexpr std::array<std::string_view, 2> names{"quick", "thorough"};
  return names;
}

struct Rule {
  std::optional<DelayRange> delay;
  std::int64_t times = 0;
  void describe(SettingsVisitor& v) {
    v.on("delay", delay, "How long.");
    v.on("times", times, 0, 10, "How often.");
  }
};

struct Sample {
  bool enabled = true;
  std::int64_t threads = 1;
  std::string name = "sample";
  std::vector<std::string> words;
  std::vector<std::int64_t> codes;
  std::map<std::string, std::string> labels;
  Duration grace_period = std::chrono::milliseconds(500);
  DelayRange reply{std::chrono::milliseconds(1), std::chrono::milliseconds(3)};
  Mode mode = Mode::quick;
  Rule rule;
  std::map<std::string, Rule> on;
  std::vector<Rule> list;
  std::optional<std::string> password;
  std::optional<std::int64_t> limit;
  std::optional<Mode> other_mode;

  void describe(SettingsVisitor& v) {
    v.on("enabled", enabled, "Whether.");
    v.on("threads", threads, 1, 64, "How many.");
    v.on("name", name, "Its name.");
    v.on("words", words, "Words.");
    v.on("codes", codes, 100, 599, "Codes.");
    v.on("labels", labels, "Labels.");
    v.on("grace_period", grace_period, "A wait.");
    v.on("reply", reply, "A delay.");
    v.on("mode", mode, "How.");
    v.on("rule", rule, "One rule.");
    v.on("on", on, "Rules by name.");
    v.on("list", list, "Rules in order.");
    v.on("password", password, "A secret.");
    v.on("limit", limit, 1, 5, "A limit.");
    v.on("other_mode", other_mode, "Another mode.");
  }
};

inline constexpr const char* known_keys =
    "known keys: enabled, threads, name, words, codes, labels, grace_period, reply, mode, rule, "
    "on, "
    "list, password, limit, other_mode";

}  // namespace raceproof::sample
