#include "fakes/http/listen_settings.hpp"

namespace raceproof::fakes::http {

void Outage::describe(SettingsVisitor& visitor) {
  visitor.on("at", at, "When all connections are reset, counted from the server's start.");
  visitor.on("for", duration, "How long new connections are refused from then on.");
}

void ListenSettings::describe(SettingsVisitor& visitor) {
  visitor.on("host", host, "The address to listen on; in simulation the name of the process.");
  visitor.on("port", port, 0, 65535, "The port to listen on; 0 lets the system choose (TCP only).");
  visitor.on("connect", connect,
             "From a connection's arrival until the server looks at its first request.");
  visitor.on("listen_after", listen_after,
             "Connections are refused until then, counted from the server's start.");
  visitor.on("drop_connections", drop_connections,
             "Times at which all connections are reset and new ones refused for a while.");
}

bool is_constant_zero(Duration duration) {
  return duration.affine().constant_ns == 0 && duration.affine().form == 0;
}

bool is_constant_zero(const DelayRange& range) {
  return is_constant_zero(range.low) && is_constant_zero(range.high);
}

}  // namespace raceproof::fakes::http
