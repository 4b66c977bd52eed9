#include "harness/cli/wall_run.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "harness/campaign/wall.hpp"
#include "harness/check/evaluator.hpp"

namespace raceproof::cli {

namespace {

std::string text_of(const trace::Trace& trace, const trace::ObservationRecord& record,
                    std::string_view key) {
  const auto* field = trace.find(record, key);
  if (field == nullptr) return {};
  return field->type == trace::FieldType::text ? std::string(trace.value_text(*field))
                                               : std::to_string(field->number);
}

/// How every client's connection ended, in one line.
std::string closes_of(const trace::Trace& trace) {
  std::string text;
  for (const auto& record : trace.observations()) {
    if (trace.text(record.name) != "client_close") continue;
    text += fmt::format(
        "{}{} {} at {:.0f} ms{}", text.empty() ? "" : ", ", text_of(trace, record, "client"),
        text_of(trace, record, "code"), static_cast<double>(record.time_ns) / 1e6,
        text_of(trace, record, "reason").empty() ? ""
                                                 : " (" + text_of(trace, record, "reason") + ")");
  }
  return text.empty() ? "no connection was closed" : text;
}

/// What one played variant comes to: 0 as expected, 1 not, 3 cannot be said.
int judge(const scenario::ResolvedVariant& variant, const campaign::WallResult& played,
          std::vector<std::string>& violated) {
  check::Evaluator evaluator(variant.checks);
  const auto& events = played.trace.events();
  const auto& findings = evaluator.evaluate(
      played.trace,
      [&](trace::EventId from, trace::EventId to) {
        return events[to].time_ns - events[from].time_ns;
      },
      [](Duration limit) { return limit.affine().constant_ns; });
  bool required = false;  // what no variant expects
  for (std::size_t i = 0; i < findings.size(); ++i) {
    const bool guard = variant.checks[i].kind == check::Check::Kind::sometimes;
    if (!findings[i].violated || guard) continue;
    violated.push_back(variant.checks[i].text);
    required |= variant.checks[i].built_in;
  }
  if (required) return 1;
  if (played.end == campaign::WallEnd::failed) return 1;
  if (played.end != campaign::WallEnd::clients_done) return 3;
  if (variant.expect == scenario::Expectation::reproduces) return violated.empty() ? 3 : 0;
  const bool all_met = std::ranges::all_of(played.clients, &campaign::WallClient::ok);
  return violated.empty() && all_met ? 0 : 1;
}

}  // namespace

int run_wall_scenarios(const RunArguments& arguments, const LoadedScenarios& loaded) {
  if (!loaded.errors.empty()) return 2;
  static constexpr const char* words[] = {"as expected", "NOT as expected", "", "not shown"};
  int worst = 0;
  const auto rank = [](int code) { return code == 1 ? 2 : code == 3 ? 1 : 0; };
  for (const auto& scenario : loaded.scenarios) {
    for (const auto& variant : scenario->variants()) {
      const auto& wanted = arguments.variants;
      if (!wanted.empty() && std::ranges::find(wanted, variant->name) == wanted.end()) continue;
      for (int i = 0; i < arguments.repeat; ++i) {
        campaign::WallOptions options;
        options.seed = arguments.seed + static_cast<std::uint64_t>(i);
        options.worst_case = arguments.worst_case;
        if (arguments.seconds) {
          options.limit =
              std::chrono::nanoseconds(static_cast<std::int64_t>(*arguments.seconds * 1e9));
        }
        const auto played = campaign::run_wall(*scenario, *variant, options);
        std::vector<std::string> violated;
        const int code = judge(*variant, played, violated);
        fmt::print("{} / {} on the wall clock, {:.2f} s: {} ({})\n", scenario->name(),
                   variant->name, static_cast<double>(played.took.count()) / 1e9, words[code],
                   variant->expect == scenario::Expectation::reproduces ? "reproduces" : "holds");
        for (const auto& value : played.values) {
          fmt::print("    {} = {:.1f} ms\n", value.name,
                     static_cast<double>(value.value.count()) / 1e6);
        }
        fmt::print("    closes: {}\n", closes_of(played.trace));
        for (const auto& text : violated) fmt::print("    violated: {}\n", text);
        if (!played.failure.empty()) fmt::print("    failed: {}\n", played.failure);
        for (const auto& missing : played.not_played) {
          fmt::print("    not played on the wall clock: {}\n", missing);
        }
        if (rank(code) > rank(worst)) worst = code;
      }
    }
  }
  return worst;
}

}  // namespace raceproof::cli
