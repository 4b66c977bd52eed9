#include "harness/scenario/world_settings.hpp"

#include <array>

namespace raceproof::scenario {

namespace {

constexpr const char* instance_doc = "Which instance of the gateway, from 1.";

}  // namespace

void Partition::describe(SettingsVisitor& visitor) {
  visitor.on("between", between, "The names of two processes: [gateway, redis].");
  visitor.on("at", at, "When nothing passes any more, since the start.");
  visitor.on("for", span, "For how long; for good when left out.");
  visitor.on("retransmit", retransmit,
             "From its end until what was sent meanwhile is sent again, drawn for each direction "
             "of each connection.");
}

void NetworkSettings::describe(SettingsVisitor& visitor) {
  visitor.on("latency", latency, "One-way latency of every link that has none of its own.");
  visitor.on("gateway_redis", gateway_redis, "One-way latency between the gateway and Redis.");
  visitor.on("gateway_auth", gateway_auth,
             "One-way latency between the gateway and the auth service.");
  visitor.on("gateway_agent", gateway_agent, "One-way latency between the gateway and the agents.");
  visitor.on("gateway_database", gateway_database,
             "One-way latency between the gateway and the database.");
  visitor.on("balancer", balancer, "One-way latency between the load balancer and the gateway.");
  visitor.on("clients", clients,
             "One-way latency between clients and what they connect to: the gateway, or the load "
             "balancer.");
  visitor.on("partitions", partitions, "Times in which nothing passes between two processes.");
  visitor.on("window", window, 1024, 64 * 1024 * 1024,
             "Bytes of one direction of a connection that may be on the way and unread before its "
             "sender waits.");
  visitor.on("fragment", fragment, "Whether deliveries may be split at any byte.");
  visitor.on("epsilon", epsilon,
             "With several threads: a posted handler is picked up within 0 to this long.");
}

void Stall::describe(SettingsVisitor& visitor) {
  visitor.on("at", at, "When the process stops getting processor time, since the start.");
  visitor.on("for", span, "For how long it gets none.");
  visitor.on("instance", instance, 1, instances_max, instance_doc);
}

void Kill::describe(SettingsVisitor& visitor) {
  visitor.on("at", at, "When the process is killed, since the start.");
  visitor.on("restart_after", restart_after,
             "How much later it is started anew; never when left out.");
  visitor.on("instance", instance, 1, instances_max, instance_doc);
}

void Shutdown::describe(SettingsVisitor& visitor) {
  visitor.on("at", at, "When the process is asked to end (SIGTERM), since the start.");
  visitor.on("instance", instance, 1, instances_max, instance_doc);
}

void ScaleUp::describe(SettingsVisitor& visitor) {
  visitor.on("at", at, "When it is started, since the start of the run.");
  visitor.on("above", above, 1, 1'000'000,
             "It is started when more clients than this are at the load balancer.");
  visitor.on("cold_start", cold_start, "From then to its first instruction.");
}

void ProcessSettings::describe(SettingsVisitor& visitor) {
  visitor.on("instances", instances, 1, instances_max,
             "Instances of the gateway that start with the run; several are behind a load "
             "balancer.");
  visitor.on("cold_start", cold_start,
             "From the start of the run to the gateway's first instruction.");
  visitor.on("stall", stall, "Times without a processor (CPU throttling).");
  visitor.on("kill", kill, "When the process is killed, and whether it comes back.");
  visitor.on("shutdown", shutdown, "When the process is asked for an orderly end.");
  visitor.on("scale", scale, "Further instances, which are started in the course of the run.");
}

std::span<const std::string_view> choices(Search) {
  static constexpr std::array<std::string_view, 5> names{"complete", "enumeration", "random", "pct",
                                                         "baseline"};
  return names;
}

void Fallback::describe(SettingsVisitor& visitor) {
  visitor.on("sample", sample, 0, 1'000'000'000, "Random runs; 0 for none.");
}

void ExploreSettings::describe(SettingsVisitor& visitor) {
  visitor.on("search", search,
             "Every class of orders that the ranges allow (complete); every single order, without "
             "reduction (enumeration); random walks; PCT; or only the baseline order.");
  visitor.on("classes", classes, 1, 1'000'000'000,
             "How many classes, or orders, a complete search visits at most.");
  visitor.on("preemptions", preemptions, 0, 1'000'000,
             "Several threads: how often a run may interrupt one, at most. Orders beyond that are "
             "left out, and the verdict says so.");
  visitor.on("delays", delays, 0, 1'000'000,
             "Search enumeration: how far a run may deviate from the usual order, in all.");
  visitor.on("runs", runs, 1, 1'000'000'000, "Runs of the searches that sample.");
  visitor.on("else", otherwise, "What takes over when the complete search exceeds its budget.");
  visitor.on("depth", depth, 1, 100, "Bug depth of PCT: ordering constraints a failure needs.");
  visitor.on("time", time, "Ceiling on wall time for one variant; hitting it gives unknown.");
  visitor.on("until", until, "Virtual time at which a run ends at the latest.");
}

}  // namespace raceproof::scenario
