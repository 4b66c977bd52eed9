#include "fakes/auth/settings.hpp"

namespace raceproof::fakes::auth {

void OperationRule::describe(SettingsVisitor& visitor) {
  visitor.on("delay", delay, "Before this operation is answered, in place of the general `reply`.");
  visitor.on("reset", reset, "The connection is reset instead of answering.");
  visitor.on("hang", hang, "The request is never answered.");
  visitor.on("cut", cut, "The answer ends in its middle.");
  visitor.on("garbage", garbage, "What is answered is not HTTP.");
  visitor.on("status", status, 0, 999,
             "Status to answer in place of the real one; 0: the real one.");
  visitor.on("reply", reply, "Body to answer in place of the real one; empty: the real one.");
  visitor.on("user", user, "Whose token it is, whatever the token says; empty: what it says.");
  visitor.on("times", times, 0, 1'000'000'000,
             "Only the first so many requests for this operation; 0 means all.");
}

std::vector<std::string> operation_names() { return {"validate", "key_set", "health"}; }

void Settings::describe(SettingsVisitor& visitor) {
  listen.describe(visitor);
  visitor.on("reply", reply, "Before each request is answered; drawn anew for each.");
  visitor.on("at_once", at_once, 0, 1'000'000,
             "Validations that are worked on at once; further ones are answered with 503; 0: any "
             "number.");
  visitor.on("on", on, "What happens to single operations: validate, key_set, health.");
  visitor.on("secret", secret, "The secret that tokens of HS256 are signed with.");
  visitor.on("revoked", revoked, "Users, or ids (jti) of tokens, whose tokens are revoked.");
}

}  // namespace raceproof::fakes::auth
