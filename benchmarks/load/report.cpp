#include "benchmarks/load/report.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace raceproof::load {

namespace {

using Json = nlohmann::ordered_json;

double microseconds(Histogram::Value value) { return static_cast<double>(value.count()) / 1e3; }

double per_second(const Result& result) {
  return result.seconds > 0 ? static_cast<double>(result.operations) / result.seconds : 0;
}

/// A figure divided by what it is the sum of; nothing without either.
std::optional<double> per_operation(std::optional<double> sum, const Result& result) {
  if (!sum || result.operations == 0) return std::nullopt;
  return *sum / static_cast<double>(result.operations);
}

std::optional<double> processor_microseconds(const Result& result) {
  if (!result.processor_time) return std::nullopt;
  return static_cast<double>(result.processor_time->count());
}

/// How busy the load generator was, 0 to 1.
double own_share(const Result& result) {
  if (result.seconds <= 0) return 0;
  return static_cast<double>(result.own_processor_time.count()) / 1e6 / result.seconds;
}

/// Memory that the open connections take, in bytes.
std::optional<double> memory_of_connections(const Result& result) {
  if (!result.resident_open || !result.resident_before) return std::nullopt;
  return static_cast<double>(*result.resident_open - *result.resident_before);
}

void append(std::string& out, std::string_view name, const std::string& value) {
  out += fmt::format("{:<34}{}\n", name, value);
}

void append_latencies(std::string& out, const Histogram& latency) {
  for (const auto& [name, q] : {std::pair{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}}) {
    append(out, fmt::format("latency {}", name),
           fmt::format("{:.1f} us", microseconds(latency.quantile(q))));
  }
  append(out, "latency max", fmt::format("{:.1f} us", microseconds(latency.max())));
}

void append_memory(std::string& out, const Result& result) {
  const auto line = [&](std::string_view name, std::optional<std::int64_t> bytes) {
    if (bytes) append(out, name, fmt::format("{} KiB", *bytes / 1024));
  };
  line("server's memory before", result.resident_before);
  line("server's memory, connections open", result.resident_open);
  line("server's memory, all closed", result.resident_closed);
  if (const auto each = per_operation(memory_of_connections(result), result)) {
    append(out, "memory per idle connection", fmt::format("{:.2f} KiB", *each / 1024));
  }
}

}  // namespace

std::string to_table(const Result& result) {
  std::string out;
  append(out, "load", result.load);
  append(out, "connections at once", std::to_string(result.connections));
  if (result.load == "idle") {
    append(out, "open", std::to_string(result.operations));
  } else {
    append(out, "measured", fmt::format("{:.2f} s", result.seconds));
    append(out, result.load == "connect" ? "connections" : "messages answered",
           std::to_string(result.operations));
    append(out, "a second", fmt::format("{:.0f}", per_second(result)));
    append_latencies(out, result.latency);
    if (const auto each = per_operation(processor_microseconds(result), result)) {
      append(out, "server's processor time for each", fmt::format("{:.2f} us", *each));
    }
    append(out, "load generator busy", fmt::format("{:.0f} %", 100 * own_share(result)));
  }
  append_memory(out, result);
  if (result.other_frames > 0) append(out, "other frames", std::to_string(result.other_frames));
  for (const auto& [problem, count] : result.problems) {
    append(out, "problem", fmt::format("{} times: {}", count, problem));
  }
  return out;
}

std::string to_json(const Result& result) {
  Json json;
  json["load"] = result.load;
  json["connections"] = result.connections;
  json["seconds"] = result.seconds;
  json["operations"] = result.operations;
  if (result.load != "idle") {
    json["per_second"] = per_second(result);
    json["latency_us"] = {{"p50", microseconds(result.latency.quantile(0.5))},
                          {"p90", microseconds(result.latency.quantile(0.9))},
                          {"p99", microseconds(result.latency.quantile(0.99))},
                          {"max", microseconds(result.latency.max())}};
    json["generator_busy"] = own_share(result);
  }
  if (const auto each = per_operation(processor_microseconds(result), result)) {
    json["processor_us_per_operation"] = *each;
  }
  if (result.resident_before) json["resident_before"] = *result.resident_before;
  if (result.resident_open) json["resident_open"] = *result.resident_open;
  if (result.resident_closed) json["resident_closed"] = *result.resident_closed;
  if (const auto each = per_operation(memory_of_connections(result), result)) {
    json["bytes_per_connection"] = *each;
  }
  json["other_frames"] = result.other_frames;
  json["problems"] = result.problems;
  return json.dump(2) + "\n";
}

}  // namespace raceproof::load
