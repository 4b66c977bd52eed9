#include "harness/scenario/check_fields.hpp"

namespace raceproof::scenario {
namespace {

constexpr const char* in_doc = "Names of the variants that it applies to; all when left out.";
constexpr const char* within_doc = "The longest time it may take.";

}  // namespace

void CausedByFields::describe(SettingsVisitor& visitor) {
  visitor.on("redis", redis, "A command and Redis' answer to it: \"PUBLISH -> 0\".");
  visitor.on("observe", observe, "The name of an observation.");
}

void PatternFields::describe(SettingsVisitor& visitor) {
  visitor.on("invariant", invariant,
             "This built-in invariant is violated. All of them are required of every run; one that "
             "a never names is a check like others, which a variant may be there to reproduce.");
  visitor.on("close", close, 0, 65535,
             "A client sees its connection closed with this code; 1006 is a lost connection.");
  visitor.on("http", http, 100, 599, "A client gets an HTTP answer with this status.");
  visitor.on("frame", frame, "A client receives a frame of this type.");
  visitor.on("observe", observe, "Something is observed under this name.");
  visitor.on("state", state, "These facts hold: \"redis connected and not operational\".");
  visitor.on("where", where, "Fields of the observation and the values they must have.");
  visitor.on("client", client, "The client or group of clients that it is about.");
  visitor.on("while", during,
             "What must be true at that time: \"redis connected and not operational\".");
  visitor.on("caused_by", caused_by, "What it must go back to in the graph of causes.");
}

void CheckFields::describe(SettingsVisitor& visitor) {
  pattern.describe(visitor);
  visitor.on("in", in, in_doc);
}

void EventuallyFields::describe(SettingsVisitor& visitor) {
  check.describe(visitor);
  visitor.on("within", within, within_doc);
}

void LeadsToFields::describe(SettingsVisitor& visitor) {
  visitor.on("from", from, "What is followed.");
  visitor.on("to", to, "What follows it.");
  visitor.on("within", within, within_doc);
  visitor.on("in", in, in_doc);
}

}  // namespace raceproof::scenario
