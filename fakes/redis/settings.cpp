// See settings.hpp.
#include "fakes/redis/settings.hpp"

namespace raceproof::fakes::redis {

void CommandRule::describe(SettingsVisitor& visitor) {
  visitor.on("delay", delay, "Before this command is executed, in place of the general `reply`.");
  visitor.on("reply", reply,
             "An error text to answer instead of executing; one that starts with +, - or : is the "
             "reply as it stands.");
  visitor.on("hang", hang, "This command and all later ones of the connection are never answered.");
  visitor.on("reset", reset, "The connection is reset instead of answering.");
  visitor.on("drop_reply", drop_reply, "The command is executed, but its reply never sent.");
  visitor.on("times", times, 0, 1'000'000'000,
             "Only the first so many commands of this name, over all connections; 0 means all.");
}

void Outage::describe(SettingsVisitor& visitor) {
  visitor.on("at", at, "When all connections are reset, counted from the server's start.");
  visitor.on("for", duration, "How long new connections are refused from then on.");
}

std::span<const std::string_view> choices(ScriptCache) {
  static constexpr std::string_view names[] = {"cold", "warm"};
  return names;
}

void Settings::describe(SettingsVisitor& visitor) {
  visitor.on("host", host, "The address to listen on; in simulation the name of the process.");
  visitor.on("port", port, 0, 65535, "The port to listen on; 0 lets the system choose (TCP only).");
  visitor.on("connect", connect,
             "From a connection's arrival until the server looks at its first command.");
  visitor.on("reply", reply,
             "Before each command is executed and answered; drawn anew for each command.");
  visitor.on("listen_after", listen_after,
             "Connections are refused until then, counted from the server's start.");
  visitor.on("loading", loading,
             "Commands are answered with -LOADING until then, counted from the server's start.");
  visitor.on("on", on, "What happens to single commands, by name in lower case.");
  visitor.on("drop_connections", drop_connections,
             "Times at which all connections are reset and new ones refused for a while.");
  visitor.on("password", password, "What AUTH must present; empty means no authentication.");
  visitor.on("databases", databases, 1, 1024, "How many numbered databases there are.");
  visitor.on("scripts", scripts, "Whether the script cache starts cold or holds `preload`.");
  visitor.on("preload", preload, "Bodies of the scripts that a warm script cache holds.");
  visitor.on("unix_time", unix_time, 0, 4'000'000'000,
             "The Unix time in seconds at the runtime's start, for TIME and EXPIREAT.");
}

}  // namespace raceproof::fakes::redis
